using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Strings as rows of integers of any width: Redis 7.0 bitops.c.</summary>
internal static class BitfieldCommands
{
    private const string Group = "bitmap";
    private const int FirstOperation = 2;

    private enum FieldVerb
    {
        Get,
        Set,
        Increment,
    }

    public static IEnumerable<Command> Table =>
    [
        new("bitfield", -2, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.Bitmap, Bitfield,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update | KeyFlags.VariableFlags) with
            {
                Notes = "This command allows both access and modification of the key",
            })
        {
            Docs = new("Reads, sets and adds to integers of any width at any bit of a string.", "3.2.0", Group,
                "O(1) for each operation",
                "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | "
                + "INCRBY encoding offset increment> ...]"),
        },
        new("bitfield_ro", -2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.Bitmap, BitfieldReadOnly,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Reads integers of any width at any bit of a string.", "6.0.0", Group,
                "O(1) for each operation", "key [GET encoding offset [GET encoding offset ...]]"),
        },
    ];

    /// <summary>True if the operations that begin at an argument are understood and change nothing.</summary>
    public static bool OnlyReads(CommandContext context, int first)
    {
        for (int at = first; at < context.Count;)
        {
            int left = context.Count - at - 1;
            if (left >= 2 && context.Is(at, "GET"u8))
            {
                at += 3;
            }
            else if (left >= 1 && context.Is(at, "OVERFLOW"u8))
            {
                at += 2;
            }
            else
            {
                return false;
            }
        }
        return true;
    }

    private static void Bitfield(CommandContext context) => Execute(context, readOnly: false);

    private static void BitfieldReadOnly(CommandContext context) => Execute(context, readOnly: true);

    // The arguments are read twice: nothing may be changed before all of them are known to be right, and a list of what
    // was read would have to be kept somewhere.
    private static void Execute(CommandContext context, bool readOnly)
    {
        int operations = 0;
        long lastWritten = -1;
        BitOverflow overflow = BitOverflow.Wrap;
        for (int at = FirstOperation; at < context.Count;)
        {
            if (!TryRead(context, ref at, ref overflow, out FieldOperation operation))
            {
                return;
            }
            if (operation.IsPresent)
            {
                operations++;
                lastWritten = operation.Verb == FieldVerb.Get ? lastWritten : Math.Max(lastWritten, operation.Last);
            }
        }
        if (lastWritten < 0)
        {
            Record record = context.Database.Find(context[1], Lookup.Read);
            if (context.IsStringOrMissing(record))
            {
                context.Reply.Array(operations);
                ReadAll(context, StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]));
            }
        }
        else if (readOnly)
        {
            context.Reply.Error(ReplyError.BitfieldReadOnly);
        }
        else
        {
            ExecuteWrites(context, operations, lastWritten);
        }
    }

    private static void ReadAll(CommandContext context, ReadOnlySpan<byte> text)
    {
        BitOverflow overflow = BitOverflow.Wrap;
        for (int at = FirstOperation; at < context.Count;)
        {
            if (TryRead(context, ref at, ref overflow, out FieldOperation operation) && operation.IsPresent)
            {
                context.Reply.Integer(operation.Type.Read(text, operation.Offset));
            }
        }
    }

    private static void ExecuteWrites(CommandContext context, int operations, long lastWritten)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);
        bool grows = lastWritten >> 3 >= text.Length;
        int changes = 0;
        context.Reply.Array(operations);
        BitOverflow overflow = BitOverflow.Wrap;
        for (int at = FirstOperation; at < context.Count;)
        {
            if (!TryRead(context, ref at, ref overflow, out FieldOperation operation) || !operation.IsPresent)
            {
                continue;
            }
            long old = operation.Type.Read(text, operation.Offset);
            if (!TryCompute(operation, old, overflow, out long value))
            {
                context.Reply.Null();
                continue;
            }
            context.Reply.Integer(operation.Verb == FieldVerb.Set ? old : value);
            if (operation.Verb != FieldVerb.Get && (grows || old != value))
            {
                // Only now: to make it mutable counts as a change for who watches the key.
                record = changes++ == 0 ? BitmapCommands.WithBit(context, record, lastWritten) : record;
                operation.Type.Write(record.MutableBytes, operation.Offset, value);
                text = record.Bytes;
            }
        }
        if (changes > 0)
        {
            context.Dirty += changes;
            context.Notify(NotifyEvents.String, "setbit"u8, context[1]);
        }
        else if (grows)
        {
            // Every operation failed; redis has made the room by then, and tells nobody.
            BitmapCommands.WithBit(context, record, lastWritten);
        }
        else
        {
            BitmapCommands.MakeRaw(context, record);
        }
    }

    /// <returns>False if the operation fails because the value does not fit.</returns>
    private static bool TryCompute(FieldOperation operation, long old, BitOverflow overflow, out long value)
    {
        value = old;
        return operation.Verb switch
        {
            FieldVerb.Set => operation.Type.TryConvert(operation.Operand, overflow, out value),
            FieldVerb.Increment => operation.Type.TryAdd(old, operation.Operand, overflow, out value),
            _ => true,
        };
    }

    /// <summary>Reads one operation, or an OVERFLOW that counts for those behind it.</summary>
    /// <returns>False if it is wrong; the error is answered.</returns>
    private static bool TryRead(
        CommandContext context, ref int at, ref BitOverflow overflow, out FieldOperation operation)
    {
        operation = default;
        int left = context.Count - at - 1;
        FieldVerb verb;
        if (left >= 2 && context.Is(at, "GET"u8))
        {
            verb = FieldVerb.Get;
        }
        else if (left >= 3 && context.Is(at, "SET"u8))
        {
            verb = FieldVerb.Set;
        }
        else if (left >= 3 && context.Is(at, "INCRBY"u8))
        {
            verb = FieldVerb.Increment;
        }
        else if (left >= 1 && context.Is(at, "OVERFLOW"u8))
        {
            at += 2;
            return TryReadOverflow(context, at - 1, out overflow);
        }
        else
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        long operand = 0;
        if (!TryReadType(context, at + 1, out BitInteger type)
            || !BitmapCommands.TryReadOffset(context, context[at + 2], type.Width, out long offset)
            || (verb != FieldVerb.Get && !context.TryInt64(at + 3, out operand)))
        {
            return false;
        }
        at += verb == FieldVerb.Get ? 3 : 4;
        operation = new FieldOperation(verb, type, offset, operand);
        return true;
    }

    private static bool TryReadOverflow(CommandContext context, int at, out BitOverflow overflow)
    {
        overflow = BitOverflow.Wrap;
        if (context.Is(at, "WRAP"u8))
        {
            return true;
        }
        if (context.Is(at, "SAT"u8))
        {
            overflow = BitOverflow.Saturate;
            return true;
        }
        if (context.Is(at, "FAIL"u8))
        {
            overflow = BitOverflow.Fail;
            return true;
        }
        context.Reply.Error(ReplyError.BitfieldOverflow);
        return false;
    }

    private static bool TryReadType(CommandContext context, int at, out BitInteger type)
    {
        ReadOnlySpan<byte> text = context[at];
        bool isSigned = text.Length > 0 && text[0] == 'i';
        if (isSigned || (text.Length > 0 && text[0] == 'u'))
        {
            // C reads up to the first zero byte.
            ReadOnlySpan<byte> digits = text[1..];
            int zero = digits.IndexOf((byte)0);
            if (Numbers.TryParseInt64(zero < 0 ? digits : digits[..zero], out long width)
                && width >= 1 && width <= (isSigned ? 64 : 63))
            {
                type = new BitInteger(isSigned, (int)width);
                return true;
            }
        }
        context.Reply.Error(ReplyError.BitfieldType);
        type = default;
        return false;
    }

    private readonly record struct FieldOperation(FieldVerb Verb, BitInteger Type, long Offset, long Operand)
    {
        /// <summary>False for what an OVERFLOW leaves.</summary>
        public bool IsPresent => Type.Width > 0;

        public long Last => Offset + Type.Width - 1;
    }
}
