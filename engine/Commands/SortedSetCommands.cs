using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Single members of sorted sets: Redis 7.0 t_zset.c.</summary>
internal static class SortedSetCommands
{
    internal const string Group = "sorted-set";
    private const CommandFlags Read = CommandFlags.ReadOnly | CommandFlags.Fast;
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;

    public static IEnumerable<Command> Table =>
    [
        new("zadd", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.SortedSet, Add,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Adds members with their scores to a sorted set, or changes the scores of those it has.",
                "1.2.0", Group, "O(log(N)) for each member, N members in the set",
                "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]"),
        },
        new("zincrby", 4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.SortedSet,
            IncrementBy, KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update))
        {
            Docs = new("Adds to the score of a member, which is 0 if it is new.", "1.2.0", Group,
                "O(log(N)), N members in the set", "key increment member"),
        },
        new("zrem", -3, CommandFlags.Write | CommandFlags.Fast, AclCategories.SortedSet, Remove,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Docs = new("Removes members from a sorted set.", "1.2.0", Group,
                "O(log(N)) for each member, N members in the set", "key member [member ...]"),
        },
        new("zscore", 3, Read, AclCategories.SortedSet, Score, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the score of a member.", "1.2.0", Group, "O(1)", "key member"),
        },
        new("zmscore", -3, Read, AclCategories.SortedSet, Scores, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the scores of several members.", "6.2.0", Group, "O(N), N members asked for",
                "key member [member ...]"),
        },
        new("zcard", 2, Read, AclCategories.SortedSet, Cardinality, KeySpec.Key(1, KeyFlags.ReadOnly))
        {
            Docs = new("Answers how many members a sorted set has.", "1.2.0", Group, "O(1)", "key"),
        },
        new("zrank", 3, Read, AclCategories.SortedSet, Rank, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers how many members come before one.", "2.0.0", Group,
                "O(log(N)), N members in the set", "key member"),
        },
        new("zrevrank", 3, Read, AclCategories.SortedSet, ReversedRank, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers how many members come after one.", "2.0.0", Group,
                "O(log(N)), N members in the set", "key member"),
        },
    ];

    /// <summary>
    /// Finds the sorted set that a command reads; answers the error if the key holds something else. What is answered
    /// if there is none is the caller's.
    /// </summary>
    internal static bool TryFind(CommandContext context, int key, out Record record)
    {
        record = context.Database.Find(context[key], Lookup.Read);
        return context.IsTypeOrMissing(record, ValueType.SortedSet);
    }

    private static void Add(CommandContext context) => Add(context, AddOptions.None);

    private static void IncrementBy(CommandContext context) => Add(context, AddOptions.Increment);

    private static void Add(CommandContext context, AddOptions options)
    {
        int first = 2;
        while (first < context.Count && TryTakeOption(context, first, ref options))
        {
            first++;
        }
        int pairs = (context.Count - first) / 2;
        if (pairs == 0 || first + (2 * pairs) != context.Count)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        if (!AreCompatible(context, options, pairs))
        {
            return;
        }

        // All scores are read before the first is used: the command is done whole or not at all.
        double score = 0;
        for (int i = first; i < context.Count; i += 2)
        {
            if (!Doubles.TryParse(context[i], out score))
            {
                context.Reply.Error(ReplyError.NotAFloat);
                return;
            }
        }
        SortedSetAddition addition = new(context, options);
        if (!addition.TryOpen(out bool isMissing))
        {
            return;
        }
        if (isMissing)
        {
            addition.Create(context[first + 1], RoomFor(context, first));
        }
        for (int i = first; i < context.Count; i += 2)
        {
            if (pairs > 1)
            {
                _ = Doubles.TryParse(context[i], out score);
            }
            if (!addition.TryAdd(context[i + 1], score))
            {
                return;
            }
        }
        addition.Finish();
    }

    private static bool TryTakeOption(CommandContext context, int index, ref AddOptions options)
    {
        AddOptions option = context.Is(index, "NX"u8) ? AddOptions.OnlyNew
            : context.Is(index, "XX"u8) ? AddOptions.OnlyExisting
            : context.Is(index, "CH"u8) ? AddOptions.CountChanged
            : context.Is(index, "INCR"u8) ? AddOptions.Increment
            : context.Is(index, "GT"u8) ? AddOptions.OnlyGreater
            : context.Is(index, "LT"u8) ? AddOptions.OnlyLess
            : AddOptions.None;
        options |= option;
        return option != AddOptions.None;
    }

    private static bool AreCompatible(CommandContext context, AddOptions options, int pairs)
    {
        bool onlyNew = (options & AddOptions.OnlyNew) != 0;
        AddOptions comparison = options & (AddOptions.OnlyGreater | AddOptions.OnlyLess);
        if (onlyNew && (options & AddOptions.OnlyExisting) != 0)
        {
            context.Reply.Error(ReplyError.AddNxWithXx);
        }
        else if ((onlyNew && comparison != AddOptions.None)
            || comparison == (AddOptions.OnlyGreater | AddOptions.OnlyLess))
        {
            context.Reply.Error(ReplyError.AddComparisons);
        }
        else if ((options & AddOptions.Increment) != 0 && pairs > 1)
        {
            context.Reply.Error(ReplyError.AddIncrementPairs);
        }
        else
        {
            return true;
        }
        return false;
    }

    /// <summary>Bytes that all entries of a ZADD take in a pack, as far as a packed set can have them.</summary>
    private static int RoomFor(CommandContext context, int first)
    {
        int room = 0;
        long end = Math.Min(context.Count, first + (2 * context.Options.ZsetMaxListpackEntries));
        for (int i = first; i < end && room < PackedRecord.MaxRoom; i += 2)
        {
            _ = Doubles.TryParse(context[i], out double score);
            room += PackedSortedSet.SizeOf(new PackedText(context[i + 1]), score);
        }
        return room;
    }

    private static void Remove(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.SortedSet))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        SortedSetEditor set = new(context.Database, context.Options, context[1], record);
        long removed = 0;
        bool isDeleted = false;
        for (int i = 2; i < context.Count && !isDeleted; i++)
        {
            if (set.Remove(context[i]))
            {
                removed++;
                isDeleted = set.DeleteIfEmpty();
            }
        }
        context.NotifyRemoved(NotifyEvents.SortedSet, "zrem"u8, context[1], removed, isDeleted);
        context.Reply.Integer(removed);
    }

    private static void Score(CommandContext context)
    {
        if (!TryFind(context, 1, out Record record))
        {
            return;
        }
        AnswerScore(context, record, 2);
    }

    private static void Scores(CommandContext context)
    {
        if (!TryFind(context, 1, out Record record))
        {
            return;
        }
        context.Reply.Array(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            AnswerScore(context, record, i);
        }
    }

    private static void AnswerScore(CommandContext context, Record record, int member)
    {
        if (record.Exists && SortedSets.TryScore(record, context[member], out double score))
        {
            context.Reply.Double(score);
        }
        else
        {
            context.Reply.Null();
        }
    }

    private static void Cardinality(CommandContext context)
    {
        if (TryFind(context, 1, out Record record))
        {
            context.Reply.Integer(record.Exists ? SortedSets.Count(record) : 0);
        }
    }

    private static void Rank(CommandContext context) => Rank(context, isReversed: false);

    private static void ReversedRank(CommandContext context) => Rank(context, isReversed: true);

    private static void Rank(CommandContext context, bool isReversed)
    {
        if (!TryFind(context, 1, out Record record))
        {
            return;
        }
        if (record.Exists && SortedSets.TryRank(record, context[2], out long rank))
        {
            context.Reply.Integer(isReversed ? SortedSets.Count(record) - 1 - rank : rank);
        }
        else
        {
            context.Reply.Null();
        }
    }
}
