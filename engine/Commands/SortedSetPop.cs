using Tidelog.Engine.Blocking;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>How popped entries are answered.</summary>
internal enum PopReply
{
    /// <summary>Member, score, member, score.</summary>
    Flat,

    /// <summary>An array of each.</summary>
    Nested,

    /// <summary>The key in front of a flat list.</summary>
    KeyAndFlat,

    /// <summary>The key, and a list of arrays.</summary>
    KeyAndNested,
}

/// <summary>Takes the first or last entries from a sorted set.</summary>
internal static class SortedSetPop
{
    /// <summary>Answers entries of the sorted set at a key, and removes them.</summary>
    /// <param name="limit">Most entries, at least 1.</param>
    /// <returns>How many they are.</returns>
    public static long Take(
        CommandContext context, ReadOnlySpan<byte> key, Record record, bool isMaximum, long limit, PopReply form)
    {
        long count = Math.Min(limit, SortedSets.Count(record));
        Begin(context.Reply, key, count, form);
        bool isNested = form is PopReply.Nested or PopReply.KeyAndNested;
        SortedEntries entries = SortedEntries.Of(record, 0, count, isMaximum);
        while (entries.MoveNext())
        {
            if (isNested)
            {
                context.Reply.Array(2);
            }
            entries.Member.Reply(context.Reply);
            context.Reply.Double(entries.Score);
        }
        long first = isMaximum ? SortedSets.Count(record) - count : 0;
        SortedSetEditor set = new(context.Database, context.Options, key, record);
        set.RemoveRange(first, count);
        context.NotifyRemoved(
            NotifyEvents.SortedSet, isMaximum ? "zpopmax"u8 : "zpopmin"u8, key, count, set.DeleteIfEmpty());
        return count;
    }

    /// <summary>Gives the effect of a pop by another command than ZPOPMIN and ZPOPMAX.</summary>
    /// <param name="count">Null to leave it out: a single one.</param>
    public static void GiveEffect(CommandContext context, ReadOnlySpan<byte> key, bool isMaximum, long? count)
    {
        ReadOnlySpan<byte> name = isMaximum ? "ZPOPMAX"u8 : "ZPOPMIN"u8;
        if (count is long number)
        {
            context.Effects.Give(name, key, number);
        }
        else
        {
            context.Effects.Give(name, key);
        }
    }

    private static void Begin(ReplyWriter reply, ReadOnlySpan<byte> key, long count, PopReply form)
    {
        switch (form)
        {
            case PopReply.Flat:
                reply.Array(2 * count);
                break;
            case PopReply.Nested:
                reply.Array(count);
                break;
            case PopReply.KeyAndFlat:
                reply.Array((2 * count) + 1);
                reply.Bulk(key);
                break;
            default:
                reply.Array(2);
                reply.Bulk(key);
                reply.Array(count);
                break;
        }
    }
}

/// <summary>A client that waits to pop from a sorted set.</summary>
/// <param name="limit">Most entries; null for BZPOPMIN and BZPOPMAX, which take one and answer flat.</param>
internal sealed class WaitingPop(bool isMaximum, long? limit) : BlockedOperation
{
    public override ValueType? Type => ValueType.SortedSet;

    public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
    {
        Take(context, key, record, isMaximum, limit);
        return true;
    }

    /// <summary>Pops as this operation does, with its reply and its effect.</summary>
    public static void Take(CommandContext context, ReadOnlySpan<byte> key, Record record, bool isMaximum, long? limit)
    {
        long count = SortedSetPop.Take(
            context, key, record, isMaximum, limit ?? 1, limit is null ? PopReply.KeyAndFlat : PopReply.KeyAndNested);
        SortedSetPop.GiveEffect(context, key, isMaximum, limit is null ? null : count);
    }
}
