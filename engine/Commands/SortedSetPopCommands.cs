using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Entries taken from the ends of sorted sets: Redis 7.0 t_zset.c.</summary>
internal static class SortedSetPopCommands
{
    private const string Group = SortedSetCommands.Group;
    private const KeyFlags PopKey = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;
    private const string PopCost = "O(M*log(N)), N members in the set, M popped";
    private const CommandFlags BlockingPop =
        CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking | CommandFlags.Fast;

    public static IEnumerable<Command> Table =>
    [
        new("zpopmin", -2, CommandFlags.Write | CommandFlags.Fast, AclCategories.SortedSet, PopMinimum,
            KeySpec.Key(1, PopKey))
        {
            Docs = new("Removes and answers the members with the lowest scores.", "5.0.0", Group, PopCost,
                "key [count]"),
        },
        new("zpopmax", -2, CommandFlags.Write | CommandFlags.Fast, AclCategories.SortedSet, PopMaximum,
            KeySpec.Key(1, PopKey))
        {
            Docs = new("Removes and answers the members with the highest scores.", "5.0.0", Group, PopCost,
                "key [count]"),
        },
        new("zmpop", -4, CommandFlags.Write | CommandFlags.MovableKeys, AclCategories.SortedSet, PopFromFirst,
            KeySpec.Counted(1, PopKey))
        {
            Docs = new("Removes and answers members of the first sorted set that is not empty.", "7.0.0", Group,
                "O(K)+O(M*log(N)), K keys, N members in the set, M popped",
                "numkeys key [key ...] <MIN | MAX> [COUNT count]"),
        },
        new("bzpopmin", -3, BlockingPop, AclCategories.SortedSet, WaitForMinimum, KeySpec.Keys(1, -2, PopKey))
        {
            Docs = new("Removes and answers the member with the lowest score, and waits for one if there is none.",
                "5.0.0", Group, "O(log(N)), N members in the set", "key [key ...] timeout"),
        },
        new("bzpopmax", -3, BlockingPop, AclCategories.SortedSet, WaitForMaximum, KeySpec.Keys(1, -2, PopKey))
        {
            Docs = new("Removes and answers the member with the highest score, and waits for one if there is none.",
                "5.0.0", Group, "O(log(N)), N members in the set", "key [key ...] timeout"),
        },
        new("bzmpop", -5, CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys,
            AclCategories.SortedSet, WaitForFirst, KeySpec.Counted(2, PopKey))
        {
            Docs = new(
                "Removes and answers members of the first sorted set that is not empty, and waits for one if all are.",
                "7.0.0", Group, "O(K)+O(M*log(N)), K keys, N members in the set, M popped",
                "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]"),
        },
    ];

    private static void PopMinimum(CommandContext context) => Pop(context, isMaximum: false);

    private static void PopMaximum(CommandContext context) => Pop(context, isMaximum: true);

    private static void Pop(CommandContext context, bool isMaximum)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        long count = 1;
        if (context.Count == 3)
        {
            if (!context.TryInt64(2, out count, ReplyError.MustBePositive))
            {
                return;
            }
            if (count < 0)
            {
                context.Reply.Error(ReplyError.MustBePositive);
                return;
            }
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.SortedSet))
        {
            return;
        }
        if (!record.Exists || count == 0)
        {
            context.Reply.Array(0);
            return;
        }
        bool isNested = context.Reply.Protocol != 2 && context.Count == 3;
        SortedSetPop.Take(context, context[1], record, isMaximum, count, isNested ? PopReply.Nested : PopReply.Flat);
    }

    private static void PopFromFirst(CommandContext context)
    {
        if (!TryReadMultiple(context, 1, out int keys, out bool isMaximum, out long limit))
        {
            return;
        }
        if (TryFindFirst(context, 2, keys, out int key, out Record record))
        {
            WaitingPop.Take(context, context[key], record, isMaximum, limit);
        }
        else if (key < 0)
        {
            context.Reply.NullArray();
        }
    }

    private static void WaitForMinimum(CommandContext context) =>
        PopOrWait(context, 1, context.Count - 2, context.Count - 1, isMaximum: false, limit: null);

    private static void WaitForMaximum(CommandContext context) =>
        PopOrWait(context, 1, context.Count - 2, context.Count - 1, isMaximum: true, limit: null);

    private static void WaitForFirst(CommandContext context)
    {
        if (TryReadMultiple(context, 2, out int keys, out bool isMaximum, out long limit))
        {
            PopOrWait(context, 3, keys, 1, isMaximum, limit);
        }
    }

    private static void PopOrWait(
        CommandContext context, int firstKey, int keys, int timeout, bool isMaximum, long? limit)
    {
        if (!context.TryTimeoutSeconds(timeout, out long deadlineMs))
        {
            return;
        }
        if (TryFindFirst(context, firstKey, keys, out int key, out Record record))
        {
            WaitingPop.Take(context, context[key], record, isMaximum, limit);
        }
        else if (key < 0)
        {
            context.Block(firstKey, keys, deadlineMs, new WaitingPop(isMaximum, limit));
        }
    }

    /// <summary>Finds the first key that there is; answers the error if it is of another type.</summary>
    /// <param name="key">Index of the key that is there, -1 if none is.</param>
    private static bool TryFindFirst(CommandContext context, int firstKey, int keys, out int key, out Record record)
    {
        for (key = firstKey; key < firstKey + keys; key++)
        {
            record = context.Database.Find(context[key], Lookup.Write);
            if (record.Exists)
            {
                return context.IsTypeOrMissing(record, ValueType.SortedSet);
            }
        }
        key = -1;
        record = default;
        return false;
    }

    /// <summary>Reads the arguments of ZMPOP from the number of keys on; answers the error itself.</summary>
    private static bool TryReadMultiple(
        CommandContext context, int count, out int keys, out bool isMaximum, out long limit)
    {
        keys = 0;
        isMaximum = false;
        limit = 1;
        if (!TryPositive(context, count, ReplyError.KeyCountNotPositive, out long number))
        {
            return false;
        }
        long where = number < context.Count ? count + number + 1 : context.Count;
        if (where >= context.Count
            || !((isMaximum = context.Is((int)where, "MAX"u8)) || context.Is((int)where, "MIN"u8)))
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        keys = (int)number;
        bool hasLimit = false;
        for (int i = (int)where + 1; i < context.Count; i += 2)
        {
            if (hasLimit || !context.Is(i, "COUNT"u8) || i + 1 == context.Count)
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
            if (!TryPositive(context, i + 1, ReplyError.CountNotPositive, out limit))
            {
                return false;
            }
            hasLimit = true;
        }
        return true;
    }

    private static bool TryPositive(CommandContext context, int index, ReadOnlySpan<byte> error, out long value)
    {
        if (!context.TryInt64(index, out value, error))
        {
            return false;
        }
        if (value < 1)
        {
            context.Reply.Error(error);
        }
        return value >= 1;
    }
}
