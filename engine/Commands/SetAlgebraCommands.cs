using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Sets made of other sets: Redis 7.0 t_set.c.</summary>
internal static class SetAlgebraCommands
{
    private const string Group = "set";
    private const CommandFlags Store = CommandFlags.Write | CommandFlags.DenyOom;
    private const string AllOfSmallest = "O(N*M), N members in the smallest of M sets";
    private const string AllMembers = "O(N), N members in all sets";
    private static readonly KeySpec Sources = KeySpec.Keys(1, -1, KeyFlags.ReadOnly | KeyFlags.Access);
    private static readonly KeySpec Overwritten = KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update);
    private static readonly KeySpec StoreSources = KeySpec.Keys(2, -1, KeyFlags.ReadOnly | KeyFlags.Access);
    private static readonly string[] AnyOrder = ["nondeterministic_output_order"];

    public static IEnumerable<Command> Table =>
    [
        new("smembers", 2, CommandFlags.ReadOnly, AclCategories.Set, Members,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Tips = AnyOrder,
            Docs = new("Answers all members of a set.", "1.0.0", Group, "O(N), N members", "key"),
        },
        new("sinter", -2, CommandFlags.ReadOnly, AclCategories.Set, Intersection, Sources)
        {
            Tips = AnyOrder,
            Docs = new("Answers the members that all sets have.", "1.0.0", Group, AllOfSmallest, "key [key ...]"),
        },
        new("sintercard", -3, CommandFlags.ReadOnly | CommandFlags.MovableKeys, AclCategories.Set, IntersectionCount,
            new KeySpec
            {
                Flags = KeyFlags.ReadOnly | KeyFlags.Access, Start = 1, Find = FindKeys.KeyCount, CountIndex = 0,
                FirstKey = 1,
            })
        {
            Docs = new("Counts the members that all sets have.", "7.0.0", Group, AllOfSmallest,
                "numkeys key [key ...] [LIMIT limit]"),
        },
        new("sinterstore", -3, Store, AclCategories.Set, StoreIntersection,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update), StoreSources)
        {
            Docs = new("Stores the members that all sets have.", "1.0.0", Group, AllOfSmallest,
                "destination key [key ...]"),
        },
        new("sunion", -2, CommandFlags.ReadOnly, AclCategories.Set, Union, Sources)
        {
            Tips = AnyOrder,
            Docs = new("Answers the members that any of the sets has.", "1.0.0", Group, AllMembers, "key [key ...]"),
        },
        new("sunionstore", -3, Store, AclCategories.Set, StoreUnion, Overwritten, StoreSources)
        {
            Docs = new("Stores the members that any of the sets has.", "1.0.0", Group, AllMembers,
                "destination key [key ...]"),
        },
        new("sdiff", -2, CommandFlags.ReadOnly, AclCategories.Set, Difference, Sources)
        {
            Tips = AnyOrder,
            Docs = new("Answers the members of a set that no other has.", "1.0.0", Group, AllMembers,
                "key [key ...]"),
        },
        new("sdiffstore", -3, Store, AclCategories.Set, StoreDifference, Overwritten, StoreSources)
        {
            Docs = new("Stores the members of a set that no other has.", "1.0.0", Group, AllMembers,
                "destination key [key ...]"),
        },
    ];

    private static void Members(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsTypeOrMissing(record, ValueType.Set))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Set(0);
            return;
        }
        context.Reply.Set(Entries.CountOf(record));
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            walk.Key.Reply(context.Reply);
        }
    }

    private static void Intersection(CommandContext context)
    {
        if (!TryFindAll(context, 1, context.Count - 1, out Record[] sets))
        {
            return;
        }
        if (!SetAlgebra.TryOrderForIntersection(sets))
        {
            context.Reply.Set(0);
            return;
        }
        long mark = context.Reply.BeginArray();
        long count = 0;
        EntryWalk walk = new(sets[0]);
        while (walk.MoveNext())
        {
            if (SetAlgebra.AllHave(sets, walk.Key))
            {
                walk.Key.Reply(context.Reply);
                count++;
            }
        }
        context.Reply.EndSet(mark, count);
    }

    private static void IntersectionCount(CommandContext context)
    {
        if (!context.TryInt64(1, out long keys, ReplyError.NumKeysNotPositive))
        {
            return;
        }
        if (keys < 1)
        {
            context.Reply.Error(ReplyError.NumKeysNotPositive);
            return;
        }
        if (keys > context.Count - 2)
        {
            context.Reply.Error(ReplyError.NumKeysTooMany);
            return;
        }
        if (!TryReadLimit(context, 2 + (int)keys, out long limit)
            || !TryFindAll(context, 2, (int)keys, out Record[] sets))
        {
            return;
        }
        long count = 0;
        if (SetAlgebra.TryOrderForIntersection(sets))
        {
            EntryWalk walk = new(sets[0]);
            while ((limit == 0 || count < limit) && walk.MoveNext())
            {
                count += SetAlgebra.AllHave(sets, walk.Key) ? 1 : 0;
            }
        }
        context.Reply.Integer(count);
    }

    private static bool TryReadLimit(CommandContext context, int first, out long limit)
    {
        limit = 0;
        for (int i = first; i < context.Count; i += 2)
        {
            if (!context.Is(i, "LIMIT"u8) || i + 1 == context.Count)
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
            if (!context.TryInt64(i + 1, out limit, ReplyError.LimitNegative))
            {
                return false;
            }
            if (limit < 0)
            {
                context.Reply.Error(ReplyError.LimitNegative);
                return false;
            }
        }
        return true;
    }

    private static void StoreIntersection(CommandContext context)
    {
        if (!TryFindAll(context, 2, context.Count - 2, out Record[] sets))
        {
            return;
        }
        using SetBuilder result = new(context.Database, context.Options.SetMaxIntsetEntries);
        if (SetAlgebra.TryOrderForIntersection(sets))
        {
            EntryWalk walk = new(sets[0]);
            while (walk.MoveNext())
            {
                if (SetAlgebra.AllHave(sets, walk.Key))
                {
                    result.Add(PackedText.Of(walk.Key));
                }
            }
        }
        StoreResult(context, result, "sinterstore"u8);
    }

    private static void Union(CommandContext context) => AnswerCombined(context, SetAlgebra.Unite);

    private static void StoreUnion(CommandContext context) => StoreCombined(context, SetAlgebra.Unite, "sunionstore"u8);

    private static void Difference(CommandContext context) => AnswerCombined(context, SetAlgebra.Subtract);

    private static void StoreDifference(CommandContext context) =>
        StoreCombined(context, SetAlgebra.Subtract, "sdiffstore"u8);

    private static void AnswerCombined(CommandContext context, Action<Record[], SetBuilder> combine)
    {
        if (TryFindAll(context, 1, context.Count - 1, out Record[] sets))
        {
            using SetBuilder result = new(context.Database, context.Options.SetMaxIntsetEntries);
            combine(sets, result);
            result.Reply(context.Reply);
        }
    }

    private static void StoreCombined(
        CommandContext context, Action<Record[], SetBuilder> combine, ReadOnlySpan<byte> eventName)
    {
        if (TryFindAll(context, 2, context.Count - 2, out Record[] sets))
        {
            using SetBuilder result = new(context.Database, context.Options.SetMaxIntsetEntries);
            combine(sets, result);
            StoreResult(context, result, eventName);
        }
    }

    /// <summary>Finds the sets of a range of arguments; a missing one is a record that does not exist.</summary>
    private static bool TryFindAll(CommandContext context, int first, int count, out Record[] sets)
    {
        sets = new Record[count];
        for (int i = 0; i < count; i++)
        {
            sets[i] = context.Database.Find(context[first + i], Lookup.Read);
            if (!context.IsTypeOrMissing(sets[i], ValueType.Set))
            {
                return false;
            }
        }
        return true;
    }

    private static void StoreResult(CommandContext context, SetBuilder result, ReadOnlySpan<byte> eventName)
    {
        ReadOnlySpan<byte> key = context[1];
        long count = result.Count;
        if (count > 0)
        {
            result.Store(key, context.Database.Find(key, Lookup.Write));
            context.Notify(NotifyEvents.Set, eventName, key);
            context.Dirty++;
        }
        else
        {
            context.DeleteTarget(key, context.Database.FindExpiredToo(key));
        }
        context.Reply.Integer(count);
    }
}
