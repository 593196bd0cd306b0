using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>XLEN, XRANGE and XREVRANGE: Redis 7.0 t_stream.c.</summary>
internal static unsafe class StreamRangeCommands
{
    private const string Group = "stream";

    public static IEnumerable<Command> Table =>
    [
        new("xlen", 2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.Stream, Length,
            KeySpec.Key(1, KeyFlags.ReadOnly))
        {
            Docs = new("Number of entries of a stream.", "5.0.0", Group, "O(1)", "key"),
        },
        new("xrange", -4, CommandFlags.ReadOnly, AclCategories.Stream, static context => Range(context, false),
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Entries of a range of IDs.", "5.0.0", Group, "O(log M + N), N entries of M",
                "key start end [COUNT count]"),
        },
        new("xrevrange", -4, CommandFlags.ReadOnly, AclCategories.Stream, static context => Range(context, true),
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Entries of a range of IDs, the greatest first.", "5.0.0", Group, "O(log M + N), N entries of M",
                "key end start [COUNT count]"),
        },
    ];

    private static void Length(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (context.IsTypeOrMissing(record, ValueType.Stream))
        {
            context.Reply.Integer(record.Exists ? record.Root->Count : 0);
        }
    }

    private static void Range(CommandContext context, bool reverse)
    {
        if (!StreamIdArgument.TryReadStart(context, reverse ? 3 : 2, out StreamId first)
            || !StreamIdArgument.TryReadEnd(context, reverse ? 2 : 3, out StreamId last))
        {
            return;
        }
        long count = -1;
        for (int i = 4; i < context.Count; i += 2)
        {
            if (i + 1 >= context.Count || !context.Is(i, "COUNT"u8))
            {
                context.Reply.Error(ReplyError.Syntax);
                return;
            }
            if (!context.TryInt64(i + 1, out count))
            {
                return;
            }
            count = Math.Max(count, 0);
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Array(0);
        }
        else if (count == 0)
        {
            context.Reply.NullArray();
        }
        else
        {
            StreamReply.Range(context.Reply, StreamKey.Root(record), first, last, Math.Max(count, 0), reverse);
        }
    }
}
