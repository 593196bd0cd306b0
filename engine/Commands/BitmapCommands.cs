using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Strings as rows of bits: Redis 7.0 bitops.c.</summary>
internal static class BitmapCommands
{
    private const string Group = "bitmap";
    private const KeyFlags Reads = KeyFlags.ReadOnly | KeyFlags.Access;

    public static IEnumerable<Command> Table =>
    [
        new("setbit", 4, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.Bitmap, SetBit,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update))
        {
            Docs = new("Sets one bit of a string, which grows with zeros up to there, and answers the old one.",
                "2.2.0", Group, "O(1)", "key offset value"),
        },
        new("getbit", 3, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.Bitmap, GetBit, KeySpec.Key(1, Reads))
        {
            Docs = new("Answers one bit of a string.", "2.2.0", Group, "O(1)", "key offset"),
        },
        new("bitcount", -2, CommandFlags.ReadOnly, AclCategories.Bitmap, BitCount, KeySpec.Key(1, Reads))
        {
            Docs = new("Counts the bits that are set in a string or a part of it.", "2.6.0", Group,
                "O(N), N bytes looked at", "key [start end [BYTE | BIT]]"),
        },
        new("bitpos", -3, CommandFlags.ReadOnly, AclCategories.Bitmap, BitPosition, KeySpec.Key(1, Reads))
        {
            Docs = new("Finds the first bit that is set, or not set, in a string or a part of it.", "2.8.7", Group,
                "O(N), N bytes looked at", "key bit [start [end [BYTE | BIT]]]"),
        },
    ];

    /// <summary>Reads a bit position; answers the error itself when it is none.</summary>
    /// <param name="position">
    /// A number, or where <paramref name="width"/> is not 0, "#" and a number that counts in units of so many bits.
    /// </param>
    public static bool TryReadOffset(CommandContext context, ReadOnlySpan<byte> position, int width, out long offset)
    {
        bool inUnits = width > 0 && position.Length > 0 && position[0] == '#';
        long limit = Math.Min(context.Options.ProtoMaxBulkLength, StringRangeCommands.MaxLength - 9);
        if (Numbers.TryParseInt64(inUnits ? position[1..] : position, out offset) && offset >= 0)
        {
            Int128 bits = inUnits ? (Int128)offset * width : offset;
            offset = (long)Int128.Min(bits, long.MaxValue);
            if (offset >> 3 < limit)
            {
                return true;
            }
        }
        context.Reply.Error(ReplyError.BitOffset);
        return false;
    }

    /// <summary>
    /// The string at the first argument's key as bytes that may be changed, with zeros behind its end up to a bit.
    /// </summary>
    /// <param name="record">What is there, a string or nothing.</param>
    public static Record WithBit(CommandContext context, Record record, long last)
    {
        int length = record.Exists ? record.StringLength : 0;
        return StringRangeCommands.WithLength(context, record, Math.Max(length, (int)(last >> 3) + 1));
    }

    /// <summary>Makes a string "raw" that could have been changed and was not, as redis does.</summary>
    public static void MakeRaw(CommandContext context, Record record)
    {
        if (record.Encoding == ValueEncoding.Int)
        {
            StringRangeCommands.WithLength(context, record, record.StringLength);
        }
        else
        {
            context.Database.MakeRaw(record);
        }
    }

    private static void SetBit(CommandContext context)
    {
        if (!TryReadOffset(context, context[2], 0, out long offset)
            || !context.TryInt64(3, out long wanted, ReplyError.BitValue))
        {
            return;
        }
        if (wanted is not (0 or 1))
        {
            context.Reply.Error(ReplyError.BitValue);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);
        int at = (int)(offset >> 3);
        int shift = 7 - (int)(offset & 7);
        int old = at < text.Length ? (text[at] >> shift) & 1 : 0;
        if (at < text.Length && old == wanted)
        {
            MakeRaw(context, record);
        }
        else
        {
            record = WithBit(context, record, offset);
            ref byte changed = ref record.MutableBytes[at];
            changed = (byte)((changed & ~(1 << shift)) | ((int)wanted << shift));
            context.Dirty++;
            context.Notify(NotifyEvents.String, "setbit"u8, context[1]);
        }
        context.Reply.Integer(old);
    }

    private static void GetBit(CommandContext context)
    {
        if (!TryReadOffset(context, context[2], 0, out long offset))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);
        int at = (int)(offset >> 3);
        context.Reply.Integer(at < text.Length ? (text[at] >> (7 - (int)(offset & 7))) & 1 : 0);
    }

    private static void BitCount(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);
        if (context.Count == 2)
        {
            context.Reply.Integer(BitString.Count(text));
            return;
        }
        if (context.Count is not (4 or 5))
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        if (!context.TryInt64(2, out long start) || !context.TryInt64(3, out long end))
        {
            return;
        }
        if (start < 0 && end < 0 && start > end)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!TryReadUnit(context, 4, out bool inBits))
        {
            return;
        }
        (start, end) = BitRange(text.Length, start, end, inBits);
        context.Reply.Integer(start > end ? 0 : BitString.Count(text, start, end));
    }

    private static void BitPosition(CommandContext context)
    {
        if (!context.TryInt64(2, out long wanted))
        {
            return;
        }
        if (wanted is not (0 or 1))
        {
            context.Reply.Error(ReplyError.BitArgument);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Integer(wanted == 0 ? 0 : -1);
            return;
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);
        if (context.Count > 6)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        long start = 0;
        long end = -1;
        if ((context.Count > 3 && !context.TryInt64(3, out start))
            || !TryReadUnit(context, 5, out bool inBits)
            || (context.Count > 4 && !context.TryInt64(4, out end)))
        {
            return;
        }
        (start, end) = BitRange(text.Length, start, end, inBits);
        long found = start > end ? -1 : BitString.Find(text, start, end, wanted == 1);

        // Where the string ends by itself, zeros follow.
        bool zeroBehind = found < 0 && wanted == 0 && context.Count < 5 && start <= end;
        context.Reply.Integer(zeroBehind ? end + 1 : found);
    }

    /// <summary>Reads BYTE or BIT, if there is such an argument.</summary>
    private static bool TryReadUnit(CommandContext context, int index, out bool inBits)
    {
        inBits = index < context.Count && context.Is(index, "BIT"u8);
        if (inBits || index >= context.Count || context.Is(index, "BYTE"u8))
        {
            return true;
        }
        context.Reply.Error(ReplyError.Syntax);
        return false;
    }

    /// <summary>
    /// The first and last bit of a range of bytes or bits that may count from the end and reach beyond; the first is
    /// behind the last if nothing is left.
    /// </summary>
    private static (long First, long Last) BitRange(int length, long start, long end, bool inBits)
    {
        long count = inBits ? 8L * length : length;
        start = Math.Max(start < 0 ? start + count : start, 0);
        end = Math.Min(Math.Max(end < 0 ? end + count : end, 0), count - 1);
        return start > end ? (1, 0) : inBits ? (start, end) : (8 * start, (8 * end) + 7);
    }
}
