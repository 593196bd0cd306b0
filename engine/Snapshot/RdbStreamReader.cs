using System.Buffers.Binary;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>Shows a visitor a stream: its entries, what it knows of itself, its groups with what is pending.</summary>
/// <param name="note">What stood in front of the key; looked at for the type that has no room for its counters.</param>
internal readonly struct RdbStreamReader(RdbInput input, NoteOfNextStream? note)
{
    private const int IdSize = 16;
    private const string Time = "a time of 8 bytes";

    private readonly RdbStrings _strings = new(input);

    public void Read<TVisitor>(RdbType type, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        visitor.BeginStream();
        for (long nodes = input.Count(2, "a number of listpacks"); nodes > 0; nodes--)
        {
            ReadEntries(ref visitor);
        }
        long offset = input.Offset;
        if (!visitor.StreamState(ReadState(type)))
        {
            throw input.Corrupt(offset, "the state of a stream with these entries", "one that cannot be");
        }
        offset = input.Offset;
        long groups = input.Count(5, "a number of groups");
        if (HasNote(type) && groups != note!.Groups)
        {
            throw input.Corrupt(offset, $"{note.Groups} groups, as the note of the stream has it", $"{groups}");
        }
        for (; groups > 0; groups--)
        {
            ReadGroup(type, ref visitor);
        }
    }

    private bool HasNote(RdbType type) => type == RdbType.Stream && note is { IsThere: true };

    private void ReadEntries<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        RdbString key = _strings.Read();
        if (key.Bytes.Length != IdSize)
        {
            throw input.Corrupt(key.Offset, "an ID of 16 bytes", key.IsInteger ? "an integer"
                : $"{key.Bytes.Length} bytes");
        }
        StreamId first = Id(key.Bytes);
        RdbBlob blob = new(input, _strings.Read(), BlobKind.ListPack);
        blob.MoveOn("entries of a stream");
        while (blob.MoveNext())
        {
        }
        if (!visitor.StreamEntries(first, blob.Bytes))
        {
            throw blob.Corrupt(0, "entries that come behind those in front", "others");
        }
    }

    private StreamState ReadState(RdbType type)
    {
        long offset = input.Offset;
        ulong length = input.Length("a number of entries");
        if (length > long.MaxValue)
        {
            throw input.Corrupt(offset, "a number of entries", $"{length}");
        }
        StreamId last = ReadId("the last ID");
        if (HasNote(type))
        {
            return note!.Complete((long)length, last);
        }
        return type == RdbType.Stream
            ? new StreamState((long)length, last, null, null, null)
            : new StreamState(
                (long)length, last, ReadId("the first ID"), ReadId("the greatest deleted ID"),
                input.Length("a number of entries added"));
    }

    private void ReadGroup<TVisitor>(RdbType type, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long offset = input.Offset;
        ReadOnlySpan<byte> name = _strings.ReadTo(input.Names);
        StreamId last = ReadId("the last ID delivered");

        // Unknown is -1, written as the unsigned number that it looks like.
        long read = HasNote(type) ? note!.NextEntriesRead()
            : type == RdbType.Stream ? -1 : (long)input.Length("a number of entries read");
        if (!visitor.StreamGroup(name, last, Math.Max(read, -1)))
        {
            throw input.Corrupt(offset, "a group that is not there yet", Quoted.Text(name));
        }
        long pending = input.Count(IdSize + sizeof(long) + 1, "a number of pending entries");
        for (; pending > 0; pending--)
        {
            offset = input.Offset;
            StreamId id = Id(input.Bytes(IdSize, "the ID of a pending entry"));
            long delivered = input.Int64LittleEndian(Time);
            ulong deliveries = input.Length("a number of deliveries");
            if (!visitor.StreamPending(id, delivered, (long)Math.Min(deliveries, long.MaxValue)))
            {
                throw input.Corrupt(offset, "an entry that is not pending yet", $"{id.Ms}-{id.Seq}");
            }
        }
        long consumers = input.Count(1 + sizeof(long) + 1, "a number of consumers");
        for (; consumers > 0; consumers--)
        {
            ReadConsumer(type, ref visitor);
        }
    }

    private void ReadConsumer<TVisitor>(RdbType type, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long offset = input.Offset;
        ReadOnlySpan<byte> name = _strings.ReadTo(input.Names);
        long seen = input.Int64LittleEndian(Time);
        if (type == RdbType.Stream3)
        {
            // When it last got something, which redis 7.0 does not know.
            _ = input.Int64LittleEndian(Time);
        }
        if (!visitor.StreamConsumer(name, seen))
        {
            throw input.Corrupt(offset, "a consumer that is not there yet", Quoted.Text(name));
        }
        for (long pending = input.Count(IdSize, "a number of pending entries"); pending > 0; pending--)
        {
            offset = input.Offset;
            StreamId id = Id(input.Bytes(IdSize, "the ID of a pending entry"));
            if (!visitor.ConsumerPending(id))
            {
                throw input.Corrupt(
                    offset, "an entry that the group has pending, for nobody yet", $"{id.Ms}-{id.Seq}");
            }
        }
    }

    private StreamId ReadId(string expected) => new(input.Length(expected), input.Length(expected));

    private static StreamId Id(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]));
}
