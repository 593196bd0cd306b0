using System.Globalization;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Where the memory is: Redis 7.0 object.c, with the names of its fields.</summary>
internal static class MemoryCommands
{
    private const string Group = "server";

    /// <summary>With less than this a report would only be about the empty server.</summary>
    private const long WorthReporting = 5 << 20;

    private static readonly string[] EveryShard =
        ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"];

    public static IEnumerable<Command> Table =>
    [
        new("memory", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("Holds the commands about memory.", "4.0.0", Group, "Depends on the subcommand", ""),
            Subcommands =
            [
                new("usage", -3, CommandFlags.ReadOnly, AclCategories.None, Usage, KeySpec.Key(2, KeyFlags.ReadOnly))
                {
                    Docs = new("Estimates the memory of a key and its value.", "4.0.0", Group, "O(N), N samples",
                        "key [SAMPLES count]")
                    {
                        Difference = "Tells the bytes of the record in Tidelog's log, fewer than redis needs. SAMPLES "
                            + "is checked and has no effect on strings.",
                    },
                },
                new("stats", 2, CommandFlags.None, AclCategories.None, Stats)
                {
                    Tips = EveryShard,
                    Docs = new("Tells how much memory is used for what.", "4.0.0", Group, "O(1)", "")
                    {
                        Difference = "The fields are the same, the figures are of Tidelog's own structures. "
                            + "`clients.*`, `lua.*`, `functions.*` and `aof.buffer` are 0.",
                    },
                },
                new("doctor", 2, CommandFlags.None, AclCategories.None, Doctor)
                {
                    Tips = EveryShard,
                    Docs = new("Reports problems with memory.", "4.0.0", Group, "O(1)", "")
                    {
                        Difference = "The findings are Tidelog's own: peak, dead records, limit.",
                    },
                },
                new("malloc-stats", 2, CommandFlags.None, AclCategories.None, MallocStats)
                {
                    Tips = EveryShard,
                    Docs = new("Tells the allocator's own figures where it has some.", "4.0.0", Group, "O(1)", "")
                    {
                        Difference = "Always says that the allocator has no figures.",
                    },
                },
                new("purge", 2, CommandFlags.None, AclCategories.None, Purge)
                {
                    Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
                    Docs = new("Gives free memory back.", "4.0.0", Group, "O(N), N bytes of dead records", "")
                    {
                        Difference = "Runs the cleaner over the log; redis asks its allocator.",
                    },
                },
                new("help", 2, CommandFlags.Loading | CommandFlags.Stale, AclCategories.None, Help)
                {
                    Docs = new("Lists the subcommands.", "4.0.0", Group, "O(1)", ""),
                },
            ],
        },
    ];

    private static void Usage(CommandContext context)
    {
        for (int i = 3; i < context.Count; i += 2)
        {
            if (!context.Is(i, "SAMPLES"u8) || i + 1 == context.Count)
            {
                context.Reply.Error(ReplyError.Syntax);
                return;
            }
            if (!context.TryInt64(i + 1, out long samples))
            {
                return;
            }
            if (samples < 0)
            {
                context.Reply.Error(ReplyError.Syntax);
                return;
            }
        }
        Record record = context.Database.FindExpiredToo(context[2]);
        if (record.Exists)
        {
            context.Reply.Integer(Database.MemoryUsage(record));
        }
        else
        {
            context.Reply.Null();
        }
    }

    private static void Stats(CommandContext context)
    {
        StorageEngine engine = context.Engine;
        KeySpace keyspace = engine.Keyspace;
        long used = engine.UsedMemory;
        long peak = Math.Max(engine.PeakMemory, used);
        long keys = keyspace.Count;
        long startup = engine.OutsideBytes;
        long overhead = startup + engine.CommandLog.Capacity + keyspace.OverheadBytes;
        long dataset = Math.Max(0, used - overhead);
        long resident = Math.Max(Environment.WorkingSet, 1);

        int filled = 0;
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            filled += keyspace[i].Count > 0 ? 1 : 0;
        }
        context.Reply.Map(27 + filled);
        Field(context, "peak.allocated", peak);
        Field(context, "total.allocated", used);
        Field(context, "startup.allocated", startup);
        Field(context, "replication.backlog", engine.CommandLog.Capacity);
        Field(context, "clients.slaves", 0);
        Field(context, "clients.normal", 0);
        Field(context, "cluster.links", 0);
        Field(context, "aof.buffer", 0);
        Field(context, "lua.caches", 0);
        Field(context, "functions.caches", 0);
        DatabaseFields(context);
        Field(context, "overhead.total", overhead);
        Field(context, "keys.count", keys);
        Field(context, "keys.bytes-per-key", keys == 0 ? 0 : (used - startup) / keys);
        Field(context, "dataset.bytes", dataset);
        Ratio(context, "dataset.percentage", 100.0 * dataset / Math.Max(1, used - startup));
        Ratio(context, "peak.percentage", 100.0 * used / Math.Max(1, peak));
        Field(context, "allocator.allocated", used);
        Field(context, "allocator.active", used);
        Field(context, "allocator.resident", resident);
        Ratio(context, "allocator-fragmentation.ratio", 1);
        Field(context, "allocator-fragmentation.bytes", 0);
        Ratio(context, "allocator-rss.ratio", (double)resident / Math.Max(1, used));
        Field(context, "allocator-rss.bytes", resident - used);
        Ratio(context, "rss-overhead.ratio", 1);
        Field(context, "rss-overhead.bytes", 0);
        Ratio(context, "fragmentation", (double)resident / Math.Max(1, used));
        Field(context, "fragmentation.bytes", resident - used);
    }

    private static void DatabaseFields(CommandContext context)
    {
        for (int i = 0; i < context.Keyspace.DatabaseCount; i++)
        {
            if (context.Keyspace[i].Store is Store store && store.Count > 0)
            {
                context.Reply.Bulk($"db.{i}");
                context.Reply.Map(3);
                Field(context, "overhead.hashtable.main", store.Index.AllocatedBytes);
                Field(context, "overhead.hashtable.expires", store.Expiring.AllocatedBytes);
                Field(context, "overhead.hashtable.slot-to-keys", 0);
            }
        }
    }

    private static void Field(CommandContext context, string name, long value)
    {
        context.Reply.Bulk(name);
        context.Reply.Integer(value);
    }

    private static void Ratio(CommandContext context, string name, double value)
    {
        context.Reply.Bulk(name);
        string text = value.ToString("G17", CultureInfo.InvariantCulture);
        if (context.Reply.Protocol == 3)
        {
            context.Reply.Raw(System.Text.Encoding.ASCII.GetBytes($",{text}\r\n"));
        }
        else
        {
            context.Reply.Bulk(text);
        }
    }

    private static void Doctor(CommandContext context)
    {
        StorageEngine engine = context.Engine;
        KeySpace keyspace = engine.Keyspace;
        long used = engine.UsedMemory;
        List<string> findings = [];
        if (keyspace.UsedBytes < WorthReporting)
        {
            findings.Add("There is next to nothing in memory, so there is nothing to report.");
        }
        else
        {
            if (engine.PeakMemory > used * 3 / 2)
            {
                findings.Add("Peak: more than 1.5 times the present memory was in use once. "
                    + "What is free since then may still be resident.");
            }
            if (keyspace.DeadBytes > keyspace.UsedBytes / 3)
            {
                findings.Add("Dead records: over a third of the keyspace's memory holds records replaced or deleted. "
                    + "The cleaner is behind; MEMORY PURGE hurries it.");
            }
            if (engine.Options.MaxMemory > 0 && used > engine.Options.MaxMemory)
            {
                findings.Add("Limit: more than maxmemory is in use.");
            }
            if (findings.Count == 0)
            {
                findings.Add("No problem with memory was found.");
            }
        }
        context.Reply.Verbatim("txt"u8, System.Text.Encoding.UTF8.GetBytes(string.Join('\n', findings) + "\n"));
    }

    private static void MallocStats(CommandContext context) =>
        context.Reply.Bulk("Stats not supported for the current allocator");

    private static void Purge(CommandContext context)
    {
        context.Keyspace.Clean(urgent: true, idle: true);
        KeySpace.ReturnMemory();
        context.Reply.Ok();
    }

    private static void Help(CommandContext context) => HelpReply.Write(context,
        "DOCTOR",
        "    Reports problems with memory.",
        "MALLOC-STATS",
        "    The allocator's own figures.",
        "PURGE",
        "    Gives free memory back.",
        "STATS",
        "    How much memory is used for what.",
        "USAGE <key> [SAMPLES <count>]",
        "    Memory of the key and its value, in bytes; nested values are estimated from <count> of them",
        "    (default 5, 0 for all).");
}
