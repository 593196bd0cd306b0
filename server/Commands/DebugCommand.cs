using System.Globalization;
using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using Tidelog.Server.Config;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Server.Commands;

/// <summary>
/// DEBUG: what tests need and operators should not. Redis 7.0 debug.c; what would crash the process on purpose is
/// refused.
/// </summary>
internal static class DebugCommand
{
    /// <summary>Redis builds the keys of POPULATE in a buffer of this size.</summary>
    private const int MaxPopulateKey = 127;

    private static readonly string[] HelpLines =
    [
        "CHANGE-REPL-ID",
        "    Begin a new replication history, as if the server were another one.",
        "DIGEST",
        "    A fingerprint of the whole dataset.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    A fingerprint of each value.",
        "ERROR <string>",
        "    Answer this error.",
        "GC-PAUSES [START|STOP]",
        "    How often and how long the runtime held up all threads since START.",
        "HTSTATS <dbid>",
        "    Sizes of a database's index.",
        "LOG <message>",
        "    Write a line into the server's log.",
        "OBJECT <key>",
        "    How a value is stored.",
        "PAUSE-CRON <0|1>",
        "    Stop periodic work, or go on with it.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Create <count> string keys that no replica gets to know.",
        "PROTOCOL <type>",
        "    Answer an example of a type: string, integer, double, bignum, null, array, set, map,",
        "    attrib, push, verbatim, true, false.",
        "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
        "    Save the dataset and load it again. NOSAVE loads the file as it is, NOFLUSH keeps the keys",
        "    that are there, and with MERGE those of the file replace them.",
        "REPLYBUFFER PEAK-RESET-TIME <NEVER||RESET|time>",
        "REPLYBUFFER RESIZING <0|1>",
        "    Accepted without effect.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    With 0, expired keys go only when they are asked for.",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    With 1, RESTORE and the loading of files do not look at checksums.",
        "SLEEP <seconds>",
        "    Stop the whole server for so long. Decimals allowed.",
        "TURNS ON <microseconds>|OFF|REPORT",
        "    Keep the turns of the event loop that take longer, and tell what their time went into.",
    ];

    private static readonly Subcommand[] Subcommands =
    [
        new("HELP", 2, 2, context => HelpReply.Write(context, HelpLines)),
        new("SLEEP", 3, 3, Sleep),
        new("LOG", 3, 3, Log),
        new("ERROR", 3, 3, Error),
        new("OBJECT", 3, 3, Describe),
        new("DIGEST", 2, 2, Digest),
        new("DIGEST-VALUE", 2, int.MaxValue, DigestValue),
        new("POPULATE", 3, 5, Populate),
        new("PROTOCOL", 3, 3, DebugProtocol.Reply),
        new("SET-ACTIVE-EXPIRE", 3, 3, SetActiveExpire),
        new("PAUSE-CRON", 3, 3, PauseCron),
        new("CHANGE-REPL-ID", 2, 2, ChangeReplicationId),
        new("HTSTATS", 3, 3, TableStatistics),
        new("HTSTATS-KEY", 3, 3, KeyTableStatistics),
        new("REPLYBUFFER", 4, 4, ReplyBuffer),
        new("TURNS", 3, 4, DebugTurns.Turns),
        new("GC-PAUSES", 2, 3, DebugTurns.GcPauses),
        new("QUICKLIST-PACKED-THRESHOLD", 3, 3, QuicklistThreshold),
        new("CLIENT-EVICTION", 2, 2, context => context.Reply.Error("ERR maxmemory-clients is disabled."u8)),
        new("RELOAD", 2, int.MaxValue, DebugReload.Reload),
        new("LOADAOF", 2, 2, context => Missing(context, "this version has no append-only file")),
        new("SET-DISABLE-DENY-SCRIPTS", 3, 3, WithoutEffect),
        new("SET-SKIP-CHECKSUM-VALIDATION", 3, 3, SkipChecksums),
        new("AOF-FLUSH-SLEEP", 3, 3, WithoutEffect),
        new("DROP-CLUSTER-PACKET-FILTER", 3, 3, WithoutEffect),
        new("LEAK", 3, 3, WithoutEffect),
        new("SEGFAULT", 2, int.MaxValue, Refuse),
        new("PANIC", 2, int.MaxValue, Refuse),
        new("ASSERT", 2, int.MaxValue, Refuse),
        new("OOM", 2, int.MaxValue, Refuse),
        new("RESTART", 2, int.MaxValue, Refuse),
        new("CRASH-AND-RECOVER", 2, int.MaxValue, Refuse),
    ];

    public static IEnumerable<Command> Table =>
    [
        new("debug", -2,
            CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Protected, AclCategories.None, Debug)
        {
            Docs = new("Holds commands for the tests of the server itself.", "1.0.0", "server",
                "Depends on subcommand.", "subcommand")
            {
                Difference = "What would crash the process is refused; LOADAOF is refused until there is an append-only"
                    + " file. A RELOAD that fails leaves the dataset as it was. Missing: CLUSTERLINK, "
                    + "CONFIG-REWRITE-FORCE-ALL, LISTPACK, MALLCTL, MALLCTL-STR, QUICKLIST, REPLICATE, SDSLEN, "
                    + "STRINGMATCH-TEST, STRUCTSIZE. OBJECT tells an address in the log, and a length before "
                    + "compression. TURNS and GC-PAUSES are ours.",
            },
        },
    ];

    private static void Debug(CommandContext context)
    {
        foreach (Subcommand subcommand in Subcommands)
        {
            bool fits = context.Count >= subcommand.MinCount && context.Count <= subcommand.MaxCount;
            if (fits && context.Is(1, subcommand.Name))
            {
                subcommand.Run(context);
                return;
            }
        }
        HelpReply.Refuse(context);
    }

    private static void WithoutEffect(CommandContext context) => context.Reply.Ok();

    private static void Refuse(CommandContext context) =>
        context.Reply.Error($"ERR DEBUG {ReplyText.Of(context[1]).ToUpperInvariant()} is not supported by this server");

    private static void Missing(CommandContext context, string reason) =>
        context.Reply.Error($"ERR DEBUG {ReplyText.Of(context[1]).ToUpperInvariant()} is not available yet: {reason}");

    /// <summary>C's atoi: what does not begin with a number is zero.</summary>
    private static bool IsOn(CommandContext context, int index)
    {
        string text = ReplyText.Of(context[index]).TrimStart();
        int digits = text.StartsWith('-') || text.StartsWith('+') ? 1 : 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            if (text[digits++] != '0')
            {
                return true;
            }
        }
        return false;
    }

    private static void Sleep(CommandContext context)
    {
        string text = ReplyText.Of(context[2]);
        _ = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds);
        if (seconds > 0)
        {
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
        }
        context.Reply.Ok();
    }

    private static void Log(CommandContext context)
    {
        TidelogServer.Of(context).Log.Warning($"DEBUG LOG: {ConfigText.ToPath(ReplyText.Of(context[2]))}");
        context.Reply.Ok();
    }

    /// <summary>As in redis, an error made for a test is not counted as one.</summary>
    private static void Error(CommandContext context)
    {
        context.Reply.Raw("-"u8);
        context.Reply.Raw(Encoding.Latin1.GetBytes(ReplyText.Of(context[2]).Replace('\r', ' ').Replace('\n', ' ')));
        context.Reply.Raw("\r\n"u8);
    }

    private static void Describe(CommandContext context)
    {
        Record record = context.Database.Find(context[2], Lookup.NoTouch | Lookup.NoStats);
        if (!record.Exists)
        {
            context.Reply.Error(ReplyError.NoSuchKey);
            return;
        }
        DebugObject about = new(record, context.Options);
        long idle = AccessClock.IdleSeconds(record.AccessInfo, context.NowMs);
        string text = $"Value at:0x{record.Address:x} refcount:{about.ReferenceCount} encoding:{about.Encoding} "
            + $"serializedlength:{about.SerializedLength} lru:{record.AccessInfo} lru_seconds_idle:{idle}";
        context.Reply.SimpleString(Encoding.ASCII.GetBytes(text));
    }

    private static void Digest(CommandContext context)
    {
        Span<byte> digest = stackalloc byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(context.Keyspace, digest);
        context.Reply.SimpleString(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest)));
    }

    private static void DigestValue(CommandContext context)
    {
        Span<byte> digest = stackalloc byte[DatasetDigest.Length];
        context.Reply.Array(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            digest.Clear();
            Record record = context.Database.Find(context[i], Lookup.NoTouch | Lookup.NoStats);
            if (record.Exists)
            {
                DatasetDigest.OfValue(record, digest);
            }
            context.Reply.SimpleString(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest)));
        }
    }

    private static void Populate(CommandContext context)
    {
        long size = 0;
        if (!TryCount(context, 2, out long count) || (context.Count == 5 && !TryCount(context, 4, out size)))
        {
            return;
        }
        string prefix = context.Count == 3 ? "key" : ReplyText.Of(context[3]);
        Database database = context.Database;
        for (long i = 0; i < count; i++)
        {
            byte[] key = Encoding.Latin1.GetBytes($"{prefix}:{i}");
            ReadOnlySpan<byte> name = key.AsSpan(0, Math.Min(key.Length, MaxPopulateKey));
            Record record = database.Find(name, Lookup.Write);
            if (record.Exists)
            {
                continue;
            }
            byte[] text = Encoding.ASCII.GetBytes($"value:{i}");
            int length = size == 0 ? text.Length : checked((int)size);
            ValueEncoding encoding = length <= Database.EmbeddedStringLimit ? ValueEncoding.EmbStr : ValueEncoding.Raw;
            Span<byte> value = database.Put(name, record, ValueType.String, encoding, length).MutableBytes;
            value.Clear();
            text.AsSpan(0, Math.Min(text.Length, length)).CopyTo(value);
        }
        context.Reply.Ok();
    }

    private static bool TryCount(CommandContext context, int index, out long count)
    {
        bool known = Numbers.TryParseInt64(context[index], out count) && count is >= 0 and <= int.MaxValue;
        if (!known)
        {
            context.Reply.Error(ReplyError.MustBePositive);
        }
        return known;
    }

    private static void SetActiveExpire(CommandContext context)
    {
        context.Keyspace.ActiveExpiry = IsOn(context, 2);
        context.Reply.Ok();
    }

    private static void SkipChecksums(CommandContext context)
    {
        context.Engine.SkipsChecksums = IsOn(context, 2);
        context.Reply.Ok();
    }

    private static void PauseCron(CommandContext context)
    {
        TidelogServer.Of(context).IsCronPaused = IsOn(context, 2);
        context.Reply.Ok();
    }

    private static void ChangeReplicationId(CommandContext context)
    {
        TidelogServer server = TidelogServer.Of(context);
        server.Log.Warning("Changing replication IDs after receiving DEBUG change-repl-id");
        server.ChangeReplicationId();
        context.Reply.Ok();
    }

    private static void TableStatistics(CommandContext context)
    {
        if (!context.TryInt64(2, out long index))
        {
            return;
        }
        if (index < 0 || index >= context.Keyspace.DatabaseCount)
        {
            context.Reply.Error("ERR Out of range database"u8);
            return;
        }
        Database database = context.Keyspace[(int)index];
        string text = "[Dictionary HT]\n" + Table(database.BucketCount, database.Count)
            + "[Expires HT]\n" + Table(database.BucketCount, database.ExpiringCount);
        context.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(text));

        static string Table(long buckets, long count) => "Hash table 0 stats (main hash table):\n" + (count == 0
            ? "No stats available for empty dictionaries\n"
            : $" table size: {buckets}\n number of elements: {count}\n");
    }

    private static void KeyTableStatistics(CommandContext context)
    {
        bool exists = context.Database.Find(context[2], Lookup.NoTouch | Lookup.NoStats).Exists;
        context.Reply.Error(exists
            ? "ERR The value stored at the specified key is not represented using an hash table"u8
            : ReplyError.NoSuchKey);
    }

    /// <summary>Reply buffers belong to the event loop here, so there is nothing to resize.</summary>
    private static void ReplyBuffer(CommandContext context)
    {
        if (context.Is(2, "PEAK-RESET-TIME"u8))
        {
            if (!context.Is(3, "NEVER"u8) && !context.Is(3, "RESET"u8) && !context.TryInt64(3, out _))
            {
                return;
            }
        }
        else if (!context.Is(2, "RESIZING"u8))
        {
            HelpReply.Refuse(context);
            return;
        }
        context.Reply.Ok();
    }

    private static void QuicklistThreshold(CommandContext context)
    {
        // 4 GB less what redis adds to a node; nothing is stored in such nodes yet.
        const ulong Limit = (1UL << 32) - (1 << 20);
        if (ConfigNumber.TryParseMemory(ReplyText.Of(context[2]), out ulong bytes) && bytes <= Limit)
        {
            context.Reply.Ok();
        }
        else
        {
            context.Reply.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"u8);
        }
    }

    /// <param name="MinCount">Arguments, the command's name included.</param>
    private sealed record Subcommand(string Text, int MinCount, int MaxCount, Action<CommandContext> Run)
    {
        public byte[] Name { get; } = Encoding.ASCII.GetBytes(Text);
    }
}
