using Tidelog.Engine.Values;

namespace Tidelog.Engine.Commands;

/// <summary>Unions, intersections and differences of sorted sets: Redis 7.0 t_zset.c.</summary>
internal static class SortedSetAlgebraCommands
{
    private const string Group = SortedSetCommands.Group;
    private const KeyFlags ReadKey = KeyFlags.ReadOnly | KeyFlags.Access;
    private const CommandFlags Read = CommandFlags.ReadOnly | CommandFlags.MovableKeys;
    private const CommandFlags Write = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys;
    private const string UnionCost = "O(N*log(N)), N members in all sets";
    private const string InterCost = "O(N*K)+O(M*log(M)), N members in the smallest of K sets, M in the result";
    private const string DiffCost = "O(N*K)+O(M*log(M)), N members in the first of K sets, M in the result";

    private enum Operation
    {
        Union,
        Inter,
        Diff,
        InterCount,
    }

    public static IEnumerable<Command> Table =>
    [
        new("zunion", -3, Read, AclCategories.SortedSet, context => Run(context, Operation.Union),
            KeySpec.Counted(1, ReadKey))
        {
            Docs = new("Answers the members that are in any of several sorted sets.", "6.2.0", Group, UnionCost,
                "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]"),
        },
        new("zinter", -3, Read, AclCategories.SortedSet, context => Run(context, Operation.Inter),
            KeySpec.Counted(1, ReadKey))
        {
            Docs = new("Answers the members that are in all of several sorted sets.", "6.2.0", Group, InterCost,
                "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]"),
        },
        new("zdiff", -3, Read, AclCategories.SortedSet, context => Run(context, Operation.Diff),
            KeySpec.Counted(1, ReadKey))
        {
            Docs = new("Answers the members of a sorted set that others do not have.", "6.2.0", Group, DiffCost,
                "numkeys key [key ...] [WITHSCORES]"),
        },
        new("zintercard", -3, Read, AclCategories.SortedSet, context => Run(context, Operation.InterCount),
            KeySpec.Counted(1, ReadKey))
        {
            Docs = new("Counts the members that are in all of several sorted sets.", "7.0.0", Group,
                "O(N*K), N members in the smallest of K sets", "numkeys key [key ...] [LIMIT limit]"),
        },
        new("zunionstore", -4, Write, AclCategories.SortedSet, context => Run(context, Operation.Union, destination: 1),
            KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update), KeySpec.Counted(2, ReadKey))
        {
            Docs = new("Stores the members that are in any of several sorted sets.", "2.0.0", Group, UnionCost,
                "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"),
        },
        new("zinterstore", -4, Write, AclCategories.SortedSet, context => Run(context, Operation.Inter, destination: 1),
            KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update), KeySpec.Counted(2, ReadKey))
        {
            Docs = new("Stores the members that are in all of several sorted sets.", "2.0.0", Group, InterCost,
                "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"),
        },
        new("zdiffstore", -4, Write, AclCategories.SortedSet, context => Run(context, Operation.Diff, destination: 1),
            KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update), KeySpec.Counted(2, ReadKey))
        {
            Docs = new("Stores the members of a sorted set that others do not have.", "6.2.0", Group, DiffCost,
                "destination numkeys key [key ...]"),
        },
    ];

    /// <param name="destination">Index of the key for the result, 0 to answer it.</param>
    private static void Run(CommandContext context, Operation operation, int destination = 0)
    {
        if (!SortedSetAlgebra.TryRead(context, operation == Operation.Diff, operation == Operation.InterCount,
            destination, out SortedSetAlgebra algebra))
        {
            return;
        }
        if (operation == Operation.InterCount)
        {
            context.Reply.Integer(algebra.CountCommon());
            return;
        }
        SortedSetBuilder result = new(context.Database);
        switch (operation)
        {
            case Operation.Union:
                algebra.Unite(result);
                break;
            case Operation.Inter:
                algebra.Intersect(result);
                break;
            default:
                algebra.Subtract(result);
                break;
        }
        if (destination > 0)
        {
            ReadOnlySpan<byte> name = operation switch
            {
                Operation.Union => "zunionstore"u8,
                Operation.Inter => "zinterstore"u8,
                _ => "zdiffstore"u8,
            };
            SortedSetRangeCommands.Store(context, result, name, destination);
            return;
        }
        SortedEntryReply.Begin(context.Reply, result.Count, algebra.WithScores);
        using ScoredMembers entries = result.InOrder();
        foreach (ref readonly ScoredMember entry in entries.Items)
        {
            SortedEntryReply.Add(context.Reply, entry.Member, entry.Score, algebra.WithScores);
        }
        result.Discard();
    }
}
