using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Databases as a whole: Redis 7.0 db.c.</summary>
internal static class DatabaseCommands
{
    private static readonly string[] OnAllShards = ["request_policy:all_shards", "response_policy:all_succeeded"];

    public static IEnumerable<Command> Table =>
    [
        new("select", 2, CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, AclCategories.Connection,
            Select)
        {
            Docs = new("Chooses the database for the connection's commands.", "1.0.0", "connection", "O(1)", "index"),
        },
        new("swapdb", 3, CommandFlags.Write | CommandFlags.Fast, AclCategories.Keyspace | AclCategories.Dangerous, Swap)
        {
            Docs = new("Exchanges the contents of two databases.", "4.0.0", "server", "O(1)", "index1 index2"),
        },
        new("dbsize", 1, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.Keyspace, Size)
        {
            Tips = ["request_policy:all_shards", "response_policy:agg_sum"],
            Docs = new("Counts the keys of the chosen database.", "1.0.0", "server", "O(1)", ""),
        },
        new("flushdb", -1, CommandFlags.Write, AclCategories.Keyspace | AclCategories.Dangerous, FlushOne)
        {
            Tips = OnAllShards,
            Docs = new("Deletes all keys of the chosen database.", "1.0.0", "server",
                "O(1), and O(N) to free N keys' memory", "[ASYNC | SYNC]"),
        },
        new("flushall", -1, CommandFlags.Write, AclCategories.Keyspace | AclCategories.Dangerous, FlushAll)
        {
            Tips = OnAllShards,
            Docs = new("Deletes all keys of all databases.", "1.0.0", "server", "O(1), and O(N) to free N keys' memory",
                "[ASYNC | SYNC]"),
        },
    ];

    /// <summary>The database whose number an argument is; answers the error itself when there is none.</summary>
    public static bool TryDatabase(CommandContext context, int argument, out Database database)
    {
        database = context.Database;
        if (!context.TryInt64(argument, out long index))
        {
            return false;
        }
        if (index is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error(ReplyError.OutOfInt32);
            return false;
        }
        return TryDatabase(context, index, out database);
    }

    private static bool TryDatabase(CommandContext context, long index, out Database database)
    {
        if (index < 0 || index >= context.Keyspace.DatabaseCount)
        {
            database = context.Database;
            context.Reply.Error(ReplyError.DatabaseOutOfRange);
            return false;
        }
        database = context.Keyspace[(int)index];
        return true;
    }

    private static void Select(CommandContext context)
    {
        if (TryDatabase(context, 1, out Database database))
        {
            context.Session.Database = database;
            context.Reply.Ok();
        }
    }

    private static void Swap(CommandContext context)
    {
        if (!TryIndex(context, 1, ReplyError.InvalidFirstDatabase, out long first)
            || !TryIndex(context, 2, ReplyError.InvalidSecondDatabase, out long second)
            || !TryDatabase(context, first, out Database _)
            || !TryDatabase(context, second, out Database _))
        {
            return;
        }
        if (first != second)
        {
            context.Keyspace.Swap((int)first, (int)second);
        }
        context.Dirty++;
        context.Reply.Ok();
    }

    private static bool TryIndex(CommandContext context, int argument, ReadOnlySpan<byte> error, out long index)
    {
        if (!context.TryInt64(argument, out index, error))
        {
            return false;
        }
        if (index is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error(error);
            return false;
        }
        return true;
    }

    private static void Size(CommandContext context) => context.Reply.Integer(context.Database.Count);

    private static void FlushOne(CommandContext context)
    {
        if (TryFlushMode(context, out bool inBackground))
        {
            EndFlush(context, context.Keyspace.Flush(context.Database, inBackground));
        }
    }

    private static void FlushAll(CommandContext context)
    {
        if (!TryFlushMode(context, out bool inBackground))
        {
            return;
        }
        long count = 0;
        for (int i = 0; i < context.Keyspace.DatabaseCount; i++)
        {
            count += context.Keyspace.Flush(context.Keyspace[i], inBackground);
        }
        EndFlush(context, count);
        context.Engine.DatasetFlushed(context);
    }

    private static bool TryFlushMode(CommandContext context, out bool inBackground)
    {
        inBackground = context.Options.LazyFreeUserFlush;
        if (context.Count == 1)
        {
            return true;
        }
        inBackground = context.Is(1, "ASYNC"u8);
        if (context.Count == 2 && (inBackground || context.Is(1, "SYNC"u8)))
        {
            return true;
        }
        context.Reply.Error(ReplyError.Syntax);
        return false;
    }

    private static void EndFlush(CommandContext context, long count)
    {
        if (count == 0)
        {
            // Nothing changed here, yet a replica may hold keys that this master has not: it is told all the same.
            context.Effects.AppendUnchanged(context);
        }
        context.Dirty += count;
        context.Reply.Ok();
    }
}
