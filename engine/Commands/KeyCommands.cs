using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Keys as a whole, whatever they hold: Redis 7.0 db.c.</summary>
internal static class KeyCommands
{
    private const string Group = "generic";
    private const CommandFlags FastRead = CommandFlags.ReadOnly | CommandFlags.Fast;
    private const CommandFlags FastWrite = CommandFlags.Write | CommandFlags.Fast;

    private static readonly string[] SumOverShards = ["request_policy:multi_shard", "response_policy:agg_sum"];
    private static readonly KeySpec RenameSource =
        KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete);

    public static IEnumerable<Command> Table =>
    [
        new("del", -2, CommandFlags.Write, AclCategories.Keyspace, Delete,
            KeySpec.Keys(1, -1, KeyFlags.Remove | KeyFlags.Delete))
        {
            Tips = SumOverShards,
            Docs = new("Deletes keys.", "1.0.0", Group, "O(N), N keys; long values are freed in the background",
                "key [key ...]"),
        },
        new("unlink", -2, FastWrite, AclCategories.Keyspace, Delete,
            KeySpec.Keys(1, -1, KeyFlags.Remove | KeyFlags.Delete))
        {
            Tips = SumOverShards,
            Docs = new("Deletes keys and frees their memory in the background.", "4.0.0", Group, "O(N), N keys",
                "key [key ...]"),
        },
        new("exists", -2, FastRead, AclCategories.Keyspace, Exists, KeySpec.Keys(1, -1, KeyFlags.ReadOnly))
        {
            Tips = SumOverShards,
            Docs = new("Counts how many of the keys exist.", "1.0.0", Group, "O(N), N keys", "key [key ...]"),
        },
        new("touch", -2, FastRead, AclCategories.Keyspace, Touch, KeySpec.Keys(1, -1, KeyFlags.ReadOnly))
        {
            Tips = SumOverShards,
            Docs = new("Marks keys as just used and counts those that exist.", "3.2.1", Group, "O(N), N keys",
                "key [key ...]"),
        },
        new("type", 2, FastRead, AclCategories.Keyspace, Type, KeySpec.Key(1, KeyFlags.ReadOnly))
        {
            Docs = new("Tells the type of the value at a key.", "1.0.0", Group, "O(1)", "key"),
        },
        new("rename", 3, CommandFlags.Write, AclCategories.Keyspace, Rename,
            RenameSource, KeySpec.Key(2, KeyFlags.Overwrite | KeyFlags.Update))
        {
            Docs = new("Gives a key another name, in the place of a key that has it.", "1.0.0", Group, "O(1)",
                "key newkey"),
        },
        new("renamenx", 3, FastWrite, AclCategories.Keyspace, RenameIfFree,
            RenameSource, KeySpec.Key(2, KeyFlags.Overwrite | KeyFlags.Insert))
        {
            Docs = new("Gives a key another name unless a key has it.", "1.0.0", Group, "O(1)", "key newkey"),
        },
        new("copy", -3, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.Keyspace, Copy,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access), KeySpec.Key(2, KeyFlags.Overwrite | KeyFlags.Update))
        {
            Docs = new("Copies a key's value and expiry to another key.", "6.2.0", Group, "O(N), N the value's size",
                "source destination [DB destination-db] [REPLACE]"),
        },
        new("move", 3, FastWrite, AclCategories.Keyspace, Move,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update))
        {
            Docs = new("Moves a key to another database unless it exists there.", "1.0.0", Group, "O(1)", "key db"),
        },
    ];

    /// <summary>The name of a type as TYPE tells it and SCAN ... TYPE takes it.</summary>
    public static ReadOnlySpan<byte> TypeName(Tidelog.Engine.Keyspace.ValueType type) => type switch
    {
        Keyspace.ValueType.String => "string"u8,
        Keyspace.ValueType.List => "list"u8,
        Keyspace.ValueType.Set => "set"u8,
        Keyspace.ValueType.SortedSet => "zset"u8,
        Keyspace.ValueType.Hash => "hash"u8,
        _ => "stream"u8,
    };

    private static void Delete(CommandContext context)
    {
        long count = 0;
        for (int i = 1; i < context.Count; i++)
        {
            Record record = context.Database.Find(context[i], Lookup.Write | Lookup.NoTouch);
            if (record.Exists)
            {
                context.Database.Delete(record);
                context.Notify(NotifyEvents.Generic, "del"u8, context[i]);
                count++;
            }
        }
        context.Dirty += count;
        context.Reply.Integer(count);
    }

    private static void Exists(CommandContext context) => CountFound(context, Lookup.Read | Lookup.NoTouch);

    private static void Touch(CommandContext context) => CountFound(context, Lookup.Read);

    private static void CountFound(CommandContext context, Lookup lookup)
    {
        long count = 0;
        for (int i = 1; i < context.Count; i++)
        {
            if (context.Database.Find(context[i], lookup).Exists)
            {
                count++;
            }
        }
        context.Reply.Integer(count);
    }

    private static void Type(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read | Lookup.NoTouch);
        context.Reply.SimpleString(record.Exists ? TypeName(record.Type) : "none"u8);
    }

    private static void Rename(CommandContext context)
    {
        if (TryRename(context, onlyIfFree: false))
        {
            context.Reply.Ok();
        }
    }

    private static void RenameIfFree(CommandContext context)
    {
        if (TryRename(context, onlyIfFree: true))
        {
            context.Reply.Integer(1);
        }
    }

    /// <returns>False if the reply is given: no such key, or the new name is not free.</returns>
    private static bool TryRename(CommandContext context, bool onlyIfFree)
    {
        Database database = context.Database;
        Record source = database.Find(context[1], Lookup.Write);
        if (!source.Exists)
        {
            context.Reply.Error(ReplyError.NoSuchKey);
            return false;
        }
        bool sameKey = context[1].SequenceEqual(context[2]);
        Record existing = sameKey ? source : database.Find(context[2], Lookup.Write);
        if (existing.Exists && onlyIfFree)
        {
            context.Reply.Integer(0);
            return false;
        }
        if (!sameKey)
        {
            database.MoveTo(source, database, context[2], existing);
            context.Dirty++;
            context.Notify(NotifyEvents.Generic, "rename_from"u8, context[1]);
            context.Notify(NotifyEvents.Generic, "rename_to"u8, context[2]);
        }
        return true;
    }

    private static void Move(CommandContext context)
    {
        Database source = context.Database;
        if (!DatabaseCommands.TryDatabase(context, 2, out Database target))
        {
            return;
        }
        if (source == target)
        {
            context.Reply.Error(ReplyError.SameObject);
            return;
        }
        Record record = source.Find(context[1], Lookup.Write);
        if (!record.Exists || target.Find(context[1], Lookup.Write).Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        source.MoveTo(record, target, context[1], default);
        context.Dirty++;
        context.Notify(NotifyEvents.Generic, "move_from"u8, context[1]);
        context.Engine.Notify(NotifyEvents.Generic, "move_to"u8, context[1], target);
        context.Reply.Integer(1);
    }

    private static void Copy(CommandContext context)
    {
        Database target = context.Database;
        bool replace = false;
        for (int i = 3; i < context.Count; i++)
        {
            if (context.Is(i, "REPLACE"u8))
            {
                replace = true;
            }
            else if (context.Is(i, "DB"u8) && i + 1 < context.Count)
            {
                i++;
                if (!DatabaseCommands.TryDatabase(context, i, out target))
                {
                    return;
                }
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return;
            }
        }
        if (target == context.Database && context[1].SequenceEqual(context[2]))
        {
            context.Reply.Error(ReplyError.SameObject);
            return;
        }
        Record source = context.Database.Find(context[1], Lookup.Read);
        Record existing = source.Exists ? target.Find(context[2], Lookup.Write) : default;
        if (!source.Exists || (existing.Exists && !replace))
        {
            context.Reply.Integer(0);
            return;
        }
        Database.CopyTo(source, target, context[2], existing);
        context.Dirty++;
        context.Engine.Notify(NotifyEvents.Generic, "copy_to"u8, context[2], target);
        context.Reply.Integer(1);
    }
}
