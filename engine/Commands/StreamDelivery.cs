using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Gives a consumer of a group entries of one stream: XREADGROUP (Redis 7.0 t_stream.c).</summary>
internal readonly unsafe ref struct StreamDelivery
{
    private readonly CommandContext _context;
    private readonly ReadOnlySpan<byte> _key;
    private readonly NativeText _groupName;
    private readonly NativeText _consumerName;
    private readonly bool _noAck;
    private readonly StreamRoot* _root;
    private readonly StreamGroup* _group;

    /// <param name="record">A stream that has the group.</param>
    /// <param name="noAck">What is delivered is not made pending.</param>
    public StreamDelivery(
        CommandContext context, ReadOnlySpan<byte> key, Record record, NativeText groupName, NativeText consumerName,
        bool noAck)
    {
        _context = context;
        _key = key;
        _groupName = groupName;
        _consumerName = consumerName;
        _noAck = noAck;
        _root = StreamKey.ChangeUnwatched(context, record);
        _group = StreamGroups.FindWritable(_root, Heap, groupName);
    }

    private ValueHeap Heap => _context.Database.Values;

    /// <summary>Answers what no consumer of the group has got yet.</summary>
    /// <param name="first">The smallest ID.</param>
    /// <param name="count">How many at most, 0 for all.</param>
    public void DeliverNew(StreamId first, long count)
    {
        ConsumerNumber consumer = FindOrCreateConsumer();
        ReplyWriter reply = _context.Reply;
        bool hasAdvanced = false;
        long mark = reply.BeginArray();
        long replied = 0;
        StreamCursor cursor = new(_root, first, StreamId.Max, reverse: false);
        while (cursor.MoveNext())
        {
            StreamId id = cursor.Entry.Id;
            if (id > _group->LastId)
            {
                StreamLag.Advance(_root, _group, id);
                hasAdvanced = true;
            }
            StreamReply.Entry(reply, ref cursor.Entry);
            if (!_noAck)
            {
                PendingEntry pending = new()
                {
                    Consumer = consumer,
                    DeliveryMs = _context.NowMs,
                    DeliveryCount = 1,
                };
                StreamGroups.Assign(_group, Heap, &_root->Value, id, pending);
                StreamEffects.Claim(_context.Effects, _key, _groupName.Bytes, _group, id, pending);
            }
            if (++replied == count)
            {
                break;
            }
        }
        if (_noAck && hasAdvanced)
        {
            StreamEffects.Position(_context.Effects, _key, _groupName.Bytes, _group);
        }
        reply.EndArray(mark, replied);
    }

    /// <summary>Answers once more what the consumer got and did not acknowledge.</summary>
    /// <inheritdoc cref="DeliverNew"/>
    public void DeliverAgain(StreamId first, long count)
    {
        ConsumerNumber consumer = FindOrCreateConsumer();
        ReplyWriter reply = _context.Reply;
        long mark = reply.BeginArray();
        long replied = 0;
        TreeCursor<StreamId, NoValue> at = TreeCursor<StreamId, NoValue>.AtOrBehind(
            StreamGroups.Consumer(_group, consumer)->Pending, first);
        for (; at.IsValid && (count == 0 || replied < count); at.MoveNext())
        {
            if (StreamReply.TryEntry(reply, _root, at.Key))
            {
                PendingEntry* pending = _group->Pending.FindWritable(at.Key, Heap);
                pending->DeliveryMs = _context.NowMs;
                pending->DeliveryCount++;
            }
            else
            {
                // It was deleted since.
                reply.Array(2);
                StreamReply.Id(reply, at.Key);
                reply.NullArray();
            }
            replied++;
        }
        reply.EndArray(mark, replied);
    }

    private ConsumerNumber FindOrCreateConsumer()
    {
        if (StreamGroups.TryFindConsumer(_group, _consumerName, out ConsumerNumber number))
        {
            StreamGroups.Touch(_group, Heap, number, _context.NowMs);
            return number;
        }
        number = StreamGroups.CreateConsumer(_group, Heap, &_root->Value, _consumerName, _context.NowMs);
        _context.Dirty++;
        _context.Notify(NotifyEvents.Stream, "xgroup-createconsumer"u8, _key);
        if (_noAck)
        {
            StreamEffects.NewConsumer(_context.Effects, _key, _groupName.Bytes, _consumerName.Bytes);
        }
        return number;
    }
}
