using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>What is in a hash: Redis 7.0 t_hash.c.</summary>
internal static class HashReadCommands
{
    private const string Group = "hash";
    private const CommandFlags Fast = CommandFlags.ReadOnly | CommandFlags.Fast;
    private static readonly KeySpec Read = KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access);
    private static readonly KeySpec Look = KeySpec.Key(1, KeyFlags.ReadOnly);
    private static readonly string[] AnyOrder = ["nondeterministic_output_order"];
    private static readonly string[] Any = ["nondeterministic_output"];

    public static IEnumerable<Command> Table =>
    [
        new("hget", 3, Fast, AclCategories.Hash, Get, Read)
        {
            Docs = new("Answers the value of a field.", "2.0.0", Group, "O(1)", "key field"),
        },
        new("hmget", -3, Fast, AclCategories.Hash, MultiGet, Read)
        {
            Docs = new("Answers the values of several fields.", "2.0.0", Group, "O(N), N fields",
                "key field [field ...]"),
        },
        new("hgetall", 2, CommandFlags.ReadOnly, AclCategories.Hash, GetAll, Read)
        {
            Tips = AnyOrder,
            Docs = new("Answers all fields of a hash with their values.", "2.0.0", Group, "O(N), N fields", "key"),
        },
        new("hkeys", 2, CommandFlags.ReadOnly, AclCategories.Hash, Keys, Read)
        {
            Tips = AnyOrder,
            Docs = new("Answers all fields of a hash.", "2.0.0", Group, "O(N), N fields", "key"),
        },
        new("hvals", 2, CommandFlags.ReadOnly, AclCategories.Hash, Values, Read)
        {
            Tips = AnyOrder,
            Docs = new("Answers all values of a hash.", "2.0.0", Group, "O(N), N fields", "key"),
        },
        new("hexists", 3, Fast, AclCategories.Hash, Exists, Look)
        {
            Docs = new("Tells whether a hash has a field.", "2.0.0", Group, "O(1)", "key field"),
        },
        new("hlen", 2, Fast, AclCategories.Hash, Length, Look)
        {
            Docs = new("Counts the fields of a hash.", "2.0.0", Group, "O(1)", "key"),
        },
        new("hstrlen", 3, Fast, AclCategories.Hash, ValueLength, Look)
        {
            Docs = new("Tells the length of a field's value.", "3.2.0", Group, "O(1)", "key field"),
        },
        new("hrandfield", -2, CommandFlags.ReadOnly, AclCategories.Hash, RandomField, Read)
        {
            Tips = Any,
            Docs = new("Answers fields of a hash at random.", "6.2.0", Group, "O(N), N fields answered",
                "key [count [WITHVALUES]]")
            {
                Difference = "A count below -2147483647 is refused as out of range.",
            },
        },
        new("hscan", -3, CommandFlags.ReadOnly, AclCategories.Hash, Scan, Read)
        {
            Tips = Any,
            Docs = new("Walks over the fields of a hash, some at each call.", "2.8.0", Group,
                "O(1) a call, O(N) for all of N fields", "key cursor [MATCH pattern] [COUNT count]")
            {
                Difference = "Cursors are other numbers and the order is another; the guarantees are the same.",
            },
        },
    ];

    private static bool TryFind(CommandContext context, out Record record)
    {
        record = context.Database.Find(context[1], Lookup.Read);
        return context.IsTypeOrMissing(record, ValueType.Hash);
    }

    private static void Get(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            ReplyValue(context.Reply, record, context[2]);
        }
    }

    private static void MultiGet(CommandContext context)
    {
        if (!TryFind(context, out Record record))
        {
            return;
        }
        context.Reply.Array(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            ReplyValue(context.Reply, record, context[i]);
        }
    }

    private static void ReplyValue(ReplyWriter reply, Record record, ReadOnlySpan<byte> field)
    {
        if (Entries.TryFindValue(record, new PackedText(field), out Element value))
        {
            value.Reply(reply);
        }
        else
        {
            reply.Null();
        }
    }

    private static void GetAll(CommandContext context) => ReplyAll(context, fields: true, values: true);

    private static void Keys(CommandContext context) => ReplyAll(context, fields: true, values: false);

    private static void Values(CommandContext context) => ReplyAll(context, fields: false, values: true);

    private static void ReplyAll(CommandContext context, bool fields, bool values)
    {
        if (!TryFind(context, out Record record))
        {
            return;
        }
        long count = record.Exists ? Entries.CountOf(record) : 0;
        if (fields && values)
        {
            context.Reply.Map(count);
        }
        else
        {
            context.Reply.Array(count);
        }
        if (count == 0)
        {
            return;
        }
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            if (fields)
            {
                walk.Key.Reply(context.Reply);
            }
            if (values)
            {
                walk.Value.Reply(context.Reply);
            }
        }
    }

    private static void Exists(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            context.Reply.Integer(record.Exists && Entries.Contains(record, new PackedText(context[2])) ? 1 : 0);
        }
    }

    private static void Length(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            context.Reply.Integer(record.Exists ? Entries.CountOf(record) : 0);
        }
    }

    private static void ValueLength(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            bool exists = Entries.TryFindValue(record, new PackedText(context[2]), out Element value);
            context.Reply.Integer(exists ? value.Length : 0);
        }
    }

    private static void RandomField(CommandContext context)
    {
        if (context.Count > 2)
        {
            RandomFields(context);
            return;
        }
        if (!TryFind(context, out Record record))
        {
            return;
        }
        if (record.Exists)
        {
            Entries.Random(record, context.Engine.Random).Key.Reply(context.Reply);
        }
        else
        {
            context.Reply.Null();
        }
    }

    private static void RandomFields(CommandContext context)
    {
        if (!RandomEntries.TryReadCount(context, 2, out long count))
        {
            return;
        }
        bool withValues = context.Count == 4 && context.Is(3, "WITHVALUES"u8);
        if (context.Count > 3 && !withValues)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        if (withValues && count is < -(long.MaxValue / 2) or > long.MaxValue / 2)
        {
            context.Reply.Error(ReplyError.OutOfRange);
            return;
        }
        if (TryFind(context, out Record record))
        {
            RandomEntries.Reply(context, record, count, withValues);
        }
    }

    private static void Scan(CommandContext context) => CollectionScan.Run(context, ValueType.Hash);
}
