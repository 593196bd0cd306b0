using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Members of sets at random: Redis 7.0 t_set.c.</summary>
internal static class SetRandomCommands
{
    private const string Group = "set";

    /// <summary>When so much less stays than goes, what stays is drawn and not what goes.</summary>
    private const int DrawWhatStaysFrom = 5;

    private static readonly string[] Any = ["nondeterministic_output"];

    public static IEnumerable<Command> Table =>
    [
        new("spop", -2, CommandFlags.Write | CommandFlags.Fast, AclCategories.Set, Pop,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete))
        {
            Tips = Any,
            Docs = new("Takes members of a set at random.", "1.0.0", Group, "O(N), N members taken", "key [count]"),
        },
        new("srandmember", -2, CommandFlags.ReadOnly, AclCategories.Set, RandomMember,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Tips = Any,
            Docs = new("Answers members of a set at random.", "1.0.0", Group, "O(N), N members answered",
                "key [count]")
            {
                Difference = "A count below -2147483647 is refused as out of range.",
            },
        },
    ];

    private static void RandomMember(CommandContext context)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        long count = 0;
        if (context.Count == 3 && !RandomEntries.TryReadCount(context, 2, out count))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsTypeOrMissing(record, ValueType.Set))
        {
            return;
        }
        if (context.Count == 3)
        {
            RandomEntries.Reply(context, record, count, withValues: false);
        }
        else if (record.Exists)
        {
            Entries.Random(record, context.Engine.Random).Key.Reply(context.Reply);
        }
        else
        {
            context.Reply.Null();
        }
    }

    private static void Pop(CommandContext context)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        if (context.Count == 3)
        {
            PopSeveral(context);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Set))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Null();
            return;
        }
        SetEditor editor = new(context.Database, record, context.Options.SetMaxIntsetEntries);
        PopOne(context, ref editor);
        context.NotifyRemoved(NotifyEvents.Set, "spop"u8, context[1], 1, editor.DeleteIfEmpty());
    }

    private static void PopSeveral(CommandContext context)
    {
        if (!context.TryInt64(2, out long count, ReplyError.MustBePositive))
        {
            return;
        }
        if (count < 0)
        {
            context.Reply.Error(ReplyError.MustBePositive);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Set))
        {
            return;
        }
        if (!record.Exists || count == 0)
        {
            context.Reply.Set(0);
            return;
        }
        long size = Entries.CountOf(record);
        context.Notify(NotifyEvents.Set, "spop"u8, context[1]);
        context.Dirty += Math.Min(count, size);
        if (count >= size)
        {
            PopAll(context, record);
            return;
        }
        context.Reply.Set(count);
        SetEditor editor = new(context.Database, record, context.Options.SetMaxIntsetEntries);
        if ((size - count) * DrawWhatStaysFrom > count)
        {
            for (; count > 0; count--)
            {
                PopOne(context, ref editor);
            }
            return;
        }
        PopMost(context, ref editor, size - count);
    }

    private static void PopOne(CommandContext context, ref SetEditor editor)
    {
        Element member = Entries.Random(editor.Record, context.Engine.Random).Key;
        Give(context, member);
        editor.Remove(PackedText.Of(member));
    }

    private static void PopAll(CommandContext context, Record record)
    {
        context.Reply.Set(Entries.CountOf(record));
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            walk.Key.Reply(context.Reply);
        }
        context.Database.Delete(record);
        context.Notify(NotifyEvents.Generic, "del"u8, context[1]);
        context.Effects.Give("DEL"u8, context[1]);
    }

    /// <summary>Draws what stays, and takes all the rest.</summary>
    private static void PopMost(CommandContext context, ref SetEditor editor, long remaining)
    {
        using SetBuilder stays = new(context.Database, context.Options.SetMaxIntsetEntries);
        for (; remaining > 0; remaining--)
        {
            PackedText member = PackedText.Of(Entries.Random(editor.Record, context.Engine.Random).Key);
            stays.Add(member);
            editor.Remove(member);
        }
        EntryWalk walk = new(editor.Record);
        while (walk.MoveNext())
        {
            Give(context, walk.Key);
        }
        stays.Store(context[1], editor.Record, editor.Record.Expiry);
    }

    /// <summary>Answers a member that goes, and tells that it goes.</summary>
    private static void Give(CommandContext context, Element member)
    {
        Span<byte> scratch = stackalloc byte[Element.ScratchLength];
        member.Reply(context.Reply);
        context.Effects.Give("SREM"u8, context[1], member.Text(scratch));
    }
}
