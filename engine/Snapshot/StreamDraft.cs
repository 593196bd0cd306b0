using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// A stream without a key: see <see cref="ValueBuilder"/>. Chunks must come in order, and their entries that are not
/// deleted must not overlap: what redis lets pass here would break the search for an entry.
/// </summary>
internal unsafe ref struct StreamDraft(Database database)
{
    /// <summary>Of a pending entry whose consumer has not come yet.</summary>
    private static readonly ConsumerNumber Nobody = new(-1);

    private readonly ValueHeap _heap = database.Values;
    private StreamRoot* _root = StreamRoot.New(database.Values);
    private StreamId _lastChunk;

    /// <summary>ID of the last entry that is not deleted.</summary>
    private StreamId _lastLive;
    private long _live;
    private bool _hasState;

    /// <summary>The file is older than the counters of what was ever added and read.</summary>
    private bool _hasNoCounters;
    private StreamGroup* _group;
    private ConsumerNumber _consumer = Nobody;

    /// <summary>Pending entries of the present group without a consumer.</summary>
    private long _unassigned;

    private readonly HeapValue* Owner => &_root->Value;

    public bool AddEntries(StreamId first, ReadOnlySpan<byte> listpack)
    {
        if ((_root->Chunks.Count > 0 && (first <= _lastChunk || first <= _lastLive))
            || !StreamListPack.TryRead(first, listpack, _heap, Owner, out StreamId lastLive, out StreamChunk* chunk))
        {
            return false;
        }
        if (chunk == null)
        {
            return true;
        }
        _lastChunk = first;
        _lastLive = chunk->Live > 0 ? lastLive : _lastLive;
        _live += chunk->Live;
        _root->RadixNodes += RadixNodes.AddedBy(_root->Chunks, first);
        *_root->Chunks.Insert(first, _heap, Owner) = (nint)chunk;
        return true;
    }

    public bool SetState(in StreamState state)
    {
        if (state.Length != _live || state.LastId < _lastLive)
        {
            return false;
        }
        _hasState = true;
        _hasNoCounters = state.EntriesAdded is null;
        _root->Value.Count = _live;
        _root->LastId = state.LastId;
        _root->MaxDeletedId = state.MaxDeletedId ?? default;
        _root->EntriesAdded = state.EntriesAdded ?? (ulong)_live;
        _root->FirstId = state.FirstId ?? StreamEntries.FirstWithoutNote(_root);
        return true;
    }

    public bool AddGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        if (!_hasState || _unassigned != 0)
        {
            return false;
        }
        if (_hasNoCounters)
        {
            entriesRead = StreamLag.EntriesUpTo(_root, lastId);
        }
        _consumer = Nobody;
        fixed (byte* start = name)
        {
            NativeText text = new(start, name.Length);
            if (!StreamGroups.TryCreate(_root, _heap, text, lastId, entriesRead))
            {
                return false;
            }
            _group = StreamGroups.FindWritable(_root, _heap, text);
        }
        return true;
    }

    public bool AddPending(StreamId id, long deliveryMs, long deliveryCount)
    {
        if (_group == null || _group->Pending.Find(id) != null)
        {
            return false;
        }
        *_group->Pending.Insert(id, _heap, Owner) = new PendingEntry
        {
            Consumer = Nobody,
            DeliveryMs = deliveryMs,
            DeliveryCount = deliveryCount,
        };
        _unassigned++;
        return true;
    }

    public bool AddConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
        fixed (byte* start = name)
        {
            NativeText text = new(start, name.Length);
            if (_group == null || StreamGroups.TryFindConsumer(_group, text, out _))
            {
                return false;
            }
            _consumer = StreamGroups.CreateConsumer(_group, _heap, Owner, text, seenMs);
        }
        return true;
    }

    public readonly bool IsWhole => _hasState && _unassigned == 0;

    /// <summary>Gives one of the group's pending entries, which nobody has, to the consumer that came last.</summary>
    public bool Assign(StreamId id)
    {
        PendingEntry* entry = _consumer == Nobody ? null : _group->Pending.FindWritable(id, _heap);
        if (entry == null || entry->Consumer != Nobody)
        {
            return false;
        }
        entry->Consumer = _consumer;
        StreamGroups.Consumer(_group, _consumer)->Pending.Insert(id, _heap, Owner);
        _unassigned--;
        return true;
    }

    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        Record record = database.PutHeap(
            key, existing, ValueType.Stream, ValueEncoding.Stream, &_root->Value, expiry);
        _root = null;
        return record;
    }

    public void Discard()
    {
        if (_root != null)
        {
            database.FreeTemporary(&_root->Value);
            _root = null;
        }
    }
}
