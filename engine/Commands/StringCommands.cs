using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Strings read whole, and read with a change of the key's life: Redis 7.0 t_string.c.</summary>
internal static class StringCommands
{
    private const string Group = "string";

    public static IEnumerable<Command> Table =>
    [
        new("get", 2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.String, Get,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Answers the string at a key.", "1.0.0", Group, "O(1)", "key"),
        },
        new("mget", -2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.String, MultiGet,
            KeySpec.Keys(1, -1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Tips = ["request_policy:multi_shard"],
            Docs = new("Answers the strings at several keys.", "1.0.0", Group, "O(N), N keys", "key [key ...]"),
        },
        new("getdel", 2, CommandFlags.Write | CommandFlags.Fast, AclCategories.String, GetDelete,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete))
        {
            Docs = new("Answers the string at a key and deletes the key.", "6.2.0", Group, "O(1)", "key"),
        },
        new("getex", -2, CommandFlags.Write | CommandFlags.Fast, AclCategories.String, GetExpire,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update) with
            {
                Notes = "RW and UPDATE because it changes the TTL",
            })
        {
            Docs = new("Answers the string at a key and sets or removes the key's expiry.", "6.2.0", Group, "O(1)",
                "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]"),
        },
    ];

    /// <summary>Answers a string's value, or null for none.</summary>
    public static void ReplyValue(ReplyWriter reply, Record record)
    {
        if (!record.Exists)
        {
            reply.Null();
        }
        else if (record.Encoding == ValueEncoding.Int)
        {
            reply.BulkInteger(record.Integer);
        }
        else
        {
            reply.Bulk(record.Bytes);
        }
    }

    /// <summary>The bytes of a string, or none where there is no record.</summary>
    /// <param name="digits">Room for <see cref="Numbers.MaxInt64Length"/> bytes, for an integer written out.</param>
    public static unsafe ReadOnlySpan<byte> TextOf(Record record, Span<byte> digits)
    {
        if (!record.Exists)
        {
            return [];
        }
        if (record.Encoding != ValueEncoding.Int)
        {
            return record.Bytes;
        }
        fixed (byte* start = digits)
        {
            return digits[..Numbers.Format(record.Integer, start)];
        }
    }

    private static void Get(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (context.IsStringOrMissing(record))
        {
            ReplyValue(context.Reply, record);
        }
    }

    private static void MultiGet(CommandContext context)
    {
        context.Reply.Array(context.Count - 1);
        for (int i = 1; i < context.Count; i++)
        {
            Record record = context.Database.Find(context[i], Lookup.Read);
            bool isString = record.Exists && record.Type == Keyspace.ValueType.String;
            ReplyValue(context.Reply, isString ? record : default);
        }
    }

    private static void GetDelete(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        ReplyValue(context.Reply, record);
        if (record.Exists)
        {
            context.Database.Delete(record);
            context.Dirty++;
            context.Effects.Give(context.Options.LazyFreeUserDel ? "UNLINK"u8 : "DEL"u8, context[1]);
            context.Notify(NotifyEvents.Generic, "del"u8, context[1]);
        }
    }

    private static void GetExpire(CommandContext context)
    {
        if (!StringOptions.TryParse(context, 2, StringCommandKind.Get, out StringOptions options))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Null();
            return;
        }
        if (!options.TryReadExpiry(context, out long expiry))
        {
            return;
        }
        ReplyValue(context.Reply, record);
        if (options.Expiry != ExpiryForm.None)
        {
            ChangeExpiry(context, record, expiry);
        }
        else if (options.Persist && record.HasExpiry)
        {
            context.Database.SetExpiry(record, -1);
            context.Dirty++;
            context.Effects.Give("PERSIST"u8, context[1]);
            context.Notify(NotifyEvents.Generic, "persist"u8, context[1]);
        }
    }

    private static void ChangeExpiry(CommandContext context, Record record, long expiry)
    {
        context.Dirty++;
        if (expiry <= context.NowMs)
        {
            context.Database.Delete(record);
            context.Effects.Give(context.Options.LazyFreeExpire ? "UNLINK"u8 : "DEL"u8, context[1]);
            context.Notify(NotifyEvents.Generic, "del"u8, context[1]);
            return;
        }
        context.Database.SetExpiry(record, expiry);
        context.Effects.Give("PEXPIREAT"u8, context[1], expiry);
        context.Notify(NotifyEvents.Generic, "expire"u8, context[1]);
    }
}
