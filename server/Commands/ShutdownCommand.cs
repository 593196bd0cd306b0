using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Server.Config;

namespace Tidelog.Server.Commands;

/// <summary>SHUTDOWN: Redis 7.0 db.c, shutdownCommand.</summary>
internal static class ShutdownCommand
{
    public static IEnumerable<Command> Table =>
    [
        new("shutdown", -1,
            CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.NoMulti | CommandFlags.AllowBusy, AclCategories.None, Shutdown)
        {
            Docs = new("Ends the server, after saving if there is something to save.", "1.0.0", "server",
                "O(N) when saving, where N is the total number of keys in all databases when saving data, "
                    + "otherwise O(1)",
                "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]"),        },
    ];

    private static void Shutdown(CommandContext context)
    {
        if (!TryFlags(context, out ShutdownFlags flags, out bool abort))
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        TidelogServer server = TidelogServer.Of(context);
        if (abort)
        {
            // A shutdown waits for nothing yet, so none is ever in progress.
            context.Reply.Error(ReplyError.NoShutdownInProgress);
        }
        else if (server.RequestShutdown(flags, out string? error))
        {
            // No reply: the end of the connection is the answer.
            context.Session.CloseAfterReply = true;
        }
        else
        {
            context.Reply.Error(error);
        }
    }

    private static bool TryFlags(CommandContext context, out ShutdownFlags flags, out bool abort)
    {
        flags = ShutdownFlags.Default;
        abort = false;
        for (int i = 1; i < context.Count; i++)
        {
            if (context.Is(i, "NOSAVE"u8))
            {
                flags |= ShutdownFlags.NoSave;
            }
            else if (context.Is(i, "SAVE"u8))
            {
                flags |= ShutdownFlags.Save;
            }
            else if (context.Is(i, "NOW"u8))
            {
                flags |= ShutdownFlags.Now;
            }
            else if (context.Is(i, "FORCE"u8))
            {
                flags |= ShutdownFlags.Force;
            }
            else if (context.Is(i, "ABORT"u8))
            {
                abort = true;
            }
            else
            {
                return false;
            }
        }
        bool contradicts = (flags & ShutdownFlags.NoSave) != 0 && (flags & ShutdownFlags.Save) != 0;
        return !contradicts && !(abort && flags != ShutdownFlags.Default);
    }
}
