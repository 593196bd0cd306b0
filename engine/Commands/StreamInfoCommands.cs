using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>XINFO: Redis 7.0 t_stream.c.</summary>
internal static unsafe class StreamInfoCommands
{
    private const string Group = "stream";

    /// <summary>Entries of each kind that XINFO STREAM FULL tells without COUNT.</summary>
    private const long DefaultCount = 10;

    public static IEnumerable<Command> Table =>
    [
        new("xinfo", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("What a stream and its groups consist of.", "5.0.0", Group, "Depends on the subcommand.", ""),
            Subcommands =
            [
                new("stream", -3, CommandFlags.ReadOnly, AclCategories.Stream, Stream, Key)
                {
                    Docs = new("Counters of a stream; all that it holds with FULL.", "5.0.0", Group, "O(1)",
                        "key [FULL [COUNT count]]"),
                },
                new("groups", 3, CommandFlags.ReadOnly, AclCategories.Stream, Groups, Key)
                {
                    Docs = new("The groups of a stream.", "5.0.0", Group, "O(N), N groups", "key"),
                },
                new("consumers", 4, CommandFlags.ReadOnly, AclCategories.Stream, Consumers, Key)
                {
                    Tips = ["nondeterministic_output"],
                    Docs = new("The consumers of a group.", "5.0.0", Group, "O(N), N consumers", "key groupname"),
                },
                new("help", 2, CommandFlags.Loading | CommandFlags.Stale, AclCategories.Stream, Help)
                {
                    Docs = new("Tells the subcommands.", "5.0.0", Group, "O(1)", ""),
                },
            ],
        },
    ];

    private static KeySpec Key => KeySpec.Key(2, KeyFlags.ReadOnly | KeyFlags.Access);

    private static void Stream(CommandContext context)
    {
        if (!TryFind(context, out StreamRoot* root))
        {
            return;
        }
        bool isFull = context.Count > 3;
        long count = DefaultCount;
        bool isKnown = !isFull || (context.Count is 4 or 6 && context.Is(3, "FULL"u8));
        if (!isKnown || (context.Count == 6 && !context.Is(4, "COUNT"u8)))
        {
            HelpReply.Refuse(context);
            return;
        }
        if (context.Count == 6 && !context.TryInt64(5, out count))
        {
            return;
        }
        ReplyWriter reply = context.Reply;
        reply.Map(isFull ? 9 : 10);
        Counters(reply, root);
        if (isFull)
        {
            Full(reply, root, count < 0 ? DefaultCount : count);
            return;
        }
        reply.Bulk("groups"u8);
        reply.Integer(root->Groups.Count);
        reply.Bulk("first-entry"u8);
        StreamReply.Edge(reply, root, last: false);
        reply.Bulk("last-entry"u8);
        StreamReply.Edge(reply, root, last: true);
    }

    private static void Counters(ReplyWriter reply, StreamRoot* root)
    {
        reply.Bulk("length"u8);
        reply.Integer(root->Value.Count);
        reply.Bulk("radix-tree-keys"u8);
        reply.Integer(root->Chunks.Count);
        reply.Bulk("radix-tree-nodes"u8);
        reply.Integer(root->RadixNodes);
        reply.Bulk("last-generated-id"u8);
        StreamReply.Id(reply, root->LastId);
        reply.Bulk("max-deleted-entry-id"u8);
        StreamReply.Id(reply, root->MaxDeletedId);
        reply.Bulk("entries-added"u8);
        reply.Integer((long)root->EntriesAdded);
        reply.Bulk("recorded-first-entry-id"u8);
        StreamReply.Id(reply, root->FirstId);
    }

    /// <param name="count">Entries of each kind at most, 0 for all.</param>
    private static void Full(ReplyWriter reply, StreamRoot* root, long count)
    {
        reply.Bulk("entries"u8);
        StreamReply.Range(reply, root, StreamId.Min, StreamId.Max, count, reverse: false);
        reply.Bulk("groups"u8);
        reply.Array(root->Groups.Count);
        TreeCursor<NativeText, StreamGroup> at = TreeCursor<NativeText, StreamGroup>.AtFirst(root->Groups);
        for (; at.IsValid; at.MoveNext())
        {
            StreamGroup* group = at.Value;
            reply.Map(7);
            reply.Bulk("name"u8);
            reply.Bulk(at.Key.Bytes);
            Position(reply, root, group);
            reply.Bulk("pel-count"u8);
            reply.Integer(group->Pending.Count);
            reply.Bulk("pending"u8);
            Pending(reply, group, count);
            reply.Bulk("consumers"u8);
            FullConsumers(reply, group, count);
        }
    }

    private static void Pending(ReplyWriter reply, StreamGroup* group, long count)
    {
        reply.Array(AtMost(group->Pending.Count, count));
        TreeCursor<StreamId, PendingEntry> at = TreeCursor<StreamId, PendingEntry>.AtFirst(group->Pending);
        for (long left = AtMost(group->Pending.Count, count); left > 0; left--, at.MoveNext())
        {
            reply.Array(4);
            StreamReply.Id(reply, at.Key);
            reply.Bulk(StreamGroups.Consumer(group, at.Value->Consumer)->Name.Bytes);
            reply.Integer(at.Value->DeliveryMs);
            reply.Integer(at.Value->DeliveryCount);
        }
    }

    private static void FullConsumers(ReplyWriter reply, StreamGroup* group, long count)
    {
        reply.Array(group->Names.Count);
        TreeCursor<NativeText, ConsumerNumber> at = TreeCursor<NativeText, ConsumerNumber>.AtFirst(group->Names);
        for (; at.IsValid; at.MoveNext())
        {
            StreamConsumer* consumer = StreamGroups.Consumer(group, *at.Value);
            reply.Map(4);
            reply.Bulk("name"u8);
            reply.Bulk(at.Key.Bytes);
            reply.Bulk("seen-time"u8);
            reply.Integer(consumer->SeenMs);
            reply.Bulk("pel-count"u8);
            reply.Integer(consumer->Pending.Count);
            reply.Bulk("pending"u8);
            long left = AtMost(consumer->Pending.Count, count);
            reply.Array(left);
            TreeCursor<StreamId, NoValue> id = TreeCursor<StreamId, NoValue>.AtFirst(consumer->Pending);
            for (; left > 0; left--, id.MoveNext())
            {
                PendingEntry* pending = group->Pending.Find(id.Key);
                reply.Array(3);
                StreamReply.Id(reply, id.Key);
                reply.Integer(pending->DeliveryMs);
                reply.Integer(pending->DeliveryCount);
            }
        }
    }

    private static void Groups(CommandContext context)
    {
        if (!TryFind(context, out StreamRoot* root))
        {
            return;
        }
        ReplyWriter reply = context.Reply;
        reply.Array(root->Groups.Count);
        TreeCursor<NativeText, StreamGroup> at = TreeCursor<NativeText, StreamGroup>.AtFirst(root->Groups);
        for (; at.IsValid; at.MoveNext())
        {
            reply.Map(6);
            reply.Bulk("name"u8);
            reply.Bulk(at.Key.Bytes);
            reply.Bulk("consumers"u8);
            reply.Integer(at.Value->Names.Count);
            reply.Bulk("pending"u8);
            reply.Integer(at.Value->Pending.Count);
            Position(reply, root, at.Value);
        }
    }

    private static void Consumers(CommandContext context)
    {
        if (!TryFind(context, out StreamRoot* root))
        {
            return;
        }
        StreamGroup* group = StreamGroups.Find(root, context.TextAt(3));
        if (group == null)
        {
            context.Reply.Error(ReplyError.NoGroup(context[2], context[3]));
            return;
        }
        ReplyWriter reply = context.Reply;
        reply.Array(group->Names.Count);
        TreeCursor<NativeText, ConsumerNumber> at = TreeCursor<NativeText, ConsumerNumber>.AtFirst(group->Names);
        for (; at.IsValid; at.MoveNext())
        {
            StreamConsumer* consumer = StreamGroups.Consumer(group, *at.Value);
            reply.Map(3);
            reply.Bulk("name"u8);
            reply.Bulk(at.Key.Bytes);
            reply.Bulk("pending"u8);
            reply.Integer(consumer->Pending.Count);
            reply.Bulk("idle"u8);
            reply.Integer(Math.Max(context.NowMs - consumer->SeenMs, 0));
        }
    }

    /// <summary>How far a group has come.</summary>
    private static void Position(ReplyWriter reply, StreamRoot* root, StreamGroup* group)
    {
        reply.Bulk("last-delivered-id"u8);
        StreamReply.Id(reply, group->LastId);
        reply.Bulk("entries-read"u8);
        IntegerOrNull(reply, group->EntriesRead, group->EntriesRead != StreamGroup.Unknown);
        reply.Bulk("lag"u8);
        bool isKnown = StreamLag.TryLag(root, group, out long lag);
        IntegerOrNull(reply, lag, isKnown);
    }

    private static void IntegerOrNull(ReplyWriter reply, long value, bool isKnown)
    {
        if (isKnown)
        {
            reply.Integer(value);
        }
        else
        {
            reply.Null();
        }
    }

    private static long AtMost(long items, long count) => count == 0 ? items : Math.Min(items, count);

    private static bool TryFind(CommandContext context, out StreamRoot* root)
    {
        root = null;
        Record record = context.Database.Find(context[2], Lookup.Read);
        if (!record.Exists)
        {
            context.Reply.Error(ReplyError.NoSuchKey);
            return false;
        }
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return false;
        }
        root = StreamKey.Root(record);
        return true;
    }

    private static void Help(CommandContext context) => HelpReply.Write(context,
        "CONSUMERS <key> <groupname>",
        "    The consumers of a group.",
        "GROUPS <key>",
        "    The groups of a stream.",
        "STREAM <key> [FULL [COUNT <count>]]",
        "    A stream's counters, and what it holds.");
}
