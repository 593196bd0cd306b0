using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Strings read and changed in part: Redis 7.0 t_string.c.</summary>
internal static class StringRangeCommands
{
    private const string Group = "string";

    /// <summary>Longest string that can be stored, whatever proto-max-bulk-len allows.</summary>
    public const long MaxLength = int.MaxValue - 64;

    public static IEnumerable<Command> Table =>
    [
        new("append", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.String, Append,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds bytes at the end of a string, which is made if missing.", "2.0.0", Group,
                "O(1), spread over many appends", "key value"),
        },
        new("strlen", 2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.String, Length,
            KeySpec.Key(1, KeyFlags.ReadOnly))
        {
            Docs = new("Answers how many bytes a string has.", "2.2.0", Group, "O(1)", "key"),
        },
        new("setrange", 4, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, SetRange,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Overwrites a part of a string, which grows with zero bytes up to there.", "2.2.0", Group,
                "O(1), or O(M) for M bytes of a long value", "key offset value"),
        },
        new("getrange", 4, CommandFlags.ReadOnly, AclCategories.String, GetRange,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Answers a part of a string.", "2.4.0", Group, "O(N), N bytes answered", "key start end"),
        },
        new("substr", 4, CommandFlags.ReadOnly, AclCategories.String, GetRange,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Answers a part of a string: the older name of GETRANGE.", "1.0.0", Group,
                "O(N), N bytes answered", "key start end"),
        },
    ];

    private static void Append(CommandContext context)
    {
        ReadOnlySpan<byte> value = context[2];
        Record record = context.Database.Find(context[1], Lookup.Write);
        int length = 0;
        if (!record.Exists)
        {
            context.Database.PutString(context[1], record, value);
        }
        else
        {
            if (!context.IsStringOrMissing(record))
            {
                return;
            }
            length = record.StringLength;
            if (!IsWithinLimit(context, length, value.Length))
            {
                return;
            }
            record = WithLength(context, record, length + value.Length);
            value.CopyTo(record.MutableBytes[length..]);
        }
        context.Dirty++;
        context.Notify(NotifyEvents.String, "append"u8, context[1]);
        context.Reply.Integer(length + value.Length);
    }

    private static void Length(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (context.IsStringOrMissing(record))
        {
            context.Reply.Integer(record.Exists ? record.StringLength : 0);
        }
    }

    private static void SetRange(CommandContext context)
    {
        if (!context.TryInt64(2, out long offset))
        {
            return;
        }
        if (offset < 0)
        {
            context.Reply.Error(ReplyError.OffsetOutOfRange);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        ReadOnlySpan<byte> value = context[3];
        int length = record.Exists ? record.StringLength : 0;
        if (value.IsEmpty)
        {
            context.Reply.Integer(length);
            return;
        }
        if (!IsWithinLimit(context, offset, value.Length))
        {
            return;
        }
        int start = (int)offset;
        record = WithLength(context, record, Math.Max(length, start + value.Length));
        value.CopyTo(record.MutableBytes[start..]);
        context.Dirty++;
        context.Notify(NotifyEvents.String, "setrange"u8, context[1]);
        context.Reply.Integer(record.Bytes.Length);
    }

    private static void GetRange(CommandContext context)
    {
        if (!context.TryInt64(2, out long start) || !context.TryInt64(3, out long end))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);

        // Before both are cut at the string's begin, a range that ends in front of its start is empty.
        bool isEmpty = start < 0 && end < 0 && start > end;
        start = Math.Max(start < 0 ? start + text.Length : start, 0);
        end = Math.Min(Math.Max(end < 0 ? end + text.Length : end, 0), text.Length - 1);
        context.Reply.Bulk(isEmpty || start > end ? [] : text[(int)start..((int)end + 1)]);
    }

    private static bool IsWithinLimit(CommandContext context, long length, int added)
    {
        if (length <= Math.Min(context.Options.ProtoMaxBulkLength, MaxLength) - added)
        {
            return true;
        }
        context.Reply.Error(ReplyError.StringTooLong);
        return false;
    }

    /// <summary>
    /// The string at the first argument's key with another length, as bytes that may be changed; it is "raw" from then
    /// on and keeps its expiry.
    /// </summary>
    /// <param name="length">At least the string's own; new bytes are zero.</param>
    public static Record WithLength(CommandContext context, Record record, int length) =>
        WithLength(context, 1, record, length);

    /// <inheritdoc cref="WithLength(CommandContext, Record, int)"/>
    /// <param name="key">Index of the argument that names the key.</param>
    public static Record WithLength(CommandContext context, int key, Record record, int length)
    {
        if (record.Exists && record.Encoding != ValueEncoding.Int)
        {
            return context.Database.Resize(record, length);
        }
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, stackalloc byte[Numbers.MaxInt64Length]);
        long expiry = record.Exists ? record.Expiry : -1;
        record = context.Database.Put(context[key], record, ValueType.String, ValueEncoding.Raw, length, expiry);
        text.CopyTo(record.MutableBytes);
        record.MutableBytes[text.Length..].Clear();
        return record;
    }
}
