using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Strings written whole: Redis 7.0 t_string.c.</summary>
internal static class StringSetCommands
{
    private const string Group = "string";

    public static IEnumerable<Command> Table =>
    [
        new("set", -3, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, Set,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update | KeyFlags.VariableFlags) with
            {
                Notes = "RW and ACCESS due to the optional `GET` argument",
            })
        {
            Docs = new("Sets a key to a string, whatever it held.", "1.0.0", Group, "O(1)",
                "key value [NX | XX] [GET] "
                + "[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]"),
        },
        new("setnx", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.String,
            SetIfMissing, KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Insert))
        {
            Docs = new("Sets a key to a string if there is no such key.", "1.0.0", Group, "O(1)", "key value"),
        },
        new("setex", 4, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, SetForSeconds,
            KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update))
        {
            Docs = new("Sets a key to a string for some seconds.", "2.0.0", Group, "O(1)", "key seconds value"),
        },
        new("psetex", 4, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, SetForMilliseconds,
            KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update))
        {
            Docs = new("Sets a key to a string for some milliseconds.", "2.6.0", Group, "O(1)",
                "key milliseconds value"),
        },
        new("getset", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.String, GetSet,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update))
        {
            Docs = new("Sets a key to a string and answers the one before.", "1.0.0", Group, "O(1)", "key value"),
        },
        new("mset", -3, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, MultiSet,
            KeySpec.Keys(1, -1, KeyFlags.Overwrite | KeyFlags.Update, step: 2))
        {
            Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"],
            Docs = new("Sets several keys to strings.", "1.0.1", Group, "O(N), N keys", "key value [key value ...]"),
        },
        new("msetnx", -3, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, MultiSetIfMissing,
            KeySpec.Keys(1, -1, KeyFlags.Overwrite | KeyFlags.Insert, step: 2))
        {
            Tips = ["request_policy:multi_shard", "response_policy:agg_min"],
            Docs = new("Sets several keys to strings if there is none of them.", "1.0.1", Group, "O(N), N keys",
                "key value [key value ...]"),
        },
    ];

    private static void Set(CommandContext context)
    {
        StringOptions options = default;
        long expiry = -1;
        if (context.Count > 3
            && !(StringOptions.TryParse(context, 3, StringCommandKind.Set, out options)
                && options.TryReadExpiry(context, out expiry)))
        {
            return;
        }
        Record record = context.Database.Find(context[1], options.ReplyOldValue ? Lookup.Read : Lookup.Write);
        if (options.ReplyOldValue)
        {
            if (!context.IsStringOrMissing(record))
            {
                return;
            }
            StringCommands.ReplyValue(context.Reply, record);
        }
        if (record.Exists ? options.OnlyIfMissing : options.OnlyIfExists)
        {
            if (!options.ReplyOldValue)
            {
                context.Reply.Null();
            }
            return;
        }
        bool keepsExpiry = options.KeepExpiry && record.Exists;
        context.Database.PutString(context[1], record, context[2], keepsExpiry ? record.Expiry : expiry);
        context.Dirty++;
        context.Notify(NotifyEvents.String, "set"u8, context[1]);
        if (expiry >= 0)
        {
            context.Effects.Give("SET"u8, context[1], context[2], "PXAT"u8, expiry);
            context.Notify(NotifyEvents.Generic, "expire"u8, context[1]);
        }
        else if (options.ReplyOldValue)
        {
            GiveWithoutGet(context);
        }
        if (!options.ReplyOldValue)
        {
            context.Reply.Ok();
        }
    }

    /// <summary>The effect of a SET that also reads: the same without GET, however often that stands.</summary>
    private static void GiveWithoutGet(CommandContext context)
    {
        int count = 0;
        for (int i = 0; i < context.Count; i++)
        {
            count += i >= 3 && context.Is(i, "GET"u8) ? 0 : 1;
        }
        context.Effects.Begin(count);
        for (int i = 0; i < context.Count; i++)
        {
            if (i < 3 || !context.Is(i, "GET"u8))
            {
                context.Effects.Add(context[i]);
            }
        }
    }

    private static void SetIfMissing(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!record.Exists)
        {
            context.Database.PutString(context[1], record, context[2]);
            context.Dirty++;
            context.Notify(NotifyEvents.String, "set"u8, context[1]);
        }
        context.Reply.Integer(record.Exists ? 0 : 1);
    }

    private static void SetForSeconds(CommandContext context) => SetFor(context, ExpiryForm.Seconds);

    private static void SetForMilliseconds(CommandContext context) => SetFor(context, ExpiryForm.Milliseconds);

    private static void SetFor(CommandContext context, ExpiryForm form)
    {
        if (!StringOptions.TryReadExpiry(context, 2, form, out long expiry))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        context.Database.PutString(context[1], record, context[3], expiry);
        context.Dirty++;
        context.Effects.Give("SET"u8, context[1], context[3], "PXAT"u8, expiry);
        context.Notify(NotifyEvents.String, "set"u8, context[1]);
        context.Notify(NotifyEvents.Generic, "expire"u8, context[1]);
        context.Reply.Ok();
    }

    private static void GetSet(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        StringCommands.ReplyValue(context.Reply, record);
        context.Database.PutString(context[1], record, context[2]);
        context.Dirty++;
        context.Effects.Give("SET"u8, context[1], context[2]);
        context.Notify(NotifyEvents.String, "set"u8, context[1]);
    }

    private static void MultiSet(CommandContext context)
    {
        if (HasWholePairs(context))
        {
            SetPairs(context);
            context.Reply.Ok();
        }
    }

    private static void MultiSetIfMissing(CommandContext context)
    {
        if (!HasWholePairs(context))
        {
            return;
        }
        for (int i = 1; i < context.Count; i += 2)
        {
            if (context.Database.Find(context[i], Lookup.Write).Exists)
            {
                context.Reply.Integer(0);
                return;
            }
        }
        SetPairs(context);
        context.Reply.Integer(1);
    }

    private static bool HasWholePairs(CommandContext context)
    {
        if (context.Count % 2 != 0)
        {
            return true;
        }
        context.Reply.Error(ReplyError.WrongArity(context.Command.FullName));
        return false;
    }

    private static void SetPairs(CommandContext context)
    {
        for (int i = 1; i < context.Count; i += 2)
        {
            Record record = context.Database.Find(context[i], Lookup.Write);
            context.Database.PutString(context[i], record, context[i + 1]);
            context.Notify(NotifyEvents.String, "set"u8, context[i]);
        }
        context.Dirty += context.Count / 2;
    }
}
