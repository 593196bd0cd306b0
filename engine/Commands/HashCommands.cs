using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Changes of hashes: Redis 7.0 t_hash.c.</summary>
internal static class HashCommands
{
    private const string Group = "hash";
    private const CommandFlags Growing = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast;
    private const KeyFlags Counted = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update;

    public static IEnumerable<Command> Table =>
    [
        new("hset", -4, Growing, AclCategories.Hash, Set, KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Sets fields of a hash, and answers how many are new.", "2.0.0", Group, "O(N), N fields",
                "key field value [field value ...]"),
        },
        new("hmset", -4, Growing, AclCategories.Hash, MultiSet, KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Sets fields of a hash.", "2.0.0", Group, "O(N), N fields",
                "key field value [field value ...]"),
        },
        new("hsetnx", 4, Growing, AclCategories.Hash, SetIfMissing,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Sets a field of a hash if it is not there.", "2.0.0", Group, "O(1)", "key field value"),
        },
        new("hdel", -3, CommandFlags.Write | CommandFlags.Fast, AclCategories.Hash, Delete,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Docs = new("Removes fields of a hash; one without fields is deleted.", "2.0.0", Group, "O(N), N fields",
                "key field [field ...]"),
        },
        new("hincrby", 4, Growing, AclCategories.Hash, IncrementBy, KeySpec.Key(1, Counted))
        {
            Docs = new("Adds to an integer in a field; a missing one counts as 0.", "2.0.0", Group, "O(1)",
                "key field increment"),
        },
        new("hincrbyfloat", 4, Growing, AclCategories.Hash, IncrementByFloat, KeySpec.Key(1, Counted))
        {
            Docs = new("Adds to a floating point number in a field; a missing one counts as 0.", "2.6.0", Group,
                "O(1)", "key field increment"),
        },
    ];

    private static void Set(CommandContext context)
    {
        if (TrySetAll(context, out long added))
        {
            context.Reply.Integer(added);
        }
    }

    private static void MultiSet(CommandContext context)
    {
        if (TrySetAll(context, out _))
        {
            context.Reply.Ok();
        }
    }

    private static bool TrySetAll(CommandContext context, out long added)
    {
        added = 0;
        if (context.Count % 2 == 1)
        {
            context.Reply.Error(ReplyError.WrongArity(context.Command.FullName));
            return false;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Hash))
        {
            return false;
        }
        HashEditor editor = record.Exists
            ? new HashEditor(context.Database, record, context.Options)
            : Create(context);
        for (int i = 2; i < context.Count; i++)
        {
            editor.Admit(context[i].Length);
        }
        for (int i = 2; i < context.Count; i += 2)
        {
            added += editor.Set(new PackedText(context[i]), new PackedText(context[i + 1])) ? 1 : 0;
        }
        context.Notify(NotifyEvents.Hash, "hset"u8, context[1]);
        context.Dirty += (context.Count - 2) / 2;
        return true;
    }

    private static void SetIfMissing(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Hash))
        {
            return;
        }
        PackedText field = new(context[2]);
        if (record.Exists && Entries.Contains(record, field))
        {
            context.Reply.Integer(0);
            return;
        }
        HashEditor editor = record.Exists
            ? new HashEditor(context.Database, record, context.Options)
            : Create(context);
        editor.Admit(context[2].Length);
        editor.Admit(context[3].Length);
        editor.Set(field, new PackedText(context[3]));
        context.Reply.Integer(1);
        context.Notify(NotifyEvents.Hash, "hset"u8, context[1]);
        context.Dirty++;
    }

    /// <summary>A hash with exactly the room for the fields and values from the third argument on.</summary>
    private static HashEditor Create(CommandContext context)
    {
        long packed = 0;
        bool isSmall = true;
        for (int i = 2; i < context.Count; i++)
        {
            packed += Pack.SizeOf(new PackedText(context[i]));
            isSmall &= context[i].Length <= context.Options.HashMaxListpackValue;
        }
        return HashEditor.Create(context.Database, context[1], context.Options, packed, isSmall);
    }

    private static void Delete(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!record.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!context.IsTypeOrMissing(record, ValueType.Hash))
        {
            return;
        }
        HashEditor editor = new(context.Database, record, context.Options);
        long removed = 0;
        bool isKeyGone = false;
        for (int i = 2; i < context.Count && !isKeyGone; i++)
        {
            if (editor.Remove(new PackedText(context[i])))
            {
                removed++;
                isKeyGone = editor.DeleteIfEmpty();
            }
        }
        context.NotifyRemoved(NotifyEvents.Hash, "hdel"u8, context[1], removed, isKeyGone);
        context.Reply.Integer(removed);
    }

    private static void IncrementBy(CommandContext context)
    {
        if (!context.TryInt64(3, out long amount))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Hash))
        {
            return;
        }
        PackedText field = new(context[2]);
        long value = 0;
        if (Entries.TryFindValue(record, field, out Element old))
        {
            // Whatever reads as an integer is stored as one.
            if (!old.IsInteger)
            {
                context.Reply.Error(ReplyError.HashValueNotAnInteger);
                return;
            }
            value = old.Integer;
        }
        long sum = unchecked(value + amount);
        if (((value ^ sum) & (amount ^ sum)) < 0)
        {
            context.Reply.Error(ReplyError.IncrementOverflows);
            return;
        }
        PackedText text = new(sum);
        SetOne(context, record, field, text, Numbers.FormattedLength(sum));
        context.Reply.Integer(sum);
        context.Notify(NotifyEvents.Hash, "hincrby"u8, context[1]);
        context.Dirty++;
    }

    private static void IncrementByFloat(CommandContext context)
    {
        if (!ExtendedFloat.TryParse(context[3], out ExtendedFloat amount))
        {
            context.Reply.Error(ReplyError.NotAFloat);
            return;
        }
        if (!amount.IsFinite)
        {
            context.Reply.Error(ReplyError.NotFinite);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Hash))
        {
            return;
        }
        PackedText field = new(context[2]);
        ExtendedFloat value = ExtendedFloat.FromInt64(0);
        if (Entries.TryFindValue(record, field, out Element old))
        {
            if (old.IsInteger)
            {
                value = ExtendedFloat.FromInt64(old.Integer);
            }
            else if (!ExtendedFloat.TryParse(old.Bytes, out value))
            {
                context.Reply.Error(ReplyError.HashValueNotAFloat);
                return;
            }
        }
        ExtendedFloat sum = value + amount;
        if (!sum.IsFinite)
        {
            context.Reply.Error(ReplyError.IncrementNotFinite);
            return;
        }
        Span<byte> buffer = stackalloc byte[ExtendedFloat.MaxFormattedLength];
        ReadOnlySpan<byte> text = buffer[..sum.Format(buffer)];
        SetOne(context, record, field, new PackedText(text), text.Length);
        context.Reply.Bulk(text);
        context.Notify(NotifyEvents.Hash, "hincrbyfloat"u8, context[1]);
        context.Dirty++;

        // The sum and not the addition: another machine's floats may differ in the last digit.
        context.Effects.Give("HSET"u8, context[1], context[2], text);
    }

    private static void SetOne(
        CommandContext context, Record record, in PackedText field, in PackedText value, int valueLength)
    {
        bool isSmall = Math.Max(context[2].Length, valueLength) <= context.Options.HashMaxListpackValue;
        HashEditor editor = record.Exists
            ? new HashEditor(context.Database, record, context.Options)
            : HashEditor.Create(context.Database, context[1], context.Options,
                Pack.SizeOf(field) + Pack.SizeOf(value), isSmall);
        editor.Admit(context[2].Length);
        editor.Admit(valueLength);
        editor.Set(field, value);
    }
}
