// A fingerprint of the data alone: two datasets that clients cannot tell apart have the same one, however their keys
// came to be and in whatever order they lie. It is redis's, byte for byte (Redis 7.0 debug.c), so that a redis and a
// Tidelog that replicate from each other can be compared.
//
// What has an order is mixed (hash of everything so far with the next item), what has none is xored.

using System.Buffers.Binary;
using System.Security.Cryptography;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

/// <summary>DEBUG DIGEST and DEBUG DIGEST-VALUE.</summary>
public static class DatasetDigest
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = 20;

    /// <summary>The digest of all keys of all databases; zeros for an empty dataset.</summary>
    public static void OfDataset(KeySpace keyspace, Span<byte> digest)
    {
        digest.Clear();
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            Database database = keyspace[i];
            if (database.Count == 0)
            {
                continue;
            }
            MixNumber(digest, i);
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                XorKey(digest, record);
            }
        }
    }

    /// <summary>The digest that the dataset had at a cut; from any thread.</summary>
    internal static void OfCut(KeyspaceCut cut, Span<byte> digest)
    {
        digest.Clear();
        foreach (DatabaseCut database in cut.Databases)
        {
            MixNumber(digest, database.Index);
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                if (!record.HasExpiry || record.Expiry > cut.NowMs)
                {
                    XorKey(digest, record);
                }
            }
        }
    }

    /// <summary>The digest of a value, with whether it expires, without its key.</summary>
    public static void OfValue(Record record, Span<byte> digest)
    {
        digest.Clear();
        AddValue(digest, record);
    }

    private static void XorKey(Span<byte> digest, Record record)
    {
        Span<byte> one = stackalloc byte[Length];
        one.Clear();
        Mix(one, record.Key);
        AddValue(one, record);
        Xor(digest, one);
    }

    private static void AddValue(Span<byte> digest, Record record)
    {
        MixNumber(digest, TypeNumber(record.Type));
        switch (record.Type)
        {
            case ValueType.String:
                MixString(digest, record);
                break;
            case ValueType.List:
                MixList(digest, record);
                break;
            case ValueType.SortedSet:
                XorSortedSet(digest, record);
                break;
            case ValueType.Set:
            case ValueType.Hash:
                XorEntries(digest, record);
                break;
            case ValueType.Stream:
                MixStream(digest, record);
                break;
            default:
                throw new NotSupportedException($"no digest of a value of type {record.Type}");
        }
        if (record.HasExpiry)
        {
            Xor(digest, "!!expire!!"u8);
        }
    }

    private static unsafe void MixString(Span<byte> digest, Record record)
    {
        if (record.Encoding != ValueEncoding.Int)
        {
            Mix(digest, record.Bytes);
            return;
        }
        byte* text = stackalloc byte[Protocol.Numbers.MaxInt64Length];
        int length = Protocol.Numbers.Format(record.Integer, text);
        Mix(digest, new ReadOnlySpan<byte>(text, length));
    }

    private static void MixList(Span<byte> digest, Record record)
    {
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        ListWalk walk = new(record, 0, Lists.LengthOf(record), backward: false);
        while (walk.MoveNext())
        {
            ListElements elements = walk.Elements;
            while (elements.MoveNext())
            {
                Mix(digest, walk.Run.TextOf(elements.Current, scratch));
            }
        }
    }

    /// <summary>Members, or fields with their values: in no order.</summary>
    private static void XorEntries(Span<byte> digest, Record record)
    {
        Span<byte> scratch = stackalloc byte[Element.ScratchLength];
        Span<byte> pair = stackalloc byte[Length];
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            if (record.Type == ValueType.Set)
            {
                Xor(digest, walk.Key.Text(scratch));
                continue;
            }
            pair.Clear();
            Mix(pair, walk.Key.Text(scratch));
            Mix(pair, walk.Value.Text(scratch));
            Xor(digest, pair);
        }
    }

    private static void XorSortedSet(Span<byte> digest, Record record)
    {
        Span<byte> scratch = stackalloc byte[Math.Max(Element.ScratchLength, Protocol.Doubles.MaxLength)];
        Span<byte> one = stackalloc byte[Length];
        SortedEntries entries = SortedEntries.Of(record, 0, SortedSets.Count(record), isReversed: false);
        while (entries.MoveNext())
        {
            one.Clear();
            Mix(one, entries.Member.Text(scratch));
            Mix(one, scratch[..Protocol.Doubles.Format(entries.Score, scratch)]);
            Xor(digest, one);
        }
    }

    private static unsafe void MixStream(Span<byte> digest, Record record)
    {
        Span<byte> id = stackalloc byte[StreamId.MaxTextLength];
        byte* scratch = stackalloc byte[Protocol.Numbers.MaxInt64Length];
        StreamCursor cursor = new((StreamRoot*)record.Root, StreamId.Min, StreamId.Max, reverse: false);
        while (cursor.MoveNext())
        {
            Mix(digest, id[..cursor.Entry.Id.Format(id, separator: (byte)'.')]);
            while (cursor.Entry.FieldCount > 0)
            {
                cursor.Entry.Read(out ListPackElement field, out ListPackElement value);
                Mix(digest, field.Text(scratch));
                Mix(digest, value.Text(scratch));
            }
        }
    }

    /// <summary>Redis's number of a type.</summary>
    private static int TypeNumber(ValueType type) => type switch
    {
        ValueType.String => 0,
        ValueType.List => 1,
        ValueType.Set => 2,
        ValueType.SortedSet => 3,
        ValueType.Hash => 4,
        ValueType.Stream => 6,
        _ => throw new NotSupportedException($"no number for the type {type}"),
    };

    private static void MixNumber(Span<byte> digest, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        Mix(digest, bytes);
    }

    private static void Mix(Span<byte> digest, ReadOnlySpan<byte> item)
    {
        Xor(digest, item);
        Hash(digest, digest);
    }

    private static void Xor(Span<byte> digest, ReadOnlySpan<byte> item)
    {
        Span<byte> hash = stackalloc byte[Length];
        Hash(item, hash);
        for (int i = 0; i < Length; i++)
        {
            digest[i] ^= hash[i];
        }
    }

#pragma warning disable CA5350 // redis's digest is made of SHA-1; nothing is kept secret by it
    private static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash) => SHA1.HashData(bytes, hash);
#pragma warning restore CA5350
}
