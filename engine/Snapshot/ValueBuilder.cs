// What a value becomes is known when all of it has been seen, and a record is written once and fits: so small
// collections come together in the keyspace's own space (BuildSpace), and become heap values when they are too big for
// a record. A draft per type says how.

using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Makes a value in a database from what a reader shows, apart from any key until <see cref="Store"/>: what turns out
/// to be corrupt leaves no trace. Encodings are those that the present thresholds ask for. Ended by
/// <see cref="Store"/> or <see cref="Discard"/>; one at a time in a keyspace.
/// </summary>
internal unsafe ref struct ValueBuilder(Database database, EngineOptions options) : IValueVisitor
{
    private ValueType? _type;
    private StringDraft _string;
    private ListDraft _list;
    private SetDraft _set;
    private HashDraft _hash;
    private SortedSetDraft _sortedSet;
    private StreamDraft _stream;

    /// <summary>
    /// The value turned out to have no elements, which old files can have: there is nothing to store.
    /// </summary>
    public readonly bool IsEmpty => _type switch
    {
        ValueType.List => _list.IsEmpty,
        ValueType.Set => _set.Count == 0,
        ValueType.Hash => _hash.Count == 0,
        ValueType.SortedSet => _sortedSet.Count == 0,
        _ => false,
    };

    /// <summary>Gives the value, which is not empty, to a key; once, after the visit has ended.</summary>
    /// <param name="existing">What is at the key; it is replaced.</param>
    /// <param name="expiry">Unix time in milliseconds, or -1.</param>
    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        Invariant.Require(!IsEmpty);
        return _type switch
        {
            ValueType.String => _string.Store(database, key, existing, expiry),
            ValueType.List => _list.Store(key, existing, expiry),
            ValueType.Set => _set.Store(key, existing, expiry),
            ValueType.Hash => _hash.Store(key, existing, expiry),
            ValueType.SortedSet => _sortedSet.Store(key, existing, expiry),
            ValueType.Stream => _stream.Store(key, existing, expiry),
            _ => throw new InvariantException("no value was built"),
        };
    }

    /// <summary>Frees what was built; nothing of a value that has been stored.</summary>
    public void Discard()
    {
        _string.Discard();
        _list.Discard();
        _set.Discard();
        _hash.Discard();
        _sortedSet.Discard();
        _stream.Discard();
    }

    public void String(ReadOnlySpan<byte> text)
    {
        Begin(ValueType.String);
        _string.Set(text, database.BuildSpace);
    }

    public void String(long integer)
    {
        Begin(ValueType.String);
        _string.Set(integer);
    }

    public void BeginList(long count)
    {
        Begin(ValueType.List);
        _list = new ListDraft(database, options);
    }

    public bool ListElement(in PackedText element)
    {
        _list.Add(element);
        return true;
    }

    public void BeginSet(long count)
    {
        Begin(ValueType.Set);
        _set = new SetDraft(database, options, count);
    }

    public bool Member(in PackedText member) => _set.Add(member);

    public void BeginHash(long count)
    {
        Begin(ValueType.Hash);
        _hash = new HashDraft(database, options, count);
    }

    public bool Field(in PackedText field, in PackedText value) => _hash.Add(field, value);

    public void BeginSortedSet(long count)
    {
        Begin(ValueType.SortedSet);
        _sortedSet = new SortedSetDraft(database, options);
    }

    public bool ScoredMember(in PackedText member, double score) => _sortedSet.Add(member, score);

    public void BeginStream()
    {
        Begin(ValueType.Stream);
        _stream = new StreamDraft(database);
    }

    public bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack) => _stream.AddEntries(first, listpack);

    public bool StreamState(in StreamState state) => _stream.SetState(state);

    public bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) =>
        _stream.AddGroup(name, lastId, entriesRead);

    public bool StreamPending(StreamId id, long deliveryMs, long deliveryCount) =>
        _stream.AddPending(id, deliveryMs, deliveryCount);

    public bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs) => _stream.AddConsumer(name, seenMs);

    public bool ConsumerPending(StreamId id) => _stream.Assign(id);

    public bool End()
    {
        if (_type == ValueType.Stream)
        {
            return _stream.IsWhole;
        }
        if (_type == ValueType.SortedSet)
        {
            _sortedSet.End();
        }
        return true;
    }

    private void Begin(ValueType type)
    {
        Invariant.Require(_type is null);
        _type = type;
    }
}
