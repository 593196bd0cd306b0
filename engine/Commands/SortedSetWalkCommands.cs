using System.Globalization;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Members of sorted sets in no order: Redis 7.0 t_zset.c.</summary>
internal static class SortedSetWalkCommands
{
    private const string Group = SortedSetCommands.Group;
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;

    /// <summary>With a greater share of all wanted, a walk over all is quicker than single ranks.</summary>
    private const int RareShare = 3;

    /// <summary>Of a scan, for each member asked for: a sparse table must not make a call long.</summary>
    private const int StepsPerMember = 10;

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
        if (!context.TryInt64(2, out long number))
        {
            return;
        }
        if (number == long.MinValue)
        {
            context.Reply.Error(ReplyError.RandomCountOutOfRange);
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
            AnswerFew(context, record, (int)number, withScores);
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
        for (long i = 0; i < times; i++)
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

    private static void AnswerFew(CommandContext context, Record record, int wanted, bool withScores)
    {
        long count = SortedSets.Count(record);
        HashSet<long> ranks = new(wanted);
        while (ranks.Count < wanted)
        {
            long rank = context.Engine.Random.NextInt64(count);
            if (ranks.Add(rank))
            {
                Answer(context, record, rank, 1, withScores);
            }
        }
    }

    private static unsafe void Scan(CommandContext context)
    {
        if (!ScanCommands.TryCursor(context[2], out ulong cursor))
        {
            context.Reply.Error(ReplyError.InvalidCursor);
            return;
        }
        if (!SortedSetCommands.TryFind(context, 1, out Record record))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Array(2);
            context.Reply.BulkInteger(0);
            context.Reply.Array(0);
            return;
        }
        if (!TryScanOptions(context, out int pattern, out long wanted))
        {
            return;
        }

        if (record.Encoding == ValueEncoding.ListPack)
        {
            ScanAll(context, record, pattern);
        }
        else
        {
            ScanTable(context, &((SortedSetRoot*)record.Root)->Scores, cursor, pattern, wanted);
        }
    }

    private static void ScanAll(CommandContext context, Record record, int pattern)
    {
        context.Reply.Array(2);
        context.Reply.BulkInteger(0);
        long mark = context.Reply.BeginArray();
        long answered = 0;
        SortedEntries entries = SortedEntries.Of(record, 0, SortedSets.Count(record), isReversed: false);
        while (entries.MoveNext())
        {
            answered += AnswerScanned(context, pattern, entries.Member, entries.Score, isListPack: true);
        }
        context.Reply.EndArray(mark, answered);
    }

    private static unsafe void ScanTable(
        CommandContext context, HashTableState* table, ulong cursor, int pattern, long wanted)
    {
        // The cursor where this call ends is answered first, so the way is gone twice.
        ulong end = cursor;
        long visited = 0;
        long steps = wanted > long.MaxValue / StepsPerMember ? long.MaxValue : wanted * StepsPerMember;
        do
        {
            end = HashTable.Scan(table, end, out HashLeaf* first, out HashLeaf* second);
            visited += (first == null ? 0 : first->Entries) + (second == null ? 0 : second->Entries);
        }
        while (end != 0 && --steps > 0 && visited < wanted);

        context.Reply.Array(2);
        context.Reply.Bulk(end.ToString(CultureInfo.InvariantCulture));
        long mark = context.Reply.BeginArray();
        long answered = 0;
        do
        {
            cursor = HashTable.Scan(table, cursor, out HashLeaf* first, out HashLeaf* second);
            answered += AnswerScanned(context, pattern, first, table->Stride);
            answered += AnswerScanned(context, pattern, second, table->Stride);
        }
        while (cursor != end);
        context.Reply.EndArray(mark, answered);
    }

    private static unsafe long AnswerScanned(CommandContext context, int pattern, HashLeaf* leaf, int stride)
    {
        long answered = 0;
        HashLeafWalk walk = new(leaf, stride);
        while (walk.MoveNext())
        {
            answered += AnswerScanned(context, pattern, walk.Key, SortedScore.Read(walk.Value), isListPack: false);
        }
        return answered;
    }

    /// <summary>Answers an entry if its member matches.</summary>
    /// <returns>How many elements were answered.</returns>
    private static int AnswerScanned(
        CommandContext context, int pattern, Element member, double score, bool isListPack)
    {
        if (pattern > 0
            && !GlobPattern.Matches(context[pattern], member.Text(stackalloc byte[Element.ScratchLength])))
        {
            return 0;
        }
        member.Reply(context.Reply);

        // A list pack keeps whole numbers as digits, and they are answered so.
        if (isListPack && Math.Abs(score) <= long.MaxValue / 2 && Math.Floor(score) == score
            && !Doubles.IsNegativeZero(score))
        {
            context.Reply.BulkInteger((long)score);
        }
        else
        {
            Span<byte> text = stackalloc byte[Doubles.MaxLength];
            context.Reply.Bulk(text[..Doubles.Format(score, text)]);
        }
        return 2;
    }

    private static bool TryScanOptions(CommandContext context, out int pattern, out long count)
    {
        pattern = 0;
        count = 10;
        for (int i = 3; i < context.Count; i += 2)
        {
            if (i + 1 < context.Count && context.Is(i, "COUNT"u8))
            {
                if (!context.TryInt64(i + 1, out count))
                {
                    return false;
                }
            }
            else if (i + 1 < context.Count && context.Is(i, "MATCH"u8))
            {
                pattern = context[i + 1] is [(byte)'*'] ? 0 : i + 1;
                continue;
            }
            else
            {
                count = 0;
            }
            if (count < 1)
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }
}
