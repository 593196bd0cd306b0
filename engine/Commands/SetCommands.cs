using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Single members of sets: Redis 7.0 t_set.c.</summary>
internal static class SetCommands
{
    private const string Group = "set";
    private const CommandFlags Fast = CommandFlags.ReadOnly | CommandFlags.Fast;
    private const CommandFlags Write = CommandFlags.Write | CommandFlags.Fast;
    private static readonly KeySpec Look = KeySpec.Key(1, KeyFlags.ReadOnly);

    public static IEnumerable<Command> Table =>
    [
        new("sadd", -3, Write | CommandFlags.DenyOom, AclCategories.Set, Add,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds members to a set.", "1.0.0", Group, "O(N), N members", "key member [member ...]"),
        },
        new("srem", -3, Write, AclCategories.Set, Remove, KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Docs = new("Removes members of a set; one without members is deleted.", "1.0.0", Group,
                "O(N), N members", "key member [member ...]"),
        },
        new("smove", 4, Write, AclCategories.Set, Move,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete),
            KeySpec.Key(2, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Moves a member from a set to another.", "1.0.0", Group, "O(1)", "source destination member"),
        },
        new("sismember", 3, Fast, AclCategories.Set, IsMember, Look)
        {
            Docs = new("Tells whether a set has a member.", "1.0.0", Group, "O(1)", "key member"),
        },
        new("smismember", -3, Fast, AclCategories.Set, AreMembers,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Tells which members a set has.", "6.2.0", Group, "O(N), N members",
                "key member [member ...]"),
        },
        new("scard", 2, Fast, AclCategories.Set, Count, Look)
        {
            Docs = new("Counts the members of a set.", "1.0.0", Group, "O(1)", "key"),
        },
        new("sscan", -3, CommandFlags.ReadOnly, AclCategories.Set, Scan,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Walks over the members of a set, some at each call.", "2.8.0", Group,
                "O(1) a call, O(N) for all of N members", "key cursor [MATCH pattern] [COUNT count]")
            {
                Difference = "Cursors are other numbers and the order is another; the guarantees are the same.",
            },
        },
    ];

    /// <summary>Adds a member that may bring the set into being.</summary>
    /// <param name="record">What is at the key, none or a set.</param>
    /// <returns>False if it was there.</returns>
    private static bool Add(CommandContext context, ReadOnlySpan<byte> key, Record record, in PackedText member)
    {
        long maxIntegers = context.Options.SetMaxIntsetEntries;
        SetEditor editor = record.Exists
            ? new SetEditor(context.Database, record, maxIntegers)
            : SetEditor.Create(context.Database, key, default, maxIntegers,
                member.IsInteger ? IntegerSet.WidthOf(member.Integer) : 0, Pack.SizeOf(member), 1);
        return editor.Add(member);
    }

    private static void Add(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Set))
        {
            return;
        }
        SetEditor editor = record.Exists
            ? new SetEditor(context.Database, record, context.Options.SetMaxIntsetEntries)
            : Create(context);
        long added = 0;
        for (int i = 2; i < context.Count; i++)
        {
            added += editor.Add(new PackedText(context[i])) ? 1 : 0;
        }
        if (added > 0)
        {
            context.Notify(NotifyEvents.Set, "sadd"u8, context[1]);
        }
        context.Dirty += added;
        context.Reply.Integer(added);
    }

    /// <summary>A set with the room for the members from the second argument on.</summary>
    private static SetEditor Create(CommandContext context)
    {
        long packed = 0;
        int width = 2;
        bool onlyIntegers = true;
        for (int i = 2; i < context.Count; i++)
        {
            PackedText member = new(context[i]);
            onlyIntegers &= member.IsInteger;
            width = Math.Max(width, IntegerSet.WidthOf(member.Integer));
            packed += Pack.SizeOf(member);
        }
        return SetEditor.Create(context.Database, context[1], default, context.Options.SetMaxIntsetEntries,
            onlyIntegers ? width : 0, packed, context.Count - 2);
    }

    private static void Remove(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!record.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!context.IsTypeOrMissing(record, ValueType.Set))
        {
            return;
        }
        SetEditor editor = new(context.Database, record, context.Options.SetMaxIntsetEntries);
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
        context.NotifyRemoved(NotifyEvents.Set, "srem"u8, context[1], removed, isKeyGone);
        context.Reply.Integer(removed);
    }

    private static void Move(CommandContext context)
    {
        Record source = context.Database.Find(context[1], Lookup.Write);
        Record target = context.Database.Find(context[2], Lookup.Write);
        if (!source.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!context.IsTypeOrMissing(source, ValueType.Set) || !context.IsTypeOrMissing(target, ValueType.Set))
        {
            return;
        }
        PackedText member = new(context[3]);
        if (target.Exists && source.Address == target.Address)
        {
            context.Reply.Integer(Entries.Contains(source, member) ? 1 : 0);
            return;
        }
        SetEditor editor = new(context.Database, source, context.Options.SetMaxIntsetEntries);
        if (!editor.Remove(member))
        {
            context.Reply.Integer(0);
            return;
        }
        context.NotifyRemoved(NotifyEvents.Set, "srem"u8, context[1], 1, editor.DeleteIfEmpty());
        if (Add(context, context[2], target, member))
        {
            context.Dirty++;
            context.Notify(NotifyEvents.Set, "sadd"u8, context[2]);
        }
        context.Reply.Integer(1);
    }

    private static bool TryFind(CommandContext context, out Record record)
    {
        record = context.Database.Find(context[1], Lookup.Read);
        return context.IsTypeOrMissing(record, ValueType.Set);
    }

    private static void IsMember(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            ReplyMembership(context, record, 2);
        }
    }

    private static void AreMembers(CommandContext context)
    {
        if (!TryFind(context, out Record record))
        {
            return;
        }
        context.Reply.Array(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            ReplyMembership(context, record, i);
        }
    }

    private static void ReplyMembership(CommandContext context, Record record, int index) =>
        context.Reply.Integer(record.Exists && Entries.Contains(record, new PackedText(context[index])) ? 1 : 0);

    private static void Count(CommandContext context)
    {
        if (TryFind(context, out Record record))
        {
            context.Reply.Integer(record.Exists ? Entries.CountOf(record) : 0);
        }
    }

    private static void Scan(CommandContext context) => CollectionScan.Run(context, ValueType.Set);
}
