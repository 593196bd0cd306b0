using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Strings that are numbers: Redis 7.0 t_string.c.</summary>
internal static class CounterCommands
{
    private const string Group = "string";
    private const CommandFlags Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast;
    private const KeyFlags KeyUse = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update;

    public static IEnumerable<Command> Table =>
    [
        new("incr", 2, Flags, AclCategories.String, Increment, KeySpec.Key(1, KeyUse))
        {
            Docs = new("Adds one to an integer; a missing key counts as 0.", "1.0.0", Group, "O(1)", "key"),
        },
        new("decr", 2, Flags, AclCategories.String, Decrement, KeySpec.Key(1, KeyUse))
        {
            Docs = new("Takes one from an integer; a missing key counts as 0.", "1.0.0", Group, "O(1)", "key"),
        },
        new("incrby", 3, Flags, AclCategories.String, IncrementBy, KeySpec.Key(1, KeyUse))
        {
            Docs = new("Adds to an integer; a missing key counts as 0.", "1.0.0", Group, "O(1)", "key increment"),
        },
        new("decrby", 3, Flags, AclCategories.String, DecrementBy, KeySpec.Key(1, KeyUse))
        {
            Docs = new("Takes from an integer; a missing key counts as 0.", "1.0.0", Group, "O(1)", "key decrement"),
        },
        new("incrbyfloat", 3, Flags, AclCategories.String, IncrementByFloat, KeySpec.Key(1, KeyUse))
        {
            Docs = new("Adds to a floating point number; a missing key counts as 0.", "2.6.0", Group, "O(1)",
                "key increment"),
        },
    ];

    private static void Increment(CommandContext context) => Add(context, 1);

    private static void Decrement(CommandContext context) => Add(context, -1);

    private static void IncrementBy(CommandContext context)
    {
        if (context.TryInt64(2, out long amount))
        {
            Add(context, amount);
        }
    }

    private static void DecrementBy(CommandContext context)
    {
        if (!context.TryInt64(2, out long amount))
        {
            return;
        }
        if (amount == long.MinValue)
        {
            context.Reply.Error(ReplyError.DecrementOverflows);
            return;
        }
        Add(context, -amount);
    }

    private static void Add(CommandContext context, long amount)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        bool isInteger = record.Exists && record.Encoding == ValueEncoding.Int;
        long value = 0;
        if (isInteger)
        {
            value = record.Integer;
        }
        else if (record.Exists && !Numbers.TryParseInt64(record.Bytes, out value))
        {
            context.Reply.Error(ReplyError.NotAnInteger);
            return;
        }
        long sum = unchecked(value + amount);
        if (((value ^ sum) & (amount ^ sum)) < 0)
        {
            context.Reply.Error(ReplyError.IncrementOverflows);
            return;
        }
        if (isInteger)
        {
            record = context.Database.MakeMutable(record);
            record.Integer = sum;
        }
        else
        {
            context.Database.PutInteger(context[1], record, sum, record.Exists ? record.Expiry : -1);
        }
        context.Dirty++;
        context.Notify(NotifyEvents.String, "incrby"u8, context[1]);
        context.Reply.Integer(sum);
    }

    private static void IncrementByFloat(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        if (!TryReadFloat(record, out ExtendedFloat value)
            || !ExtendedFloat.TryParse(context[2], out ExtendedFloat amount))
        {
            context.Reply.Error(ReplyError.NotAFloat);
            return;
        }
        ExtendedFloat sum = value + amount;
        if (!sum.IsFinite)
        {
            context.Reply.Error(ReplyError.IncrementNotFinite);
            return;
        }
        Span<byte> buffer = stackalloc byte[ExtendedFloat.MaxFormattedLength];
        ReadOnlySpan<byte> text = buffer[..sum.Format(buffer)];

        // A whole number is not stored as an integer here: OBJECT ENCODING tells the difference.
        ValueEncoding encoding = text.Length <= Database.EmbeddedStringLimit ? ValueEncoding.EmbStr : ValueEncoding.Raw;
        long expiry = record.Exists ? record.Expiry : -1;
        record = context.Database.Put(context[1], record, ValueType.String, encoding, text.Length, expiry);
        text.CopyTo(record.MutableBytes);
        context.Dirty++;
        context.Notify(NotifyEvents.String, "incrbyfloat"u8, context[1]);
        context.Reply.Bulk(text);

        // The sum and not the addition: another machine's floats may differ in the last digit.
        context.Effects.Give("SET"u8, context[1], text, "KEEPTTL"u8);
    }

    private static bool TryReadFloat(Record record, out ExtendedFloat value)
    {
        if (record.Exists && record.Encoding != ValueEncoding.Int)
        {
            return ExtendedFloat.TryParse(record.Bytes, out value);
        }
        value = ExtendedFloat.FromInt64(record.Exists ? record.Integer : 0);
        return true;
    }
}
