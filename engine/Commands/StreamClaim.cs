using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Commands;

/// <summary>What XCLAIM and XAUTOCLAIM do with the pending entries of a group.</summary>
internal unsafe ref struct StreamClaim
{
    private readonly CommandContext _context;
    private readonly StreamRoot* _root;
    private readonly bool _justId;
    private ConsumerNumber _consumer;
    private bool _hasConsumer;

    /// <param name="record">A stream that has the group which the second argument names.</param>
    /// <param name="justId">Only IDs are replied, and deliveries are not counted.</param>
    public StreamClaim(CommandContext context, Record record, bool justId)
    {
        _context = context;
        _root = StreamKey.ChangeUnwatched(context, record);
        _justId = justId;
        Group = StreamGroups.FindWritable(_root, Heap, context.TextAt(2));
    }

    public StreamGroup* Group { get; }

    public readonly bool HasEntry(StreamId id) => StreamEntries.Contains(_root, id);

    private readonly ValueHeap Heap => _context.Database.Values;

    private readonly HeapValue* Owner => &_root->Value;

    /// <summary>Makes an entry that was deleted since pending no more.</summary>
    /// <param name="id">As text, for the effect.</param>
    public readonly void Forget(StreamId id, scoped ReadOnlySpan<byte> text)
    {
        StreamEffects.Claim(_context.Effects, _context[1], _context[2], Group, text, *Group->Pending.Find(id));
        StreamGroups.Acknowledge(Group, Heap, Owner, id);
        _context.Dirty++;
    }

    /// <summary>Makes an entry pending for the consumer that the third argument names, and replies it.</summary>
    /// <param name="pending">Its state from now on, but for the consumer.</param>
    public void Take(StreamId id, scoped ReadOnlySpan<byte> text, PendingEntry pending)
    {
        pending.Consumer = FindOrCreateConsumer();
        StreamGroups.Assign(Group, Heap, Owner, id, pending);
        if (_justId)
        {
            StreamReply.Id(_context.Reply, id);
        }
        else
        {
            bool isThere = StreamReply.TryEntry(_context.Reply, _root, id);
            Invariant.Require(isThere);
        }
        StreamEffects.Claim(_context.Effects, _context[1], _context[2], Group, text, pending);
        _context.Dirty++;
    }

    private ConsumerNumber FindOrCreateConsumer()
    {
        if (_hasConsumer)
        {
            return _consumer;
        }
        _hasConsumer = true;
        Values.NativeText name = _context.TextAt(3);
        if (StreamGroups.TryFindConsumer(Group, name, out _consumer))
        {
            StreamGroups.Touch(Group, Heap, _consumer, _context.NowMs);
            return _consumer;
        }
        _consumer = StreamGroups.CreateConsumer(Group, Heap, Owner, name, _context.NowMs);
        _context.Dirty++;
        _context.Notify(NotifyEvents.Stream, "xgroup-createconsumer"u8, _context[1]);
        return _consumer;
    }
}
