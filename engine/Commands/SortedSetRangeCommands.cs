using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Ranges of sorted sets by rank, score or member: Redis 7.0 t_zset.c.</summary>
internal static class SortedSetRangeCommands
{
    private const string Group = SortedSetCommands.Group;
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;
    private const KeyFlags RemoveKey = KeyFlags.ReadWrite | KeyFlags.Delete;
    private const string RangeCost = "O(log(N)+M), N members in the set, M answered";
    private const string RemoveCost = "O(log(N)+M), N members in the set, M removed";

    public static IEnumerable<Command> Table =>
    [
        new("zrange", -4, CommandFlags.ReadOnly, AclCategories.SortedSet, Range, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers members by rank, score or name.", "1.2.0", Group, RangeCost,
                "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]"),
        },
        new("zrangestore", -5, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.SortedSet, RangeStore,
            KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update), KeySpec.Key(2, ReadKey))
        {
            Docs = new("Stores members by rank, score or name as another sorted set.", "6.2.0", Group,
                "O(log(N)+M*log(M)), N members in the set, M stored",
                "destination source min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]"),
        },
        new("zrevrange", -4, CommandFlags.ReadOnly, AclCategories.SortedSet, ReversedRange, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers members by rank, counted from the highest score.", "1.2.0", Group, RangeCost,
                "key start stop [WITHSCORES]"),
        },
        new("zrangebyscore", -4, CommandFlags.ReadOnly, AclCategories.SortedSet, RangeByScore,
            KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the members within a range of scores.", "1.0.5", Group, RangeCost,
                "key min max [WITHSCORES] [LIMIT offset count]"),
        },
        new("zrevrangebyscore", -4, CommandFlags.ReadOnly, AclCategories.SortedSet, ReversedRangeByScore,
            KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the members within a range of scores, from the highest down.", "2.2.0", Group,
                RangeCost, "key max min [WITHSCORES] [LIMIT offset count]"),
        },
        new("zrangebylex", -4, CommandFlags.ReadOnly, AclCategories.SortedSet, RangeByLex, KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the members within a range of names, when all scores are the same.", "2.8.9", Group,
                RangeCost, "key min max [LIMIT offset count]"),
        },
        new("zrevrangebylex", -4, CommandFlags.ReadOnly, AclCategories.SortedSet, ReversedRangeByLex,
            KeySpec.Key(1, ReadKey))
        {
            Docs = new("Answers the members within a range of names from the last back, when all scores are the same.",
                "2.8.9", Group, RangeCost, "key max min [LIMIT offset count]"),
        },
        new("zcount", 4, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.SortedSet, CountByScore,
            KeySpec.Key(1, ReadKey))
        {
            Docs = new("Counts the members within a range of scores.", "2.0.0", Group,
                "O(log(N)), N members in the set", "key min max"),
        },
        new("zlexcount", 4, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.SortedSet, CountByLex,
            KeySpec.Key(1, ReadKey))
        {
            Docs = new("Counts the members within a range of names, when all scores are the same.", "2.8.9", Group,
                "O(log(N)), N members in the set", "key min max"),
        },
        new("zremrangebyrank", 4, CommandFlags.Write, AclCategories.SortedSet, RemoveByRank,
            KeySpec.Key(1, RemoveKey))
        {
            Docs = new("Removes members by rank.", "2.0.0", Group, RemoveCost, "key start stop"),
        },
        new("zremrangebyscore", 4, CommandFlags.Write, AclCategories.SortedSet, RemoveByScore,
            KeySpec.Key(1, RemoveKey))
        {
            Docs = new("Removes the members within a range of scores.", "1.2.0", Group, RemoveCost, "key min max"),
        },
        new("zremrangebylex", 4, CommandFlags.Write, AclCategories.SortedSet, RemoveByLex, KeySpec.Key(1, RemoveKey))
        {
            Docs = new("Removes the members within a range of names, when all scores are the same.", "2.8.9", Group,
                RemoveCost, "key min max"),
        },
    ];

    private static void Range(CommandContext context) => Answer(context, new RangeRequest());

    private static void ReversedRange(CommandContext context) =>
        Answer(context, new RangeRequest { Kind = RangeKind.Rank, IsReversed = true });

    private static void RangeByScore(CommandContext context) =>
        Answer(context, new RangeRequest { Kind = RangeKind.Score, IsReversed = false });

    private static void ReversedRangeByScore(CommandContext context) =>
        Answer(context, new RangeRequest { Kind = RangeKind.Score, IsReversed = true });

    private static void RangeByLex(CommandContext context) =>
        Answer(context, new RangeRequest { Kind = RangeKind.Lex, IsReversed = false });

    private static void ReversedRangeByLex(CommandContext context) =>
        Answer(context, new RangeRequest { Kind = RangeKind.Lex, IsReversed = true });

    private static void Answer(CommandContext context, RangeRequest request)
    {
        if (!request.TryRead(context, source: 1, isStored: false, out SortedSetRange range)
            || !SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Array(0);
            return;
        }
        SortedEntries entries = request.Entries(context, record, range, out long count);
        SortedEntryReply.Begin(context.Reply, count, request.WithScores);
        while (entries.MoveNext())
        {
            SortedEntryReply.Add(context.Reply, entries.Member, entries.Score, request.WithScores);
        }
    }

    private static void RangeStore(CommandContext context)
    {
        RangeRequest request = new();
        if (!request.TryRead(context, source: 2, isStored: true, out SortedSetRange range)
            || !SortedSetCommands.TryFind(context, 2, out Record record))
        {
            return;
        }
        SortedSetBuilder result = new(context.Database);
        if (record.Exists)
        {
            SortedEntries entries = request.Entries(context, record, range, out _);
            while (entries.MoveNext())
            {
                result.Set(PackedText.Of(entries.Member), entries.Score);
            }
        }
        Store(context, result, "zrangestore"u8);
    }

    /// <summary>Ends a command that stores its result, and answers how many entries it has.</summary>
    /// <param name="dirtyPerEntry">Each entry counts as a change, and not all of them as one.</param>
    internal static void Store(
        CommandContext context, SortedSetBuilder result, ReadOnlySpan<byte> name, int key = 1,
        bool dirtyPerEntry = false)
    {
        Record existing = context.Database.Find(context[key], Lookup.Write);
        long count = result.Count;
        context.Reply.Integer(count);
        if (count > 0)
        {
            result.Store(context.Options, context[key], existing);
            context.Notify(NotifyEvents.SortedSet, name, context[key]);
            context.Dirty += dirtyPerEntry ? count : 1;
            return;
        }
        result.Discard();
        context.DeleteTarget(context[key], existing);
    }

    private static void CountByScore(CommandContext context) => Count(context, RangeKind.Score);

    private static void CountByLex(CommandContext context) => Count(context, RangeKind.Lex);

    private static void Count(CommandContext context, RangeKind kind)
    {
        if (SortedSetRange.TryRead(context, kind, 2, 3, out SortedSetRange range)
            && SortedSetCommands.TryFind(context, 1, out Record record))
        {
            context.Reply.Integer(record.Exists ? range.Find(context, record, isReversed: false).Count : 0);
        }
    }

    private static void RemoveByRank(CommandContext context) =>
        Remove(context, RangeKind.Rank, "zremrangebyrank"u8);

    private static void RemoveByScore(CommandContext context) =>
        Remove(context, RangeKind.Score, "zremrangebyscore"u8);

    private static void RemoveByLex(CommandContext context) => Remove(context, RangeKind.Lex, "zremrangebylex"u8);

    private static void Remove(CommandContext context, RangeKind kind, ReadOnlySpan<byte> name)
    {
        if (!SortedSetRange.TryRead(context, kind, 2, 3, out SortedSetRange range))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.SortedSet))
        {
            return;
        }
        long removed = 0;
        if (record.Exists)
        {
            (long first, removed) = range.Find(context, record, isReversed: false);
            SortedSetEditor set = new(context.Database, context.Options, context[1], record);
            set.RemoveRange(first, removed);
            context.NotifyRemoved(NotifyEvents.SortedSet, name, context[1], removed, set.DeleteIfEmpty());
        }
        context.Reply.Integer(removed);
    }

    /// <summary>What ZRANGE and its older forms ask for.</summary>
    private struct RangeRequest
    {
        private long _offset;
        private long _limit;

        /// <summary>Null to be given by an option.</summary>
        public RangeKind? Kind;

        /// <inheritdoc cref="Kind"/>
        public bool? IsReversed;

        public bool WithScores { get; private set; }

        /// <summary>Reads the arguments from the source's key on; answers the error itself.</summary>
        public bool TryRead(CommandContext context, int source, bool isStored, out SortedSetRange range)
        {
            range = default;
            _limit = -1;
            RangeKind? kind = Kind;
            bool? isReversed = IsReversed;
            for (int i = source + 3; i < context.Count; i++)
            {
                if (!isStored && context.Is(i, "WITHSCORES"u8))
                {
                    WithScores = true;
                }
                else if (context.Is(i, "LIMIT"u8) && i + 2 < context.Count)
                {
                    if (!context.TryInt64(i + 1, out _offset) || !context.TryInt64(i + 2, out _limit))
                    {
                        return false;
                    }
                    i += 2;
                }
                else if (isReversed is not true && IsReversed is null && context.Is(i, "REV"u8))
                {
                    isReversed = true;
                }
                else if (kind is null && context.Is(i, "BYLEX"u8))
                {
                    kind = RangeKind.Lex;
                }
                else if (kind is null && context.Is(i, "BYSCORE"u8))
                {
                    kind = RangeKind.Score;
                }
                else
                {
                    context.Reply.Error(ReplyError.Syntax);
                    return false;
                }
            }
            Kind = kind ?? RangeKind.Rank;
            IsReversed = isReversed ?? false;
            return IsConsistent(context) && TryReadBounds(context, source, out range);
        }

        /// <summary>The entries that the request asks for, and their number.</summary>
        public readonly SortedEntries Entries(
            CommandContext context, Record record, in SortedSetRange range, out long count)
        {
            bool isReversed = IsReversed == true;
            (long first, count) = range.Find(context, record, isReversed);
            if (Kind != RangeKind.Rank)
            {
                // A negative offset leads past the end, a negative limit is none.
                long skipped = _offset < 0 ? count : Math.Min(_offset, count);
                first += skipped;
                count -= skipped;
                count = _limit < 0 ? count : Math.Min(_limit, count);
            }
            return SortedEntries.Of(record, count == 0 ? 0 : first, count, isReversed);
        }

        private readonly bool IsConsistent(CommandContext context)
        {
            if (_limit != -1 && Kind == RangeKind.Rank)
            {
                context.Reply.Error(ReplyError.LimitByRank);
                return false;
            }
            if (WithScores && Kind == RangeKind.Lex)
            {
                context.Reply.Error(ReplyError.WithScoresByLex);
                return false;
            }
            return true;
        }

        private readonly bool TryReadBounds(CommandContext context, int source, out SortedSetRange range)
        {
            bool isSwapped = IsReversed == true && Kind != RangeKind.Rank;
            return SortedSetRange.TryRead(context, Kind!.Value, source + (isSwapped ? 2 : 1),
                source + (isSwapped ? 1 : 2), out range);
        }
    }
}
