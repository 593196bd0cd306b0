using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// A set without a key: see <see cref="ValueBuilder"/>. First an array of integers in order, then a pack or a table.
/// </summary>
internal unsafe ref struct SetDraft
{
    private const int MaxSpace = BuildSpace.ElementsSize / sizeof(long);

    private readonly Database _database;
    private readonly long _maxIntegers;
    private readonly long* _integers;
    private int _integerCount;
    private PackDraft _pack;
    private bool _isPack;
    private HeapValue* _root;
    private ValueEncoding _encoding = ValueEncoding.IntSet;

    /// <param name="count">Members that will follow, as far as is known.</param>
    public SetDraft(Database database, EngineOptions options, long count)
    {
        _database = database;
        _maxIntegers = SetEditor.IntegerLimit(options.SetMaxIntsetEntries);
        _integers = (long*)database.BuildSpace.Elements;
        _pack = new PackDraft(database.BuildSpace, 1);
        if (count > _maxIntegers && count > SetEditor.MaxPackedCount)
        {
            _encoding = ValueEncoding.HashTable;
            _root = HashTable.New(database.Values, 1);
        }
    }

    public readonly long Count => _root != null ? _root->Count : _isPack ? _pack.Count : _integerCount;

    /// <returns>False if the member was there.</returns>
    public bool Add(in PackedText member)
    {
        if (_root == null)
        {
            if (!_isPack)
            {
                if (member.IsInteger && _integerCount < Math.Min(_maxIntegers, MaxSpace))
                {
                    return AddInteger(member.Integer);
                }
                LeaveIntegers(member);
            }
            if (_isPack)
            {
                if (_pack.Count < SetEditor.MaxPackedCount && !member.IsBlock
                    && member.PayloadLength <= SetEditor.MaxPackedLength)
                {
                    bool isNew = _pack.Admits(member);
                    _pack.Append(member);
                    return isNew;
                }
                BecomeTable();
            }
        }
        bool isAdded = HashTable.Add(HashTable.StateOf(_root), member, _database.Values, _root);
        if (!member.IsInteger || _root->Count > _maxIntegers)
        {
            _encoding = ValueEncoding.HashTable;
        }
        return isAdded;
    }

    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (_isPack && _root == null)
        {
            return _pack.Store(_database, key, existing, ValueType.Set, ValueEncoding.HashTable, expiry);
        }
        if (_root == null)
        {
            int width = Math.Max(
                IntegerSet.WidthOf(_integers[0]), IntegerSet.WidthOf(_integers[_integerCount - 1]));
            long room = IntegerSet.RoomFor(_integerCount, width);
            if (room <= PackedRecord.MaxRoom)
            {
                return StoreIntegers(key, existing, expiry, width, (int)room);
            }
            BecomeTable();
        }
        Record record = _database.PutHeap(key, existing, ValueType.Set, _encoding, _root, expiry);
        _root = null;
        return record;
    }

    public void Discard()
    {
        if (_root != null)
        {
            _database.FreeTemporary(_root);
            _root = null;
        }
    }

    private bool AddInteger(long integer)
    {
        // Mostly they come in order.
        int index = _integerCount;
        if (index > 0 && integer <= _integers[index - 1])
        {
            index = new ReadOnlySpan<long>(_integers, _integerCount).BinarySearch(integer);
            if (index >= 0)
            {
                return false;
            }
            index = ~index;
            int behind = (_integerCount - index) * sizeof(long);
            Buffer.MemoryCopy(_integers + index, _integers + index + 1, behind, behind);
        }
        _integers[index] = integer;
        _integerCount++;
        return true;
    }

    /// <summary>The array cannot have the next member.</summary>
    private void LeaveIntegers(in PackedText member)
    {
        bool staysIntegers = member.IsInteger && _integerCount < _maxIntegers;
        if (staysIntegers || _integerCount >= SetEditor.MaxPackedCount)
        {
            BecomeTable();
            return;
        }

        // The pack comes to lie where the integers are.
        long* integers = stackalloc long[SetEditor.MaxPackedCount];
        new ReadOnlySpan<long>(_integers, _integerCount).CopyTo(new Span<long>(integers, _integerCount));
        for (int i = 0; i < _integerCount; i++)
        {
            _pack.Append(new PackedText(integers[i]));
        }
        _isPack = true;
        _encoding = ValueEncoding.HashTable;
    }

    private void BecomeTable()
    {
        ValueHeap heap = _database.Values;
        _root = HashTable.New(heap, 1);
        HashTableState* table = HashTable.StateOf(_root);
        if (!_isPack)
        {
            for (int i = 0; i < _integerCount; i++)
            {
                HashTable.Add(table, new PackedText(_integers[i]), heap, _root);
            }
            return;
        }
        HashLeafWalk walk = new(_pack.Pack, 1);
        while (walk.MoveNext())
        {
            HashTable.Add(table, PackedText.Of(walk.Key), heap, _root);
        }
    }

    private readonly Record StoreIntegers(
        ReadOnlySpan<byte> key, Record existing, long expiry, int width, int room)
    {
        Record record = _database.PutPacked(key, existing, ValueType.Set, ValueEncoding.IntSet, room, expiry);
        IntegerSet set = new(record.Payload);
        set.Clear(width);
        for (int i = 0; i < _integerCount; i++)
        {
            set.Append(_integers[i]);
        }
        return record;
    }
}
