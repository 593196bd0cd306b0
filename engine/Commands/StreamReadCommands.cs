using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>XREAD and XREADGROUP: Redis 7.0 t_stream.c, xreadCommand.</summary>
internal static unsafe class StreamReadCommands
{
    private const string Group = "stream";

    /// <summary>More streams than this and what is asked of them is not kept on the stack.</summary>
    private const int StackStreams = 16;

    public static IEnumerable<Command> Table =>
    [
        new("xread", -4, CommandFlags.ReadOnly | CommandFlags.Blocking | CommandFlags.MovableKeys,
            AclCategories.Stream, static context => Read(context, isGroup: false), Streams(startFrom: 1))
        {
            Docs = new("Entries of several streams behind an ID; waits for some if asked to.", "5.0.0", Group,
                "O(log M + N) for each stream, N entries of M",
                "[COUNT count] [BLOCK milliseconds] STREAMS <key [key ...] id [id ...]>"),
        },
        new("xreadgroup", -7, CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys,
            AclCategories.Stream, static context => Read(context, isGroup: true), Streams(startFrom: 4))
        {
            Docs = new("Entries for a consumer of a group: new ones, or those that it has not acknowledged.", "5.0.0",
                Group, "O(log M + N) for each stream, N entries of M",
                "GROUP <group consumer> [COUNT count] [BLOCK milliseconds] [NOACK] "
                + "STREAMS <key [key ...] id [id ...]>"),
        },
    ];

    /// <summary>Begins the reply of so many streams.</summary>
    public static void BeginStreams(ReplyWriter reply, int count)
    {
        if (reply.Protocol == 3)
        {
            reply.Map(count);
        }
        else
        {
            reply.Array(count);
        }
    }

    /// <summary>Begins the reply of one stream; its entries follow.</summary>
    public static void BeginStream(ReplyWriter reply, ReadOnlySpan<byte> key)
    {
        if (reply.Protocol != 3)
        {
            reply.Array(2);
        }
        reply.Bulk(key);
    }

    /// <summary>The effects are those given, if any, and never the command itself.</summary>
    public static void SuppressCommand(CommandContext context)
    {
        if (context.Dirty != 0 && !context.Effects.HasGiven)
        {
            context.Effects.Suppress();
        }
    }

    private static KeySpec Streams(int startFrom) => new()
    {
        Flags = KeyFlags.ReadOnly | KeyFlags.Access,
        Begin = BeginSearch.Keyword,
        Start = startFrom,
        Keyword = "STREAMS",
        Last = -1,
        Limit = 2,
    };

    private static void Read(CommandContext context, bool isGroup)
    {
        if (!StreamReadOptions.TryParse(context, isGroup, out StreamReadOptions options))
        {
            return;
        }
        int count = options.StreamCount;
        Span<StreamId> last = count <= StackStreams ? stackalloc StreamId[count] : new StreamId[count];
        for (int i = 0; i < count; i++)
        {
            if (!TryParseId(context, options, i, out last[i]))
            {
                return;
            }
        }
        ReplyWriter reply = context.Reply;
        long mark = reply.BeginArray();
        int served = 0;
        for (int i = 0; i < count; i++)
        {
            served += TryServe(context, options, i, last[i]) ? 1 : 0;
        }
        if (served > 0)
        {
            reply.EndMap(mark, served);
            SuppressCommand(context);
        }
        else if (options.Blocks)
        {
            context.Block(options.FirstKey, count, options.DeadlineMs,
                new StreamReadOperation(context, options, last));
        }
        else
        {
            reply.NullArray();
        }
    }

    /// <summary>Reads the ID of a stream, and answers the error itself.</summary>
    /// <param name="last">The greatest ID for ">".</param>
    private static bool TryParseId(
        CommandContext context, in StreamReadOptions options, int stream, out StreamId last)
    {
        last = default;
        int key = options.FirstKey + stream;
        int id = key + options.StreamCount;
        Record record = context.Database.Find(context[key], Lookup.Read);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return false;
        }
        if (options.HasGroup
            && (!record.Exists
                || StreamGroups.Find(StreamKey.Root(record), context.TextAt(options.GroupIndex)) == null))
        {
            string error = ReplyError.NoKeyOrGroup(context[key], context[options.GroupIndex]);
            context.Reply.Error($"{error} in XREADGROUP with GROUP option");
            return false;
        }
        if (context.Is(id, "$"u8))
        {
            last = record.Exists ? StreamKey.Root(record)->LastId : StreamId.Min;
            if (options.HasGroup)
            {
                context.Reply.Error(ReplyError.LastIdInGroupRead);
            }
            return !options.HasGroup;
        }
        if (context.Is(id, ">"u8))
        {
            last = StreamId.Max;
            if (!options.HasGroup)
            {
                context.Reply.Error(ReplyError.NewIdInRead);
            }
            return options.HasGroup;
        }
        return StreamIdArgument.TryRead(context, id, out last);
    }

    /// <summary>Answers what a stream has for the client.</summary>
    /// <returns>False, with nothing replied, if that is nothing.</returns>
    private static bool TryServe(CommandContext context, in StreamReadOptions options, int stream, StreamId last)
    {
        ReadOnlySpan<byte> key = context[options.FirstKey + stream];
        Record record = context.Database.Find(key, Lookup.Read);
        if (!record.Exists)
        {
            return false;
        }
        StreamRoot* root = StreamKey.Root(record);
        bool isNew = options.HasGroup && last == StreamId.Max;
        bool isHistory = options.HasGroup && !isNew;
        if (isNew)
        {
            last = StreamGroups.Find(root, context.TextAt(options.GroupIndex))->LastId;
        }
        if (!isHistory && (root->Value.Count == 0 || StreamEntries.LastLive(root) <= last))
        {
            return false;
        }
        BeginStream(context.Reply, key);
        if (!options.HasGroup)
        {
            StreamReply.Range(context.Reply, root, last.Next(), StreamId.Max, options.Count, reverse: false);
            return true;
        }
        StreamDelivery delivery = new(context, key, record, context.TextAt(options.GroupIndex),
            context.TextAt(options.GroupIndex + 1), options.NoAck);
        if (isNew)
        {
            delivery.DeliverNew(last.Next(), options.Count);
        }
        else
        {
            delivery.DeliverAgain(last.Next(), options.Count);
        }
        context.Dirty++;
        return true;
    }
}
