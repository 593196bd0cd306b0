using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>A list without a key: see <see cref="ValueBuilder"/>.</summary>
internal unsafe ref struct ListDraft(Database database, EngineOptions options)
{
    private readonly int _maxPacked = Lists.MaxPackedCount(options);
    private PackDraft _pack = new(database.BuildSpace, 1);
    private ListRoot* _root;

    public readonly bool IsEmpty => _root == null && _pack.Count == 0;

    public void Add(in PackedText element)
    {
        if (_root == null)
        {
            if (Lists.Fits(_pack.Pack, element, _maxPacked))
            {
                _pack.Append(element);
                return;
            }
            _root = ListEditor.New(database.Values, _pack.Pack);
        }
        new ListEditor(_root, database.Values).Push(element, atHead: false);
    }

    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (_root == null)
        {
            return _pack.Store(database, key, existing, ValueType.List, ValueEncoding.QuickList, expiry);
        }
        Record record = database.PutHeap(
            key, existing, ValueType.List, ValueEncoding.QuickList, &_root->Value, expiry);
        _root = null;
        return record;
    }

    public void Discard()
    {
        if (_root != null)
        {
            Lists.Free(database, _root);
            _root = null;
        }
    }
}
