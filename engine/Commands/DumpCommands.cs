using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>DUMP: Redis 7.0 cluster.c.</summary>
internal static class DumpCommands
{
    private static readonly string[] Changing = ["nondeterministic_output"];

    public static IEnumerable<Command> Table =>
    [
        new("dump", 2, CommandFlags.ReadOnly, AclCategories.Keyspace, Dump,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Tips = Changing,
            Docs = new("Gives a value in a serialized form, to be restored elsewhere.", "2.6.0", "generic",
                "O(N) with N the bytes of the value", "key"),
        },
    ];

    private static void Dump(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!record.Exists)
        {
            context.Reply.Null();
            return;
        }
        DumpPayload dump = context.Engine.DumpPayload;
        if (dump.TryMake(record, out ReadOnlySpan<byte> payload))
        {
            context.Reply.Bulk(payload);
        }
        else
        {
            context.Reply.Error(ReplyError.PayloadTooBig);
        }
        dump.Release();
    }
}
