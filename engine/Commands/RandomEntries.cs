using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Several entries of a set or hash at random: SRANDMEMBER and HRANDFIELD with a count.</summary>
internal static unsafe class RandomEntries
{
    /// <summary>
    /// Fewer than one in so many are drawn one by one; for more it is cheaper to walk over all and choose.
    /// </summary>
    private const int WalkFrom = 3;

    /// <summary>Entries between two looks at the length of the reply.</summary>
    private const int LookAfter = 1000;

    /// <summary>Reads the count; answers the error itself when it is none.</summary>
    public static bool TryReadCount(CommandContext context, int index, out long count)
    {
        if (!context.TryInt64(index, out count))
        {
            return false;
        }
        if (count == long.MinValue)
        {
            context.Reply.Error(ReplyError.OutOfLong);
            return false;
        }
        return true;
    }

    /// <summary>
    /// True if a reply has become longer than its client may have it: whose entries are drawn again and again can be of
    /// any length. The client is closed then.
    /// </summary>
    /// <param name="left">Entries still to be answered; only now and then is the reply looked at.</param>
    public static bool IsTooMuch(CommandContext context, long left)
    {
        if (left % LookAfter != 0 || !context.Session.IsTooMuchOutput(context.Reply.Length))
        {
            return false;
        }
        context.Session.CloseAfterReply = true;
        return true;
    }

    /// <summary>Answers entries at random.</summary>
    /// <param name="record">May be missing.</param>
    /// <param name="count">
    /// So many different entries, or all; if negative so many of which each is drawn from all.
    /// </param>
    public static void Reply(CommandContext context, Record record, long count, bool withValues)
    {
        if (!record.Exists || count == 0)
        {
            context.Reply.Array(0);
            return;
        }
        long size = Entries.CountOf(record);
        long answered = count < 0 ? -count : Math.Min(count, size);
        context.Reply.Array(withValues && context.Reply.Protocol == 2 ? answered * 2 : answered);
        if (count < 0 || count == 1)
        {
            for (; answered > 0; answered--)
            {
                Reply(context.Reply, Entries.Random(record, context.Engine.Random), withValues);
                if (IsTooMuch(context, answered))
                {
                    return;
                }
            }
        }
        else if (!record.IsHeapValue || answered > size / WalkFrom)
        {
            ReplyChosen(context, record, size, answered, withValues);
        }
        else
        {
            ReplyDrawn(context, record, answered, withValues);
        }
    }

    /// <summary>
    /// Walks over all entries and takes each with the chance that gives every combination of so many the same.
    /// </summary>
    private static void ReplyChosen(
        CommandContext context, Record record, long size, long wanted, bool withValues)
    {
        EntryWalk walk = new(record);
        for (long left = size; wanted > 0; left--)
        {
            walk.MoveNext();
            if (wanted == left || context.Engine.Random.NextInt64(left) < wanted)
            {
                Reply(context.Reply, new HashEntry(walk.Key, walk.Value), withValues);
                wanted--;
            }
        }
    }

    private static void ReplyDrawn(CommandContext context, Record record, long wanted, bool withValues)
    {
        ValueHeap heap = context.Database.Values;
        HeapValue* drawn = HashTable.New(heap, 1);
        while (wanted > 0)
        {
            HashEntry entry = Entries.Random(record, context.Engine.Random);
            if (HashTable.Add(HashTable.StateOf(drawn), PackedText.Of(entry.Key), heap, drawn))
            {
                Reply(context.Reply, entry, withValues);
                wanted--;
            }
        }
        context.Database.FreeTemporary(drawn);
    }

    private static void Reply(ReplyWriter reply, HashEntry entry, bool withValue)
    {
        if (withValue && reply.Protocol == 3)
        {
            reply.Array(2);
        }
        entry.Key.Reply(reply);
        if (withValue)
        {
            entry.Value.Reply(reply);
        }
    }
}
