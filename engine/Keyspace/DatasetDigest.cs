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
        Span<byte> one = stackalloc byte[Length];
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
                one.Clear();
                Mix(one, record.Key);
                AddValue(one, record);
                Xor(digest, one);
            }
        }
    }

    /// <summary>The digest of a value, with whether it expires, without its key.</summary>
    public static void OfValue(Record record, Span<byte> digest)
    {
        digest.Clear();
        AddValue(digest, record);
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
