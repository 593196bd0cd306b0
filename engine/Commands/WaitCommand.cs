using Tidelog.Engine.Blocking;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>WAIT: Redis 7.0 replication.c, waitCommand.</summary>
internal static class WaitCommand
{
    public static IEnumerable<Command> Table =>
    [
        new("wait", 3, CommandFlags.NoScript, AclCategories.Connection, Wait)
        {
            Tips = ["request_policy:all_shards", "response_policy:agg_min"],
            Docs = new("Waits until replicas have acknowledged the client's writes, and tells how many did.", "3.0.0",
                "generic", "O(1)", "numreplicas timeout"),
        },
    ];

    private static void Wait(CommandContext context)
    {
        if (!context.TryInt64(1, out long replicas)
            || !context.TryTimeoutMilliseconds(2, out long deadlineMs))
        {
            return;
        }

        // No replica can be attached yet, so none ever acknowledges.
        if (replicas <= 0)
        {
            context.Reply.Integer(0);
            return;
        }

        context.Block(0, 0, deadlineMs, new Acknowledgement());
    }

    private sealed class Acknowledgement : BlockedOperation
    {
        public override void AnswerTimeout(ReplyWriter reply) => reply.Integer(0);
    }
}
