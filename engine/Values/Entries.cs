// Sets and hashes in whatever form their record has them: a sorted array of integers, a pack, or a hash table. The form
// follows the size and is nobody's business; the record's encoding says what redis would call it.

using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>Looks into the entries of a set (stride 1) or a hash (stride 2).</summary>
internal static unsafe class Entries
{
    public static bool IsIntegerSet(Record record) =>
        record.Encoding == ValueEncoding.IntSet && !record.IsHeapValue;

    /// <summary>Elements per entry.</summary>
    public static int StrideOf(Record record) => record.Type == ValueType.Set ? 1 : 2;

    public static long CountOf(Record record)
    {
        if (record.IsHeapValue)
        {
            return record.Root->Count;
        }
        return IsIntegerSet(record)
            ? new IntegerSet(record.Payload).Count
            : PackedRecord.PackOf(record).Count / StrideOf(record);
    }

    public static bool Contains(Record record, in PackedText key)
    {
        if (record.IsHeapValue)
        {
            return HashTable.Contains(HashTable.StateOf(record.Root), key);
        }
        if (IsIntegerSet(record))
        {
            return key.IsInteger && new IntegerSet(record.Payload).TryFind(key.Integer, out _);
        }
        return PackedRecord.PackOf(record).Find(key, 0, StrideOf(record), out _) >= 0;
    }

    /// <summary>Finds a field's value in a hash, or in no record at all.</summary>
    public static bool TryFindValue(Record record, in PackedText field, out Element value)
    {
        if (!record.Exists)
        {
            value = default;
            return false;
        }
        if (record.IsHeapValue)
        {
            bool isFound = HashTable.TryFind(HashTable.StateOf(record.Root), field, out HashEntry entry);
            value = entry.Value;
            return isFound;
        }
        Pack pack = PackedRecord.PackOf(record);
        int index = pack.Find(field, 0, 2, out int offset);
        value = index < 0 ? default : pack.At(index + 1, offset + field.PayloadLength);
        return index >= 0;
    }

    /// <summary>An entry at random, each as likely as any other; the collection is not empty.</summary>
    public static HashEntry Random(Record record, Random random)
    {
        if (record.IsHeapValue)
        {
            return HashTable.Random(HashTable.StateOf(record.Root), random);
        }
        if (IsIntegerSet(record))
        {
            IntegerSet integers = new(record.Payload);
            return new HashEntry(integers.At(random.Next(integers.Count)), default);
        }
        Pack pack = PackedRecord.PackOf(record);
        int stride = StrideOf(record);
        int index = random.Next(pack.Count / stride) * stride;
        int offset = pack.OffsetOf(index);
        Element key = pack.At(index, offset);
        return new HashEntry(key, stride == 1 ? default : pack.At(index + 1, offset + key.PayloadLength));
    }

    /// <summary>Makes a hash table of a collection that is in its record.</summary>
    public static Record ToTable(Database database, Record record, ValueEncoding encoding)
    {
        int stride = StrideOf(record);
        HeapValue* root = HashTable.New(database.Values, stride);
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            PackedText value = stride == 1 ? default : PackedText.Of(walk.Value);
            HashTable.Set(HashTable.StateOf(root), PackedText.Of(walk.Key), value, database.Values, root);
        }
        return database.Promote(record, encoding, root);
    }

    /// <summary>
    /// The record of a table that is going to be changed, with its root writable. Once per change: who watches the key
    /// is told.
    /// </summary>
    public static Record MakeTableWritable(Database database, Record record)
    {
        record = database.MakeMutable(record);
        record.Root = database.Values.WritableRoot(record.Root);
        return record;
    }
}

/// <summary>Goes over all entries of a set or a hash, which is not changed meanwhile.</summary>
internal unsafe struct EntryWalk
{
    private readonly bool _isTable;
    private readonly bool _isIntegerSet;
    private readonly IntegerSet _integers;
    private HashTableWalk _table;
    private HashLeafWalk _pack;
    private int _next;

    public EntryWalk(Record record)
    {
        _isTable = record.IsHeapValue;
        _isIntegerSet = Entries.IsIntegerSet(record);
        if (_isTable)
        {
            _table = new HashTableWalk(HashTable.StateOf(record.Root));
        }
        else if (_isIntegerSet)
        {
            _integers = new IntegerSet(record.Payload);
        }
        else
        {
            _pack = new HashLeafWalk(PackedRecord.PackOf(record), Entries.StrideOf(record));
        }
    }

    public readonly Element Key => _isTable ? _table.Key : _isIntegerSet ? _integers.At(_next - 1) : _pack.Key;

    /// <summary>Of no meaning in a set.</summary>
    public readonly Element Value => _isTable ? _table.Value : _pack.Value;

    public bool MoveNext() =>
        _isTable ? _table.MoveNext() : _isIntegerSet ? ++_next <= _integers.Count : _pack.MoveNext();
}
