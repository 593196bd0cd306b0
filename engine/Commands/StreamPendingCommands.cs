using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>XPENDING: Redis 7.0 t_stream.c.</summary>
internal static unsafe class StreamPendingCommands
{
    private const int SummaryCount = 3;
    private const int FewestOfRange = 6;
    private const int MostOfRange = 9;

    public static IEnumerable<Command> Table =>
    [
        new("xpending", -3, CommandFlags.ReadOnly, AclCategories.Stream, Pending,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("What is pending in a group: a summary, or the entries of a range.", "5.0.0", "stream",
                "O(N), N entries looked at, or consumers for the summary",
                "key group [[IDLE min-idle-time] start end count [consumer]]"),
        },
    ];

    private static void Pending(CommandContext context)
    {
        if (context.Count != SummaryCount && context.Count is < FewestOfRange or > MostOfRange)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        PendingRange range = default;
        if (context.Count != SummaryCount && !TryParse(context, out range))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!StreamKey.TryFindGroup(context, record, context.TextAt(2)))
        {
            return;
        }
        StreamGroup* group = StreamGroups.Find(StreamKey.Root(record), context.TextAt(2));
        if (context.Count == SummaryCount)
        {
            Summary(context.Reply, group);
        }
        else
        {
            Range(context, group, range);
        }
    }

    private static bool TryParse(CommandContext context, out PendingRange range)
    {
        range = default;
        int start = 3;
        if (context.Is(3, "IDLE"u8))
        {
            if (!context.TryInt64(4, out range.MinIdleMs))
            {
                return false;
            }
            if (context.Count < FewestOfRange + 2)
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
            start += 2;
        }
        range.ConsumerIndex = start + 3 < context.Count ? start + 3 : 0;
        return context.TryInt64(start + 2, out range.Count)
            && StreamIdArgument.TryReadStart(context, start, out range.First)
            && StreamIdArgument.TryReadEnd(context, start + 1, out range.Last);
    }

    private static void Summary(ReplyWriter reply, StreamGroup* group)
    {
        reply.Array(4);
        reply.Integer(group->Pending.Count);
        if (group->Pending.Count == 0)
        {
            reply.Null();
            reply.Null();
            reply.NullArray();
            return;
        }
        StreamReply.Id(reply, TreeCursor<StreamId, PendingEntry>.AtFirst(group->Pending).Key);
        StreamReply.Id(reply, TreeCursor<StreamId, PendingEntry>.AtLast(group->Pending).Key);
        long mark = reply.BeginArray();
        long consumers = 0;
        TreeCursor<NativeText, ConsumerNumber> at = TreeCursor<NativeText, ConsumerNumber>.AtFirst(group->Names);
        for (; at.IsValid; at.MoveNext())
        {
            long pending = StreamGroups.Consumer(group, *at.Value)->Pending.Count;
            if (pending > 0)
            {
                reply.Array(2);
                reply.Bulk(at.Key.Bytes);
                reply.BulkInteger(pending);
                consumers++;
            }
        }
        reply.EndArray(mark, consumers);
    }

    private static void Range(CommandContext context, StreamGroup* group, in PendingRange range)
    {
        ReplyWriter reply = context.Reply;
        long mark = reply.BeginArray();
        long replied = 0;
        if (range.ConsumerIndex == 0)
        {
            TreeCursor<StreamId, PendingEntry> at =
                TreeCursor<StreamId, PendingEntry>.AtOrBehind(group->Pending, range.First);
            for (; replied < range.Count && at.IsValid && at.Key <= range.Last; at.MoveNext())
            {
                replied += TryReply(context, group, at.Key, at.Value, range.MinIdleMs) ? 1 : 0;
            }
        }
        else if (StreamGroups.TryFindConsumer(group, context.TextAt(range.ConsumerIndex), out ConsumerNumber number))
        {
            TreeCursor<StreamId, NoValue> at = TreeCursor<StreamId, NoValue>.AtOrBehind(
                StreamGroups.Consumer(group, number)->Pending, range.First);
            for (; replied < range.Count && at.IsValid && at.Key <= range.Last; at.MoveNext())
            {
                replied += TryReply(context, group, at.Key, group->Pending.Find(at.Key), range.MinIdleMs) ? 1 : 0;
            }
        }
        reply.EndArray(mark, replied);
    }

    /// <returns>False, with nothing replied, if the entry was delivered not long enough ago.</returns>
    private static bool TryReply(
        CommandContext context, StreamGroup* group, StreamId id, PendingEntry* pending, long minIdleMs)
    {
        long idleMs = unchecked(context.NowMs - pending->DeliveryMs);
        if (minIdleMs != 0 && idleMs < minIdleMs)
        {
            return false;
        }
        ReplyWriter reply = context.Reply;
        reply.Array(4);
        StreamReply.Id(reply, id);
        reply.Bulk(StreamGroups.Consumer(group, pending->Consumer)->Name.Bytes);
        reply.Integer(Math.Max(idleMs, 0));
        reply.Integer(pending->DeliveryCount);
        return true;
    }

    /// <summary>What XPENDING is asked for.</summary>
    private struct PendingRange
    {
        public long MinIdleMs;
        public StreamId First;
        public StreamId Last;

        /// <summary>How many at most.</summary>
        public long Count;

        /// <summary>Where the consumer's name stands; 0 for all consumers.</summary>
        public int ConsumerIndex;
    }
}
