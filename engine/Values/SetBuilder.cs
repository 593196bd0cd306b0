using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>
/// A set without a key, the result of a union or difference while it comes together. It is given a key by
/// <see cref="Store"/>, or dropped by <see cref="Dispose"/>.
/// </summary>
internal sealed unsafe class SetBuilder(Database database, long maxIntegers) : IDisposable
{
    private readonly ValueHeap _heap = database.Values;
    private HeapValue* _root = HashTable.New(database.Values, 1);
    private ValueEncoding _encoding = ValueEncoding.IntSet;

    public long Count => _root->Count;

    /// <returns>False if the member was there.</returns>
    public bool Add(in PackedText member)
    {
        bool isNew = HashTable.Add(HashTable.StateOf(_root), member, _heap, _root);
        if (!member.IsInteger || _root->Count > maxIntegers)
        {
            _encoding = ValueEncoding.HashTable;
        }
        return isNew;
    }

    public void Remove(in PackedText member) =>
        HashTable.Remove(HashTable.StateOf(_root), member, _heap, _root);

    /// <summary>Answers the members; integers in ascending order if redis would have an "intset" of them.</summary>
    public void Reply(ReplyWriter reply)
    {
        reply.Set(Count);
        if (_encoding == ValueEncoding.IntSet)
        {
            Span<long> integers = SortedIntegers();
            foreach (long integer in integers)
            {
                reply.BulkInteger(integer);
            }
            FreeIntegers(integers);
            return;
        }
        HashTableWalk walk = new(HashTable.StateOf(_root));
        while (walk.MoveNext())
        {
            walk.Key.Reply(reply);
        }
    }

    /// <summary>Puts the set, which is not empty, at a key. The builder is spent.</summary>
    /// <param name="existing">What is there; it is replaced.</param>
    /// <param name="expiry">Unix time in milliseconds, or -1 for none.</param>
    public void Store(ReadOnlySpan<byte> key, Record existing, long expiry = -1)
    {
        bool isStored = _encoding == ValueEncoding.IntSet
            ? TryStoreIntegers(key, existing, expiry)
            : TryStorePacked(key, existing, expiry);
        if (isStored)
        {
            Dispose();
            return;
        }
        database.PutHeap(key, existing, ValueType.Set, _encoding, _root, expiry);
        _root = null;
    }

    public void Dispose()
    {
        if (_root != null)
        {
            database.FreeTemporary(_root);
            _root = null;
        }
    }

    private bool TryStoreIntegers(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (Count > PackedRecord.MaxRoom)
        {
            return false;
        }
        Span<long> integers = SortedIntegers();
        int width = Math.Max(IntegerSet.WidthOf(integers[0]), IntegerSet.WidthOf(integers[^1]));
        long room = IntegerSet.RoomFor(Count, width);
        bool fits = room <= PackedRecord.MaxRoom;
        if (fits)
        {
            Record record = database.PutPacked(key, existing, ValueType.Set, _encoding, (int)room, expiry);
            IntegerSet set = new(record.Payload);
            set.Clear(width);
            foreach (long integer in integers)
            {
                set.Append(integer);
            }
        }
        FreeIntegers(integers);
        return fits;
    }

    private bool TryStorePacked(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (Count > SetEditor.MaxPackedCount)
        {
            return false;
        }
        int packed = 0;
        HashTableWalk sizes = new(HashTable.StateOf(_root));
        while (sizes.MoveNext())
        {
            if (sizes.Key.IsBlock || sizes.Key.PayloadLength > SetEditor.MaxPackedLength)
            {
                return false;
            }
            packed += sizes.Key.PayloadLength + 1;
        }
        Record record = database.PutPacked(
            key, existing, ValueType.Set, _encoding, PackedRecord.RoomFor(packed), expiry);
        Pack pack = PackedRecord.Clear(record);
        HashTableWalk walk = new(HashTable.StateOf(_root));
        while (walk.MoveNext())
        {
            pack.Append(walk.Key);
        }
        PackedRecord.Save(record, pack);
        return true;
    }

    /// <summary>The members in order, in memory that <see cref="FreeIntegers"/> frees.</summary>
    private Span<long> SortedIntegers()
    {
        int count = checked((int)Count);
        long* integers = (long*)NativeMemory.Alloc((nuint)Math.Max(1, count), sizeof(long));
        int next = 0;
        HashTableWalk walk = new(HashTable.StateOf(_root));
        while (walk.MoveNext())
        {
            integers[next++] = walk.Key.Integer;
        }
        Span<long> span = new(integers, count);
        span.Sort();
        return span;
    }

    private static void FreeIntegers(Span<long> integers)
    {
        fixed (long* start = integers)
        {
            NativeMemory.Free(start);
        }
    }
}
