using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Lists pushed to, popped from and read by index: Redis 7.0 t_list.c.</summary>
internal static class ListCommands
{
    private const string Group = "list";
    private const CommandFlags Pushes = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast;
    private const KeyFlags Pops = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;

    public static IEnumerable<Command> Table =>
    [
        new("lpush", -3, Pushes, AclCategories.List, context => Push(context, atHead: true, onlyExisting: false),
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds elements in front of a list, which is made if missing.", "1.0.0", Group,
                "O(1) for each element", "key element [element ...]"),
        },
        new("rpush", -3, Pushes, AclCategories.List, context => Push(context, atHead: false, onlyExisting: false),
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds elements at the end of a list, which is made if missing.", "1.0.0", Group,
                "O(1) for each element", "key element [element ...]"),
        },
        new("lpushx", -3, Pushes, AclCategories.List, context => Push(context, atHead: true, onlyExisting: true),
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds elements in front of a list if there is one.", "2.2.0", Group,
                "O(1) for each element", "key element [element ...]"),
        },
        new("rpushx", -3, Pushes, AclCategories.List, context => Push(context, atHead: false, onlyExisting: true),
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds elements at the end of a list if there is one.", "2.2.0", Group,
                "O(1) for each element", "key element [element ...]"),
        },
        new("lpop", -2, CommandFlags.Write | CommandFlags.Fast, AclCategories.List,
            context => Pop(context, atHead: true), KeySpec.Key(1, Pops))
        {
            Docs = new("Takes the first elements out of a list and answers them.", "1.0.0", Group,
                "O(N), N elements taken", "key [count]"),
        },
        new("rpop", -2, CommandFlags.Write | CommandFlags.Fast, AclCategories.List,
            context => Pop(context, atHead: false), KeySpec.Key(1, Pops))
        {
            Docs = new("Takes the last elements out of a list and answers them, the last one first.", "1.0.0", Group,
                "O(N), N elements taken", "key [count]"),
        },
        new("llen", 2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.List, Length,
            KeySpec.Key(1, KeyFlags.ReadOnly))
        {
            Docs = new("Answers how many elements a list has.", "1.0.0", Group, "O(1)", "key"),
        },
        new("lrange", 4, CommandFlags.ReadOnly, AclCategories.List, Range,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Answers a range of elements.", "1.0.0", Group,
                "O(N), N elements answered, beside the search for the first of them in the chunks' counts",
                "key start stop"),
        },
        new("lindex", 3, CommandFlags.ReadOnly, AclCategories.List, Index,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Answers the element at an index.", "1.0.0", Group,
                "O(log N) nearly: sums over the chunks' counts", "key index"),
        },
        new("lset", 4, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.List, Set,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Puts a value in the place of the element at an index.", "1.0.0", Group,
                "O(log N) nearly: sums over the chunks' counts", "key index element"),
        },
        new("ltrim", 4, CommandFlags.Write, AclCategories.List, Trim,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Docs = new("Keeps a range of elements and removes all others.", "1.0.0", Group,
                "O(N), N elements removed", "key start stop"),
        },
    ];

    /// <summary>How many elements a list may have that is kept in its record.</summary>
    public static int MaxPacked(CommandContext context) => Lists.MaxPackedCount(context.Options);

    /// <summary>Finds a list; answers the type error itself if the key holds something else.</summary>
    /// <returns>False if that was answered; a missing list is found as a missing record.</returns>
    public static bool TryFind(CommandContext context, ReadOnlySpan<byte> key, Lookup lookup, out Record list)
    {
        list = context.Database.Find(key, lookup);
        return context.IsTypeOrMissing(list, ValueType.List);
    }

    /// <summary>Answers the first or the last elements as an array, removes them, and tells so.</summary>
    /// <param name="count">At least one; as many as there are at most.</param>
    public static void PopRange(CommandContext context, ReadOnlySpan<byte> key, Record list, bool atHead, long count)
    {
        long length = Lists.LengthOf(list);
        context.Reply.Array(count);
        Lists.Reply(list, atHead ? 0 : length - 1, count, backward: !atHead, context.Reply);
        Remove(context, key, list, atHead, count);
    }

    /// <summary>Answers the first or the last element, removes it, and tells so.</summary>
    public static void PopOne(CommandContext context, ReadOnlySpan<byte> key, Record list, bool atHead)
    {
        Lists.ReplyAt(list, atHead ? 0 : Lists.LengthOf(list) - 1, context.Reply);
        Remove(context, key, list, atHead, 1);
    }

    private static void Remove(CommandContext context, ReadOnlySpan<byte> key, Record list, bool atHead, long count)
    {
        list = Lists.Remove(context.Database, list, atHead ? 0 : Lists.LengthOf(list) - count, count);
        context.Notify(NotifyEvents.List, atHead ? "lpop"u8 : "rpop"u8, key);
        NotifyIfGone(context, key, list);
        context.Dirty += count;
    }

    public static void NotifyIfGone(CommandContext context, ReadOnlySpan<byte> key, Record list)
    {
        if (!list.Exists)
        {
            context.Notify(NotifyEvents.Generic, "del"u8, key);
        }
    }

    private static void Push(CommandContext context, bool atHead, bool onlyExisting)
    {
        ReadOnlySpan<byte> key = context[1];
        if (!TryFind(context, key, Lookup.Write, out Record list))
        {
            return;
        }
        if (!list.Exists && onlyExisting)
        {
            context.Reply.Integer(0);
            return;
        }
        int maxPacked = MaxPacked(context);
        int more = context.Count > 3 ? SizeOf(context, 3) : 0;
        for (int i = 2; i < context.Count; i++)
        {
            list = Lists.Push(context.Database, key, list, new PackedText(context[i]), atHead, maxPacked, more);
            more = 0;
        }
        context.Dirty += context.Count - 2;
        context.Reply.Integer(Lists.LengthOf(list));
        context.Notify(NotifyEvents.List, atHead ? "lpush"u8 : "rpush"u8, key);
    }

    /// <summary>Bytes that arguments take in a packed list, or more than it may have.</summary>
    private static int SizeOf(CommandContext context, int first)
    {
        int size = 0;
        for (int i = first; i < context.Count && size <= Lists.MaxPacked; i++)
        {
            size += Pack.SizeOf(new PackedText(context[i]));
        }
        return size;
    }

    private static void Pop(CommandContext context, bool atHead)
    {
        bool hasCount = context.Count == 3;
        long count = 1;
        if (context.Count > 3)
        {
            context.Reply.Error(ReplyError.WrongArity(context.Command.FullName));
            return;
        }
        if (hasCount && (!Numbers.TryParseInt64(context[2], out count) || count < 0))
        {
            context.Reply.Error(ReplyError.MustBePositive);
            return;
        }
        ReadOnlySpan<byte> key = context[1];
        Record list = context.Database.Find(key, Lookup.Write);
        if (!list.Exists)
        {
            if (hasCount)
            {
                context.Reply.NullArray();
            }
            else
            {
                context.Reply.Null();
            }
        }
        else if (!context.IsTypeOrMissing(list, ValueType.List))
        {
            return;
        }
        else if (!hasCount)
        {
            PopOne(context, key, list, atHead);
        }
        else if (count == 0)
        {
            context.Reply.Array(0);
        }
        else
        {
            PopRange(context, key, list, atHead, Math.Min(count, Lists.LengthOf(list)));
        }
    }

    private static void Length(CommandContext context)
    {
        if (TryFind(context, context[1], Lookup.Read, out Record list))
        {
            context.Reply.Integer(list.Exists ? Lists.LengthOf(list) : 0);
        }
    }

    private static void Range(CommandContext context)
    {
        if (!context.TryInt64(2, out long start) || !context.TryInt64(3, out long stop)
            || !TryFind(context, context[1], Lookup.Read, out Record list))
        {
            return;
        }
        long count = list.Exists ? ToRange(Lists.LengthOf(list), ref start, stop) : 0;
        context.Reply.Array(count);
        if (count > 0)
        {
            Lists.Reply(list, start, count, backward: false, context.Reply);
        }
    }

    /// <summary>Makes a range of what a client gave: indexes from the end are negative.</summary>
    /// <param name="start">The first element.</param>
    /// <returns>How many elements it has.</returns>
    private static long ToRange(long length, ref long start, long stop)
    {
        start = Math.Max(start < 0 ? start + length : start, 0);
        stop = Math.Min(stop < 0 ? stop + length : stop, length - 1);
        return stop < start ? 0 : stop - start + 1;
    }

    private static void Index(CommandContext context)
    {
        Record list = context.Database.Find(context[1], Lookup.Read);
        if (!list.Exists)
        {
            context.Reply.Null();
        }
        else if (context.IsTypeOrMissing(list, ValueType.List) && context.TryInt64(2, out long index))
        {
            if (TryIndex(list, ref index))
            {
                Lists.ReplyAt(list, index, context.Reply);
            }
            else
            {
                context.Reply.Null();
            }
        }
    }

    private static void Set(CommandContext context)
    {
        ReadOnlySpan<byte> key = context[1];
        Record list = context.Database.Find(key, Lookup.Write);
        if (!list.Exists)
        {
            context.Reply.Error(ReplyError.NoSuchKey);
        }
        else if (context.IsTypeOrMissing(list, ValueType.List) && context.TryInt64(2, out long index))
        {
            if (!TryIndex(list, ref index))
            {
                context.Reply.Error(ReplyError.IndexOutOfRange);
                return;
            }
            Lists.Set(context.Database, list, index, new PackedText(context[3]));
            context.Dirty++;
            context.Reply.Ok();
            context.Notify(NotifyEvents.List, "lset"u8, key);
        }
    }

    private static bool TryIndex(Record list, ref long index)
    {
        long length = Lists.LengthOf(list);
        index = index < 0 ? index + length : index;
        return (ulong)index < (ulong)length;
    }

    private static void Trim(CommandContext context)
    {
        ReadOnlySpan<byte> key = context[1];
        if (!context.TryInt64(2, out long start) || !context.TryInt64(3, out long stop)
            || !TryFind(context, key, Lookup.Write, out Record list))
        {
            return;
        }
        if (list.Exists)
        {
            long length = Lists.LengthOf(list);
            long kept = ToRange(length, ref start, stop);
            if (kept == 0)
            {
                list = Lists.Remove(context.Database, list, 0, length);
            }
            else
            {
                // Redis calls a list changed that it trimmed nothing of.
                list = context.Database.MakeMutable(list);
                list = Lists.Remove(context.Database, list, start + kept, length - start - kept);
                list = Lists.Remove(context.Database, list, 0, start);
            }
            context.Dirty += length - kept;
            context.Notify(NotifyEvents.List, "ltrim"u8, key);
            NotifyIfGone(context, key, list);
        }
        context.Reply.Ok();
    }
}
