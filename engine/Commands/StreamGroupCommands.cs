using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>XGROUP and XACK: Redis 7.0 t_stream.c.</summary>
internal static unsafe class StreamGroupCommands
{
    private const string Group = "stream";

    /// <summary>Most arguments that XGROUP CREATE takes, and SETID, whatever they are.</summary>
    private const int MostOfCreate = 8;
    private const int MostOfSetId = 7;

    public static IEnumerable<Command> Table =>
    [
        new("xgroup", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("Groups of consumers of a stream.", "5.0.0", Group, "Depends on the subcommand.", ""),
            Subcommands =
            [
                Row("create", -5, CommandFlags.Write | CommandFlags.DenyOom, KeyFlags.Insert, Create,
                    "Creates a group.", "5.0.0",
                    "key groupname <id | $> [MKSTREAM] [ENTRIESREAD entries_read]"),
                Row("setid", -5, CommandFlags.Write, KeyFlags.Update, SetId,
                    "Sets how far a group has come.", "5.0.0",
                    "key groupname <id | $> [ENTRIESREAD entries_read]"),
                Row("destroy", 4, CommandFlags.Write, KeyFlags.Delete, Destroy,
                    "Removes a group with all that is pending in it.", "5.0.0", "key groupname"),
                Row("createconsumer", 5, CommandFlags.Write | CommandFlags.DenyOom, KeyFlags.Insert, CreateConsumer,
                    "Creates a consumer in a group.", "6.2.0", "key groupname consumername"),
                Row("delconsumer", 5, CommandFlags.Write, KeyFlags.Delete, DeleteConsumer,
                    "Removes a consumer with what is pending for it.", "5.0.0", "key groupname consumername"),
                new("help", 2, CommandFlags.Loading | CommandFlags.Stale, AclCategories.Stream, Help)
                {
                    Docs = new("Tells the subcommands.", "5.0.0", Group, "O(1)", ""),
                },
            ],
        },
        new("xack", -4, CommandFlags.Write | CommandFlags.Fast, AclCategories.Stream, Acknowledge,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Takes entries off what is pending in a group.", "5.0.0", Group, "O(N log M), N IDs, M pending",
                "key group id [id ...]"),
        },
    ];

    private static Command Row(
        string name, int arity, CommandFlags flags, KeyFlags key, Action<CommandContext> handler, string summary,
        string since, string syntax) =>
        new(name, arity, flags, AclCategories.Stream, handler, KeySpec.Key(2, KeyFlags.ReadWrite | key))
        {
            Docs = new(summary, since, Group, name == "destroy" ? "O(N), N pending" : "O(log N)", syntax),
        };

    private static void Create(CommandContext context)
    {
        if (!TryParseOptions(context, mayCreate: true, out bool makeStream, out long entriesRead)
            || !TryFindStream(context, makeStream, out Record record))
        {
            return;
        }
        if (context.Count > MostOfCreate)
        {
            HelpReply.Refuse(context);
            return;
        }
        StreamId lastId;
        if (context[4].SequenceEqual("$"u8))
        {
            lastId = record.Exists ? StreamKey.Root(record)->LastId : StreamId.Min;
        }
        else if (!StreamIdArgument.TryRead(context, 4, out lastId))
        {
            return;
        }
        NativeText name = context.TextAt(3);
        if (record.Exists && StreamGroups.Find(StreamKey.Root(record), name) != null)
        {
            context.Reply.Error(ReplyError.GroupExists);
            return;
        }
        ValueHeap heap = context.Database.Values;
        StreamRoot* root = record.Exists ? StreamKey.ChangeUnwatched(context, record) : StreamRoot.New(heap);
        StreamGroups.TryCreate(root, heap, name, lastId, entriesRead);
        if (!record.Exists)
        {
            context.Database.PutHeap(context[2], record, ValueType.Stream, ValueEncoding.Stream, &root->Value);
        }
        context.Reply.Ok();
        context.Dirty++;
        context.Notify(NotifyEvents.Stream, "xgroup-create"u8, context[2]);
    }

    private static void SetId(CommandContext context)
    {
        if (!TryParseOptions(context, mayCreate: false, out _, out long entriesRead)
            || !TryFindGroup(context, out Record record))
        {
            return;
        }
        if (context.Count > MostOfSetId)
        {
            HelpReply.Refuse(context);
            return;
        }
        StreamId lastId;
        if (context[4].SequenceEqual("$"u8))
        {
            lastId = StreamKey.Root(record)->LastId;
        }
        else if (!StreamIdArgument.TryReadOrEdge(context, 4, 0, out lastId))
        {
            return;
        }
        StreamGroup* group = Change(context, record, out _);
        group->LastId = lastId;
        group->EntriesRead = entriesRead;
        context.Reply.Ok();
        context.Dirty++;
        context.Notify(NotifyEvents.Stream, "xgroup-setid"u8, context[2]);
    }

    private static void Destroy(CommandContext context)
    {
        if (!TryFindStream(context, makeStream: false, out Record record))
        {
            return;
        }
        NativeText name = context.TextAt(3);
        if (StreamGroups.Find(StreamKey.Root(record), name) == null)
        {
            context.Reply.Integer(0);
            return;
        }
        StreamRoot* group = StreamGroups.Detach(
            StreamKey.ChangeUnwatched(context, record), context.Database.Values, name);
        context.Database.FreeDetached(&group->Value);
        context.Reply.Integer(1);
        context.Dirty++;
        context.Notify(NotifyEvents.Stream, "xgroup-destroy"u8, context[2]);

        // Consumers that wait in this group are told of its end.
        context.Database.SignalReady(context[2]);
    }

    private static void CreateConsumer(CommandContext context)
    {
        if (!TryFindGroup(context, out Record record))
        {
            return;
        }
        NativeText name = context.TextAt(4);
        StreamGroup* existing = StreamGroups.Find(StreamKey.Root(record), context.TextAt(3));
        bool isNew = !StreamGroups.TryFindConsumer(existing, name, out _);
        if (isNew)
        {
            StreamGroup* group = Change(context, record, out StreamRoot* root);
            StreamGroups.CreateConsumer(group, context.Database.Values, &root->Value, name, context.NowMs);
            context.Dirty++;
            context.Notify(NotifyEvents.Stream, "xgroup-createconsumer"u8, context[2]);
        }
        context.Reply.Integer(isNew ? 1 : 0);
    }

    private static void DeleteConsumer(CommandContext context)
    {
        if (!TryFindGroup(context, out Record record))
        {
            return;
        }
        long pending = 0;
        StreamGroup* existing = StreamGroups.Find(StreamKey.Root(record), context.TextAt(3));
        if (StreamGroups.TryFindConsumer(existing, context.TextAt(4), out ConsumerNumber number))
        {
            pending = StreamGroups.Consumer(existing, number)->Pending.Count;
            StreamGroup* group = Change(context, record, out StreamRoot* root);
            StreamGroups.RemoveConsumer(group, context.Database.Values, &root->Value, number);
            context.Dirty++;
            context.Notify(NotifyEvents.Stream, "xgroup-delconsumer"u8, context[2]);
        }
        context.Reply.Integer(pending);
    }

    private static void Acknowledge(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return;
        }
        NativeText name = context.TextAt(2);
        if (!record.Exists || StreamGroups.Find(StreamKey.Root(record), name) == null)
        {
            context.Reply.Integer(0);
            return;
        }
        int count = context.Count - 3;
        Span<StreamId> ids = count <= StreamCommands.StackIds ? stackalloc StreamId[count] : new StreamId[count];
        if (!StreamIdArgument.TryReadAll(context, 3, ids))
        {
            return;
        }
        ValueHeap heap = context.Database.Values;
        StreamRoot* root = StreamKey.ChangeUnwatched(context, record);
        StreamGroup* group = StreamGroups.FindWritable(root, heap, name);
        long acknowledged = 0;
        foreach (StreamId id in ids)
        {
            acknowledged += StreamGroups.Acknowledge(group, heap, &root->Value, id) ? 1 : 0;
        }
        context.Dirty += acknowledged;
        context.Reply.Integer(acknowledged);
    }

    /// <param name="mayCreate">MKSTREAM is an option.</param>
    private static bool TryParseOptions(
        CommandContext context, bool mayCreate, out bool makeStream, out long entriesRead)
    {
        makeStream = false;
        entriesRead = StreamGroup.Unknown;
        for (int i = 5; i < context.Count; i++)
        {
            if (mayCreate && context.Is(i, "MKSTREAM"u8))
            {
                makeStream = true;
            }
            else if (i + 1 < context.Count && context.Is(i, "ENTRIESREAD"u8))
            {
                if (!context.TryInt64(++i, out entriesRead))
                {
                    return false;
                }
                if (entriesRead < StreamGroup.Unknown)
                {
                    context.Reply.Error(ReplyError.EntriesReadNegative);
                    return false;
                }
            }
            else
            {
                HelpReply.Refuse(context);
                return false;
            }
        }
        return true;
    }

    /// <summary>Finds the key; answers the error itself.</summary>
    /// <param name="makeStream">It may be missing.</param>
    private static bool TryFindStream(CommandContext context, bool makeStream, out Record record)
    {
        record = context.Database.Find(context[2], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return false;
        }
        if (!record.Exists && !makeStream)
        {
            context.Reply.Error(ReplyError.GroupNeedsKey);
            return false;
        }
        return true;
    }

    private static bool TryFindGroup(CommandContext context, out Record record)
    {
        if (!TryFindStream(context, makeStream: false, out record))
        {
            return false;
        }
        if (StreamGroups.Find(StreamKey.Root(record), context.TextAt(3)) == null)
        {
            context.Reply.Error(ReplyError.NoGroup(context[2], context[3]));
            return false;
        }
        return true;
    }

    private static StreamGroup* Change(CommandContext context, Record record, out StreamRoot* root)
    {
        root = StreamKey.ChangeUnwatched(context, record);
        return StreamGroups.FindWritable(root, context.Database.Values, context.TextAt(3));
    }

    private static void Help(CommandContext context) => HelpReply.Write(context,
        "CREATE <key> <groupname> <id|$> [MKSTREAM] [ENTRIESREAD <entries_read>]",
        "    Makes a group that gets what comes behind the ID; MKSTREAM makes the stream, too.",
        "CREATECONSUMER <key> <groupname> <consumername>",
        "    Makes a consumer.",
        "DELCONSUMER <key> <groupname> <consumername>",
        "    Removes a consumer and forgets what is pending for it.",
        "DESTROY <key> <groupname>",
        "    Removes a group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD <entries_read>]",
        "    Sets the ID that was delivered last.");
}
