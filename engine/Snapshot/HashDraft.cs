using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>A hash without a key: see <see cref="ValueBuilder"/>.</summary>
internal unsafe ref struct HashDraft
{
    private readonly Database _database;
    private readonly long _maxPairs;
    private readonly long _maxLength;
    private PackDraft _pack;
    private HeapValue* _root;

    /// <summary>A field or value is too long for a "listpack".</summary>
    private bool _hasLong;

    /// <param name="count">Fields that will follow, as far as is known.</param>
    public HashDraft(Database database, EngineOptions options, long count)
    {
        _database = database;
        _maxPairs = options.HashMaxListpackEntries;
        _maxLength = options.HashMaxListpackValue;
        _pack = new PackDraft(database.BuildSpace, 2);
        if (count > _maxPairs)
        {
            _root = HashTable.New(database.Values, 2);
        }
    }

    public readonly long Count => _root != null ? _root->Count : _pack.Count / 2;

    /// <returns>False if the field was there.</returns>
    public bool Add(in PackedText field, in PackedText value)
    {
        _hasLong |= field.IsLongerThan(_maxLength) || value.IsLongerThan(_maxLength);
        if (_root == null)
        {
            if (Fits(field, value))
            {
                bool isNew = _pack.Admits(field);
                _pack.Append(field);
                _pack.Append(value);
                return isNew;
            }
            BecomeTable();
        }
        return HashTable.Set(HashTable.StateOf(_root), field, value, _database.Values, _root);
    }

    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (_root == null)
        {
            return _pack.Store(_database, key, existing, ValueType.Hash, ValueEncoding.ListPack, expiry);
        }
        ValueEncoding encoding =
            _hasLong || _root->Count > _maxPairs ? ValueEncoding.HashTable : ValueEncoding.ListPack;
        Record record = _database.PutHeap(key, existing, ValueType.Hash, encoding, _root, expiry);
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

    private readonly bool Fits(in PackedText field, in PackedText value) =>
        !_hasLong && _pack.Count < 2 * _maxPairs && !field.IsBlock && !value.IsBlock
        && Pack.SizeOf(field) + Pack.SizeOf(value) <= _pack.Free;

    private void BecomeTable()
    {
        _root = HashTable.New(_database.Values, 2);
        HashLeafWalk walk = new(_pack.Pack, 2);
        while (walk.MoveNext())
        {
            HashTable.Set(HashTable.StateOf(_root), PackedText.Of(walk.Key), PackedText.Of(walk.Value),
                _database.Values, _root);
        }
    }
}
