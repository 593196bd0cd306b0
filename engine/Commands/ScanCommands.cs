using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Keys that are not named but found: Redis 7.0 db.c.</summary>
internal static unsafe class ScanCommands
{
    private const string Group = "generic";
    private const int DefaultCount = 10;

    /// <summary>Steps for each key asked for: a sparse table must not make a call long.</summary>
    private const int StepsPerKey = 10;
    private const int RandomTries = 100;

    public static IEnumerable<Command> Table =>
    [
        new("keys", 2, CommandFlags.ReadOnly, AclCategories.Keyspace | AclCategories.Dangerous, Keys)
        {
            Tips = ["request_policy:all_shards", "nondeterministic_output_order"],
            Docs = new(
                "Lists the keys that match a pattern.", "1.0.0", Group, "O(N), N keys in the database", "pattern")
            {
                Difference = "The order of the keys is another.",
            },
        },
        new("scan", -2, CommandFlags.ReadOnly, AclCategories.Keyspace, Scan)
        {
            TouchesArbitraryKeys = true,
            Tips = ["nondeterministic_output", "request_policy:special"],
            Docs = new("Walks over the keys of a database, some at each call.", "2.8.0", Group,
                "O(1) a call, O(N) for all of N keys", "cursor [MATCH pattern] [COUNT count] [TYPE type]")
            {
                Difference = "Cursors are other numbers and the order of the keys is another; the guarantees are the "
                    + "same.",
            },
        },
        new("randomkey", 1, CommandFlags.ReadOnly, AclCategories.Keyspace, RandomKey)
        {
            TouchesArbitraryKeys = true,
            Tips = ["request_policy:all_shards", "nondeterministic_output"],
            Docs = new("Names some key of the database.", "1.0.0", Group, "O(1)", ""),
        },
    ];

    private static void Keys(CommandContext context)
    {
        ReadOnlySpan<byte> pattern = context[1];
        bool all = pattern is [(byte)'*'];
        long mark = context.Reply.BeginArray();
        long count = 0;
        long address = 0;
        while (context.Database.TryWalk(ref address, out Record record))
        {
            if (all || GlobPattern.Matches(pattern, record.Key))
            {
                context.Reply.Bulk(record.Key);
                count++;
            }
        }
        context.Reply.EndArray(mark, count);
    }

    private static void Scan(CommandContext context)
    {
        if (!TryCursor(context[1], out ulong cursor))
        {
            context.Reply.Error(ReplyError.InvalidCursor);
            return;
        }
        if (!TryOptions(context, 2, ofKeys: true, out ScanOptions options))
        {
            return;
        }
        context.Reply.Array(2);
        long mark = context.Reply.BeginArray();
        long steps = options.Count > long.MaxValue / StepsPerKey ? long.MaxValue : options.Count * StepsPerKey;
        List<long> addresses = [];
        long found = 0;
        long answered = 0;
        do
        {
            // Step by step, so that a great COUNT makes no great list.
            addresses.Clear();
            cursor = context.Database.Scan(cursor, addresses);
            found += addresses.Count;
            answered += AnswerWanted(context, addresses, options);
        }
        while (cursor != 0 && steps-- > 0 && found < options.Count);

        context.Reply.EndArray(mark, answered);
        Span<byte> digits = stackalloc byte[Numbers.MaxInt64Length];
        fixed (byte* start = digits)
        {
            context.Reply.InsertBulk(mark, digits[..Numbers.Format((long)cursor, start)]);
        }
    }

    private static long AnswerWanted(CommandContext context, List<long> addresses, ScanOptions options)
    {
        long count = 0;
        foreach (long address in addresses)
        {
            Record record = context.Database.At(address);
            if (IsWanted(context, record, options))
            {
                context.Reply.Bulk(record.Key);
                count++;
            }
        }
        return count;
    }

    /// <summary>Applies the filters; a key found expired on the way is deleted, as by any look-up.</summary>
    private static bool IsWanted(CommandContext context, Record record, ScanOptions options)
    {
        if (options.Match > 0 && !GlobPattern.Matches(context[options.Match], record.Key))
        {
            return false;
        }
        Lookup stats = options.Type > 0 ? Lookup.Read : Lookup.NoStats;
        if (options.Type > 0 || record.HasExpiry)
        {
            // The look-up names the key once more after deleting it, and a long one is gone with its record.
            ReadOnlySpan<byte> key = record.IsHeapKey && context.Database.IsExpired(record)
                ? record.Key.ToArray()
                : record.Key;
            record = context.Database.Find(key, stats | Lookup.NoTouch);
        }
        return record.Exists && (options.Type == 0 || context.Is(options.Type, KeyCommands.TypeName(record.Type)));
    }

    /// <summary>Reads MATCH, COUNT and, of keys, TYPE; answers the error itself.</summary>
    /// <param name="first">Index of the first option.</param>
    internal static bool TryOptions(CommandContext context, int first, bool ofKeys, out ScanOptions options)
    {
        options = new ScanOptions(DefaultCount, 0, 0);
        for (int i = first; i < context.Count; i += 2)
        {
            if (i + 1 == context.Count)
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
            if (context.Is(i, "COUNT"u8))
            {
                if (!context.TryInt64(i + 1, out long count))
                {
                    return false;
                }
                if (count < 1)
                {
                    context.Reply.Error(ReplyError.Syntax);
                    return false;
                }
                options = options with { Count = count };
            }
            else if (context.Is(i, "MATCH"u8))
            {
                options = options with { Match = context[i + 1] is [(byte)'*'] ? 0 : i + 1 };
            }
            else if (ofKeys && context.Is(i, "TYPE"u8))
            {
                options = options with { Type = i + 1 };
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>
    /// Reads a cursor as C's strtoul does, which redis uses: a sign is allowed, a negative number wraps, an empty text
    /// is 0, a zero byte ends it.
    /// </summary>
    internal static bool TryCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        int zero = text.IndexOf((byte)0);
        text = zero < 0 ? text : text[..zero];
        if (text.IsEmpty)
        {
            return true;
        }
        bool negative = text[0] == '-';
        if (negative || text[0] == '+')
        {
            text = text[1..];
            if (text.IsEmpty)
            {
                return false;
            }
        }
        foreach (byte c in text)
        {
            ulong digit = (ulong)(c - '0');
            if (digit > 9 || cursor > (ulong.MaxValue - digit) / 10)
            {
                return false;
            }
            cursor = (cursor * 10) + digit;
        }
        cursor = negative ? 0 - cursor : cursor;
        return true;
    }

    private static void RandomKey(CommandContext context)
    {
        Database database = context.Database;
        int tries = RandomTries;
        while (true)
        {
            Record record = database.RandomRecord(context.Engine.Random);
            if (!record.Exists)
            {
                context.Reply.Null();
                return;
            }
            if (database.IsExpired(record))
            {
                long before = database.Count;
                database.Find(record.Key, Lookup.NoTouch | Lookup.NoStats);

                // Where expired keys must stay, on a replica, all may have expired: one of them then has to do.
                if (database.Count != before || database.Count != database.ExpiringCount || --tries > 0)
                {
                    continue;
                }
            }
            context.Reply.Bulk(record.Key);
            return;
        }
    }
}

/// <summary>The options of SCAN and its kin.</summary>
/// <param name="Match">Index of the pattern among the arguments, 0 for none.</param>
/// <param name="Type">Index of the type's name among the arguments, 0 for none.</param>
internal readonly record struct ScanOptions(long Count, int Match, int Type);
