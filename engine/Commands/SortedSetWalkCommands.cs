using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Members of sorted sets in no order: Redis 7.0 t_zset.c.</summary>
internal static unsafe class SortedSetWalkCommands
{
    private const string Group = SortedSetCommands.Group;
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;

    /// <summary>With a greater share of all wanted, a walk over all is quicker than single ranks.</summary>
    private const int RareShare = 3;

    public static IEnumerable<Command> Table =>
    [
        new("zrandmember", -2, CommandFlags.ReadOnly, AclCategories.SortedSet, RandomMember, KeySpec.Key(1, ReadKey))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Answers members that are chosen at random.", "6.2.0", Group, "O(N), N members answered",
                "key [count [WITHSCORES]]"),
        },
        new("zscan", -3, CommandFlags.ReadOnly, AclCategories.SortedSet, Scan, KeySpec.Key(1, ReadKey))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Walks over the members of a sorted set, some at each call.", "2.8.0", Group,
                "O(1) a call, O(N) for all of N members", "key cursor [MATCH pattern] [COUNT count]")
            {
                Difference = "Cursors are other numbers and the order of the members is another; the guarantees are "
                    + "the same.",
            },
        },
    ];

    private static void RandomMember(CommandContext context)
    {
        if (context.Count > 2)
        {
            RandomMembers(context);
            return;
        }
        if (!SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Null();
            return;
        }
        long rank = context.Engine.Random.NextInt64(SortedSets.Count(record));
        SortedEntries entries = SortedEntries.Of(record, rank, 1, isReversed: false);
        entries.MoveNext();
        entries.Member.Reply(context.Reply);
    }

    private static void RandomMembers(CommandContext context)
    {
        if (!RandomEntries.TryReadCount(context, 2, out long number))
        {
            return;
        }
        bool withScores = context.Count == 4 && context.Is(3, "WITHSCORES"u8);
        if (context.Count > 3 && !withScores)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        if (withScores && Math.Abs(number) > long.MaxValue / 2)
        {
            context.Reply.Error(ReplyError.OutOfRange);
            return;
        }
        if (!SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        if (!record.Exists || number == 0)
        {
            context.Reply.Array(0);
            return;
        }
        long count = SortedSets.Count(record);
        SortedEntryReply.Begin(context.Reply, number < 0 ? -number : Math.Min(number, count), withScores);
        if (number < 0)
        {
            AnswerAnyTimes(context, record, -number, withScores);
        }
        else if (number >= count)
        {
            Answer(context, record, 0, count, withScores);
        }
        else if (number * RareShare > count)
        {
            AnswerShare(context, record, number, withScores);
        }
        else
        {
            AnswerFew(context, record, number, withScores);
        }
    }

    /// <summary>Entries from the end backwards, as redis walks over all of a set.</summary>
    private static void Answer(CommandContext context, Record record, long rank, long count, bool withScores)
    {
        SortedEntries entries = SortedEntries.Of(record, rank, count, isReversed: true);
        while (entries.MoveNext())
        {
            SortedEntryReply.Add(context.Reply, entries.Member, entries.Score, withScores);
        }
    }

    private static void AnswerAnyTimes(CommandContext context, Record record, long times, bool withScores)
    {
        long count = SortedSets.Count(record);
        for (long left = times; left > 0 && !RandomEntries.IsTooMuch(context, left); left--)
        {
            Answer(context, record, context.Engine.Random.NextInt64(count), 1, withScores);
        }
    }

    /// <summary>Goes over all, and takes each with the chance that makes all choices equally likely.</summary>
    private static void AnswerShare(CommandContext context, Record record, long wanted, bool withScores)
    {
        long left = SortedSets.Count(record);
        SortedEntries entries = SortedEntries.Of(record, 0, left, isReversed: true);
        while (wanted > 0 && entries.MoveNext())
        {
            if (context.Engine.Random.NextInt64(left--) < wanted)
            {
                SortedEntryReply.Add(context.Reply, entries.Member, entries.Score, withScores);
                wanted--;
            }
        }
    }

    private static void AnswerFew(CommandContext context, Record record, long wanted, bool withScores)
    {
        long count = SortedSets.Count(record);
        ValueHeap heap = context.Database.Values;
        HeapValue* ranks = HashTable.New(heap, 1);
        while (ranks->Count < wanted)
        {
            long rank = context.Engine.Random.NextInt64(count);
            if (HashTable.Add(HashTable.StateOf(ranks), new PackedText(rank), heap, ranks))
            {
                Answer(context, record, rank, 1, withScores);
            }
        }
        context.Database.FreeTemporary(ranks);
    }

    private static void Scan(CommandContext context) => CollectionScan.Run(context, ValueType.SortedSet);
}
