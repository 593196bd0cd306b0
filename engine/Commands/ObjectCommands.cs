using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>How a value is kept: Redis 7.0 object.c. None of it counts as a use of the key.</summary>
internal static class ObjectCommands
{
    private const string Group = "generic";

    /// <summary>Integers below this are shared objects in redis, whose count of references is a constant.</summary>
    private const long SharedIntegers = 10_000;
    private const int SharedReferences = int.MaxValue;

    private static readonly string[] Changing = ["nondeterministic_output"];
    private static readonly KeySpec Key = KeySpec.Key(2, KeyFlags.ReadOnly);

    public static IEnumerable<Command> Table =>
    [
        new("object", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("Holds the commands about how values are kept.", "2.2.3", Group, "Depends on the subcommand",
                ""),
            Subcommands =
            [
                new("encoding", 3, CommandFlags.ReadOnly, AclCategories.Keyspace, Encoding, Key)
                {
                    Tips = Changing,
                    Docs = new("Tells how the value at a key is stored.", "2.2.3", Group, "O(1)", "key"),
                },
                new("freq", 3, CommandFlags.ReadOnly, AclCategories.Keyspace, Frequency, Key)
                {
                    Tips = Changing,
                    Docs = new("Tells how often a key is used, on a logarithmic scale.", "4.0.0", Group, "O(1)", "key"),
                },
                new("idletime", 3, CommandFlags.ReadOnly, AclCategories.Keyspace, IdleTime, Key)
                {
                    Tips = Changing,
                    Docs = new("Tells the seconds since a key was last used.", "2.2.3", Group, "O(1)", "key"),
                },
                new("refcount", 3, CommandFlags.ReadOnly, AclCategories.Keyspace, ReferenceCount, Key)
                {
                    Tips = Changing,
                    Docs = new("Tells how many references there are to the value at a key.", "2.2.3", Group, "O(1)",
                        "key"),
                },
                new("help", 2, CommandFlags.Loading | CommandFlags.Stale, AclCategories.Keyspace, Help)
                {
                    Docs = new("Lists the subcommands.", "6.2.0", Group, "O(1)", ""),
                },
            ],
        },
    ];

    /// <summary>The name of an encoding, redis's word for it.</summary>
    public static ReadOnlySpan<byte> EncodingName(ValueEncoding encoding) => encoding switch
    {
        ValueEncoding.Int => "int"u8,
        ValueEncoding.EmbStr => "embstr"u8,
        ValueEncoding.ListPack => "listpack"u8,
        ValueEncoding.QuickList => "quicklist"u8,
        ValueEncoding.IntSet => "intset"u8,
        ValueEncoding.HashTable => "hashtable"u8,
        ValueEncoding.SkipList => "skiplist"u8,
        ValueEncoding.Stream => "stream"u8,
        _ => "raw"u8,
    };

    /// <summary>What redis's count of references to this value would be.</summary>
    public static int ReferenceCountOf(Record record, EngineOptions options)
    {
        // Each value needs a clock of its own where the policy looks at the clocks, so nothing is shared then.
        bool shares = options.MaxMemory == 0 || !NeedsOwnClock(options.MaxMemoryPolicy);
        bool isShared = shares && record.Type == Keyspace.ValueType.String && record.Encoding == ValueEncoding.Int
            && (ulong)record.Integer < SharedIntegers;
        return isShared ? SharedReferences : 1;
    }

    private static bool NeedsOwnClock(MaxMemoryPolicy policy) =>
        IsLfu(policy) || policy is MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru;

    private static bool IsLfu(MaxMemoryPolicy policy) =>
        policy is MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu;

    private static bool TryFind(CommandContext context, out Record record)
    {
        record = context.Database.Find(context[2], Lookup.Read | Lookup.NoTouch | Lookup.NoNotify);
        if (!record.Exists)
        {
            context.Reply.Null();
        }
        return record.Exists;
    }

    private static void Encoding(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            context.Reply.Bulk(EncodingName(record.Encoding));
        }
    }

    private static void ReferenceCount(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            context.Reply.Integer(ReferenceCountOf(record, context.Options));
        }
    }

    private static void IdleTime(CommandContext context)
    {
        if (!TryFind(context, out Record record))
        {
            return;
        }
        if (IsLfu(context.Options.MaxMemoryPolicy))
        {
            context.Reply.Error(ReplyError.IdleTimeUnderLfu);
            return;
        }
        context.Reply.Integer(AccessClock.IdleSeconds(record.AccessInfo, context.NowMs));
    }

    private static void Frequency(CommandContext context)
    {
        if (!TryFind(context, out Record record))
        {
            return;
        }
        if (!IsLfu(context.Options.MaxMemoryPolicy))
        {
            context.Reply.Error(ReplyError.FrequencyWithoutLfu);
            return;
        }
        context.Reply.Integer(AccessClock.LfuCounter(record.AccessInfo, context.NowMs, context.Options.LfuDecayTime));
    }

    private static void Help(CommandContext context) => HelpReply.Write(context,
        "ENCODING <key>",
        "    How the value is stored.",
        "FREQ <key>",
        "    How often the key is used, on a logarithmic scale; needs an LFU maxmemory-policy.",
        "IDLETIME <key>",
        "    Seconds since the key was last used; not with an LFU maxmemory-policy.",
        "REFCOUNT <key>",
        "    How many references there are to the value.");
}
