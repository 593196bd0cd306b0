using System.Buffers.Binary;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Snapshot;

/// <summary>Shows a visitor the value that an input has next, whatever its encoding.</summary>
/// <param name="note">That of the key, if it is a stream.</param>
internal readonly struct RdbValueReader(RdbInput input, NoteOfNextStream? note = null)
{
    private const string Refused = "one that cannot be added";

    // A count that nothing vouches for is passed on if it is small.
    private const long MostUnchecked = 65536;

    private readonly RdbStrings _strings = new(input);

    public void Read<TVisitor>(RdbType type, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        if (type == RdbType.String)
        {
            ReadString(ref visitor);
        }
        else if (!TryReadPlain(type, ref visitor) && !TryReadPacked(type, ref visitor))
        {
            new RdbStreamReader(input, note).Read(type, ref visitor);
        }
        long offset = input.Offset;
        if (!visitor.End())
        {
            throw input.Corrupt(offset, "the end of a whole value", "the end of one that is not");
        }
    }

    private bool TryReadPlain<TVisitor>(RdbType type, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        switch (type)
        {
            case RdbType.List:
                ReadList(ref visitor);
                return true;
            case RdbType.Set:
                ReadSet(ref visitor);
                return true;
            case RdbType.Hash:
                ReadHash(ref visitor);
                return true;
            case RdbType.SortedSet:
                ReadSortedSet(textScores: true, ref visitor);
                return true;
            case RdbType.SortedSet2:
                ReadSortedSet(textScores: false, ref visitor);
                return true;
            case RdbType.QuickList:
                ReadQuickList(ref visitor);
                return true;
            case RdbType.QuickList2:
                ReadQuickList2(ref visitor);
                return true;
            default:
                return false;
        }
    }

    private bool TryReadPacked<TVisitor>(RdbType type, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        switch (type)
        {
            case RdbType.HashListPack:
                ReadPackedHash(BlobKind.ListPack, ref visitor);
                return true;
            case RdbType.HashZipList:
                ReadPackedHash(BlobKind.ZipList, ref visitor);
                return true;
            case RdbType.HashZipMap:
                ReadPackedHash(BlobKind.ZipMap, ref visitor);
                return true;
            case RdbType.SortedSetListPack:
                ReadPackedSortedSet(BlobKind.ListPack, ref visitor);
                return true;
            case RdbType.SortedSetZipList:
                ReadPackedSortedSet(BlobKind.ZipList, ref visitor);
                return true;
            case RdbType.SetIntegers:
                ReadPackedSet(BlobKind.IntegerSet, ref visitor);
                return true;
            case RdbType.SetListPack:
                ReadPackedSet(BlobKind.ListPack, ref visitor);
                return true;
            case RdbType.ListZipList:
                RdbBlob blob = Blob(BlobKind.ZipList);
                visitor.BeginList(blob.Count);
                ReadElements(ref blob, ref visitor);
                return true;
            default:
                return false;
        }
    }

    private void ReadString<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        RdbString text = _strings.Read();
        if (text.IsInteger)
        {
            visitor.String(text.Integer);
        }
        else
        {
            visitor.String(text.Bytes);
        }
    }

    private void ReadList<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long count = input.Count(1, "a number of elements");
        visitor.BeginList(Announced(count));
        for (; count > 0; count--)
        {
            RdbString element = _strings.Read();
            if (!visitor.ListElement(element.Packed))
            {
                throw input.Corrupt(element.Offset, "an element of a list", Refused);
            }
        }
    }

    private void ReadSet<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long count = input.Count(1, "a number of members");
        visitor.BeginSet(Announced(count));
        for (; count > 0; count--)
        {
            RdbString member = _strings.Read();
            if (!visitor.Member(member.Packed))
            {
                throw input.Corrupt(member.Offset, Expected.NewMember, Refused);
            }
        }
    }

    private void ReadHash<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long count = input.Count(2, "a number of fields");
        visitor.BeginHash(Announced(count));
        for (; count > 0; count--)
        {
            RdbString field = _strings.ReadAndHold();
            RdbString value = _strings.Read();
            if (!visitor.Field(_strings.Held(field), value.Packed))
            {
                throw input.Corrupt(field.Offset, Expected.NewField, Refused);
            }
        }
    }

    private void ReadSortedSet<TVisitor>(bool textScores, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long count = input.Count(textScores ? 2 : 1 + sizeof(double), "a number of members");
        visitor.BeginSortedSet(Announced(count));
        for (; count > 0; count--)
        {
            RdbString member = _strings.ReadAndHold();
            double score = textScores ? TextScore() : BinaryScore();
            if (!visitor.ScoredMember(_strings.Held(member), score))
            {
                throw input.Corrupt(member.Offset, Expected.NewMember, Refused);
            }
        }
    }

    private double BinaryScore()
    {
        double score = BinaryPrimitives.ReadDoubleLittleEndian(input.Bytes(sizeof(double), "a score of 8 bytes"));
        return double.IsNaN(score)
            ? throw input.Corrupt(input.Offset - sizeof(double), Expected.Score, "not a number")
            : score;
    }

    /// <summary>A score as redis wrote it before version 8: a length and text, or a length that is all.</summary>
    private double TextScore()
    {
        long offset = input.Offset;
        byte length = input.Byte("the length of a score");
        switch (length)
        {
            case 253:
                throw input.Corrupt(offset, Expected.Score, "not a number");
            case 254:
                return double.PositiveInfinity;
            case 255:
                return double.NegativeInfinity;
            default:
                ReadOnlySpan<byte> text = input.Bytes(length, "a score");
                return Doubles.TryParse(text, out double score)
                    ? score
                    : throw input.Corrupt(offset + 1, Expected.Score, Quoted.Text(text));
        }
    }

    private void ReadQuickList<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long nodes = input.Count(1, "a number of ziplists");
        visitor.BeginList(nodes == 0 ? 0 : -1);
        for (; nodes > 0; nodes--)
        {
            RdbBlob blob = Blob(BlobKind.ZipList);
            ReadElements(ref blob, ref visitor);
        }
    }

    private void ReadQuickList2<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        const ulong Plain = 1;
        const ulong Packed = 2;
        long nodes = input.Count(2, "a number of nodes");
        visitor.BeginList(nodes == 0 ? 0 : -1);
        for (; nodes > 0; nodes--)
        {
            long offset = input.Offset;
            ulong container = input.Length("how a node is stored");
            if (container == Packed)
            {
                RdbBlob blob = Blob(BlobKind.ListPack);
                ReadElements(ref blob, ref visitor);
                continue;
            }
            if (container != Plain)
            {
                throw input.Corrupt(offset, "1 for a single element or 2 for a listpack", $"{container}");
            }
            RdbString element = _strings.Read();
            if ((!element.IsInteger && element.Bytes.IsEmpty) || !visitor.ListElement(element.Packed))
            {
                throw input.Corrupt(element.Offset, "an element that is a node", Refused);
            }
        }
    }

    private static void ReadElements<TVisitor>(scoped ref RdbBlob blob, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        while (blob.MoveNext())
        {
            if (!visitor.ListElement(blob.Element))
            {
                throw blob.Corrupt(blob.Place, "an element of a list", Refused);
            }
        }
    }

    private void ReadPackedSet<TVisitor>(BlobKind kind, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        RdbBlob blob = Blob(kind);
        visitor.BeginSet(blob.Count);
        while (blob.MoveNext())
        {
            if (!visitor.Member(blob.Element))
            {
                throw blob.Corrupt(blob.Place, Expected.NewMember, Refused);
            }
        }
    }

    private void ReadPackedHash<TVisitor>(BlobKind kind, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        RdbBlob blob = Blob(kind);
        visitor.BeginHash(Pairs(blob.Count));
        while (blob.MoveNext())
        {
            int place = blob.Place;
            PackedText field = blob.Element;
            blob.MoveOn("the value of a field");
            if (!visitor.Field(field, blob.Element))
            {
                throw blob.Corrupt(place, Expected.NewField, Refused);
            }
        }
    }

    private void ReadPackedSortedSet<TVisitor>(BlobKind kind, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        RdbBlob blob = Blob(kind);
        visitor.BeginSortedSet(Pairs(blob.Count));
        while (blob.MoveNext())
        {
            int place = blob.Place;
            PackedText member = blob.Element;
            blob.MoveOn("the score of a member");
            double score = blob.Integer;
            if (!blob.IsInteger && !Doubles.TryParse(blob.Text, out score))
            {
                throw blob.Corrupt(blob.Place, Expected.Score, Quoted.Text(blob.Text));
            }
            if (!visitor.ScoredMember(member, score))
            {
                throw blob.Corrupt(place, Expected.NewMember, Refused);
            }
        }
    }

    private RdbBlob Blob(BlobKind kind) => new(input, _strings.Read(), kind);

    private long Announced(long count) => input.KnowsLength || count <= MostUnchecked ? count : -1;

    private static long Pairs(long elements) => elements < 0 ? -1 : elements / 2;

    private static class Expected
    {
        public const string NewMember = "a member that is not there yet";
        public const string NewField = "a field that is not there yet";
        public const string Score = "a score";
    }
}
