using Tidelog.Engine.Blocking;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>
/// Elements taken out of the first of several lists, or moved to another list, and the commands that wait until there
/// is one: Redis 7.0 t_list.c.
/// </summary>
internal static class ListMoveCommands
{
    private const string Group = "list";
    private const CommandFlags Waits = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking;
    private const KeyFlags Pops = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;
    private const KeyFlags Pushes = KeyFlags.ReadWrite | KeyFlags.Insert;

    public static IEnumerable<Command> Table =>
    [
        new("lmove", 5, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.List, Move,
            KeySpec.Key(1, Pops), KeySpec.Key(2, Pushes))
        {
            Docs = new("Takes an element from an end of one list, adds it at an end of another, and answers it.",
                "6.2.0", Group, "O(1)", "source destination <LEFT | RIGHT> <LEFT | RIGHT>"),
        },
        new("rpoplpush", 3, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.List,
            context => Move(context, fromHead: false, toHead: true), KeySpec.Key(1, Pops), KeySpec.Key(2, Pushes))
        {
            Docs = new("Moves the last element of one list to the front of another, and answers it.", "1.2.0", Group,
                "O(1)", "source destination"),
        },
        new("lmpop", -4, CommandFlags.Write | CommandFlags.MovableKeys, AclCategories.List, PopFirst,
            new KeySpec { Flags = Pops, Start = 1, Find = FindKeys.KeyCount, FirstKey = 1 })
        {
            Docs = new("Takes elements out of the first of several lists that has any.", "7.0.0", Group,
                "O(N + M), N keys and M elements taken", "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]"),
        },
        new("blpop", -3, Waits, AclCategories.List, context => WaitAndPop(context, atHead: true),
            KeySpec.Keys(1, -2, Pops))
        {
            Docs = new("Takes the first element out of the first of several lists that has any; waits for it.", "2.0.0",
                Group, "O(N), N keys", "key [key ...] timeout"),
        },
        new("brpop", -3, Waits, AclCategories.List, context => WaitAndPop(context, atHead: false),
            KeySpec.Keys(1, -2, Pops))
        {
            Docs = new("Takes the last element out of the first of several lists that has any; waits for it.", "2.0.0",
                Group, "O(N), N keys", "key [key ...] timeout"),
        },
        new("blmove", 6, Waits | CommandFlags.DenyOom, AclCategories.List, WaitAndMove,
            KeySpec.Key(1, Pops), KeySpec.Key(2, Pushes))
        {
            Docs = new("Moves an element from an end of one list to an end of another; waits for it.", "6.2.0", Group,
                "O(1)", "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout"),
        },
        new("brpoplpush", 4, Waits | CommandFlags.DenyOom, AclCategories.List, WaitAndPopPush,
            KeySpec.Key(1, Pops), KeySpec.Key(2, Pushes))
        {
            Docs = new("Moves the last element of one list to the front of another; waits for it.", "2.2.0", Group,
                "O(1)", "source destination timeout"),
        },
        new("blmpop", -5, CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys, AclCategories.List,
            WaitAndPopFirst, new KeySpec { Flags = Pops, Start = 2, Find = FindKeys.KeyCount, FirstKey = 1 })
        {
            Docs = new("Takes elements out of the first of several lists that has any; waits for them.", "7.0.0", Group,
                "O(N + M), N keys and M elements taken", "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]"),
        },
    ];

    /// <summary>Moves an element, answers it, and tells so.</summary>
    /// <param name="list">What is at the source; it has an element.</param>
    /// <returns>False if there is no list at the target, which is answered.</returns>
    public static bool TryMove(
        CommandContext context, ReadOnlySpan<byte> source, Record list, ReadOnlySpan<byte> target, bool fromHead,
        bool toHead)
    {
        if (!ListCommands.TryFind(context, target, Lookup.Write, out Record moved))
        {
            return false;
        }
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        ReadOnlySpan<byte> text = Lists.TextAt(list, fromHead ? 0 : Lists.LengthOf(list) - 1, scratch);
        moved = Lists.Push(
            context.Database, target, moved, new PackedText(text), toHead, ListCommands.MaxPacked(context));
        context.Notify(NotifyEvents.List, toHead ? "lpush"u8 : "rpush"u8, target);
        context.Reply.Bulk(text);

        // In a list that turns the pushed one may be the one that goes: it is the same.
        list = source.SequenceEqual(target) ? moved : list;
        list = Lists.Remove(context.Database, list, fromHead ? 0 : Lists.LengthOf(list) - 1, 1);
        context.Notify(NotifyEvents.List, fromHead ? "lpop"u8 : "rpop"u8, source);
        ListCommands.NotifyIfGone(context, source, list);
        context.Dirty++;
        return true;
    }

    private static void Move(CommandContext context)
    {
        if (TryEnd(context, 3, out bool fromHead) && TryEnd(context, 4, out bool toHead))
        {
            Move(context, fromHead, toHead);
        }
    }

    private static void Move(CommandContext context, bool fromHead, bool toHead)
    {
        if (!ListCommands.TryFind(context, context[1], Lookup.Write, out Record list))
        {
            return;
        }
        if (list.Exists)
        {
            TryMove(context, context[1], list, context[2], fromHead, toHead);
        }
        else
        {
            context.Reply.Null();
        }
    }

    private static bool TryEnd(CommandContext context, int index, out bool atHead)
    {
        atHead = context.Is(index, "LEFT"u8);
        if (atHead || context.Is(index, "RIGHT"u8))
        {
            return true;
        }
        context.Reply.Error(ReplyError.Syntax);
        return false;
    }

    /// <param name="firstKey">Index of the first key.</param>
    private static bool TryReadPopFirst(
        CommandContext context, int firstKey, out int keys, out bool atHead, out long count)
    {
        atHead = false;
        count = 0;
        keys = 0;
        if (!TryAtLeastOne(context, firstKey - 1, out long keyCount, ReplyError.KeyCountNotPositive))
        {
            return false;
        }
        if (keyCount >= context.Count - firstKey)
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        keys = (int)keyCount;
        int at = firstKey + keys;
        if (!TryEnd(context, at, out atHead))
        {
            return false;
        }
        count = 1;
        if (at + 1 == context.Count)
        {
            return true;
        }
        if (at + 2 >= context.Count || !context.Is(at + 1, "COUNT"u8))
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        if (!TryAtLeastOne(context, at + 2, out count, ReplyError.CountNotPositive))
        {
            return false;
        }
        if (at + 3 < context.Count)
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        return true;
    }

    private static bool TryAtLeastOne(CommandContext context, int index, out long value, ReadOnlySpan<byte> error)
    {
        if (Numbers.TryParseInt64(context[index], out value) && value >= 1)
        {
            return true;
        }
        context.Reply.Error(error);
        return false;
    }

    /// <summary>Finds the first of several lists that exists.</summary>
    /// <returns>False if another value is met first, which is answered; without a list its index is 0.</returns>
    private static bool TryFindFirst(CommandContext context, int firstKey, int keys, out int found, out Record list)
    {
        list = default;
        found = 0;
        for (int i = firstKey; i < firstKey + keys; i++)
        {
            if (!ListCommands.TryFind(context, context[i], Lookup.Write, out list))
            {
                return false;
            }
            if (list.Exists)
            {
                found = i;
                return true;
            }
        }
        return true;
    }

    private static void PopFirst(CommandContext context)
    {
        if (!TryReadPopFirst(context, 2, out int keys, out bool atHead, out long count)
            || !TryFindFirst(context, 2, keys, out int found, out Record list))
        {
            return;
        }
        if (found > 0)
        {
            PopWithKey(context, context[found], list, atHead, count);
        }
        else
        {
            context.Reply.NullArray();
        }
    }

    private static void PopWithKey(
        CommandContext context, ReadOnlySpan<byte> key, Record list, bool atHead, long count)
    {
        count = Math.Min(count, Lists.LengthOf(list));
        context.Reply.Array(2);
        context.Reply.Bulk(key);
        ListCommands.PopRange(context, key, list, atHead, count);
        context.Effects.Give(atHead ? "LPOP"u8 : "RPOP"u8, key, count);
    }

    private static void PopOneWithKey(CommandContext context, ReadOnlySpan<byte> key, Record list, bool atHead)
    {
        context.Reply.Array(2);
        context.Reply.Bulk(key);
        ListCommands.PopOne(context, key, list, atHead);
        context.Effects.Give(atHead ? "LPOP"u8 : "RPOP"u8, key);
    }

    private static void WaitAndPop(CommandContext context, bool atHead)
    {
        int keys = context.Count - 2;
        if (!context.TryTimeoutSeconds(context.Count - 1, out long deadlineMs)
            || !TryFindFirst(context, 1, keys, out int found, out Record list))
        {
            return;
        }
        if (found > 0)
        {
            PopOneWithKey(context, context[found], list, atHead);
        }
        else
        {
            context.Block(1, keys, deadlineMs, new WaitingPop(atHead, null));
        }
    }

    private static void WaitAndPopFirst(CommandContext context)
    {
        if (!TryReadPopFirst(context, 3, out int keys, out bool atHead, out long count)
            || !context.TryTimeoutSeconds(1, out long deadlineMs)
            || !TryFindFirst(context, 3, keys, out int found, out Record list))
        {
            return;
        }
        if (found > 0)
        {
            PopWithKey(context, context[found], list, atHead, count);
        }
        else
        {
            context.Block(3, keys, deadlineMs, new WaitingPop(atHead, count));
        }
    }

    private static void WaitAndMove(CommandContext context)
    {
        if (TryEnd(context, 3, out bool fromHead) && TryEnd(context, 4, out bool toHead)
            && context.TryTimeoutSeconds(5, out long deadlineMs))
        {
            WaitAndMove(context, deadlineMs, new WaitingMove(context[2].ToArray(), fromHead, toHead, false));
        }
    }

    private static void WaitAndPopPush(CommandContext context)
    {
        if (context.TryTimeoutSeconds(3, out long deadlineMs))
        {
            WaitAndMove(context, deadlineMs, new WaitingMove(context[2].ToArray(), false, true, true));
        }
    }

    private static void WaitAndMove(CommandContext context, long deadlineMs, WaitingMove operation)
    {
        if (!ListCommands.TryFind(context, context[1], Lookup.Write, out Record list))
        {
            return;
        }
        if (list.Exists)
        {
            operation.TryServe(context, context[1], list);
        }
        else if (context.DeniesBlocking)
        {
            // Not what is answered at the deadline.
            context.Reply.Null();
        }
        else
        {
            context.Block(1, 1, deadlineMs, operation);
        }
    }

    /// <param name="count">Of BLMPOP; null for BLPOP and BRPOP.</param>
    private sealed class WaitingPop(bool atHead, long? count) : BlockedOperation
    {
        public override ValueType? Type => ValueType.List;

        public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
        {
            if (count is long most)
            {
                PopWithKey(context, key, record, atHead, most);
            }
            else
            {
                PopOneWithKey(context, key, record, atHead);
            }
            return true;
        }
    }

    private sealed class WaitingMove(byte[] target, bool fromHead, bool toHead, bool isPopPush) : BlockedOperation
    {
        public override ValueType? Type => ValueType.List;

        public override bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record)
        {
            if (!TryMove(context, key, record, target, fromHead, toHead))
            {
                return true;
            }
            if (isPopPush)
            {
                context.Effects.Give("RPOPLPUSH"u8, key, target);
                return true;
            }
            context.Effects.Begin(5);
            context.Effects.Add("LMOVE"u8);
            context.Effects.Add(key);
            context.Effects.Add(target);
            context.Effects.Add(fromHead ? "left"u8 : "right"u8);
            context.Effects.Add(toHead ? "left"u8 : "right"u8);
            return true;
        }
    }
}
