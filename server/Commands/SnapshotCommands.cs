using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Server.Persistence;

namespace Tidelog.Server.Commands;

/// <summary>SAVE, BGSAVE and LASTSAVE: Redis 7.0 rdb.c.</summary>
internal static class SnapshotCommands
{
    public static IEnumerable<Command> Table =>
    [
        new("save", 1,
            CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
            AclCategories.None, Save)
        {
            Docs = new("Writes the dataset into a file while everybody waits.", "1.0.0", "server",
                "O(N) where N is the total number of keys in all databases", ""),
        },
        new("bgsave", -1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading,
            AclCategories.None, SaveInBackground)
        {
            Docs = new("Writes the dataset, as it is now, into a file while commands go on.", "1.0.0", "server", "O(1)",
                "[SCHEDULE]")
            {
                Difference = "No process is forked: a thread writes what the dataset was when the command ran, and "
                    + "the log names the server's own process.",
            },
        },
        new("lastsave", 1, CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
            AclCategories.Admin | AclCategories.Dangerous, LastSave)
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Tells when the dataset was last written into a file.", "1.0.0", "server", "O(1)", ""),
        },
    ];

    private static void Save(CommandContext context)
    {
        Snapshots snapshots = TidelogServer.Of(context).Snapshots;
        if (snapshots.IsSaving)
        {
            context.Reply.Error(ReplyError.SaveInProgress);
            return;
        }
        snapshots.Statistics.Saves++;
        if (snapshots.TrySave())
        {
            context.Reply.Ok();
        }
        else
        {
            context.Reply.Error(ReplyError.Unexplained);
        }
    }

    private static void SaveInBackground(CommandContext context)
    {
        Snapshots snapshots = TidelogServer.Of(context).Snapshots;
        if (context.Count > 2 || (context.Count == 2 && !context.Is(1, "SCHEDULE"u8)))
        {
            context.Reply.Error(ReplyError.Syntax);
        }
        else if (snapshots.IsSaving)
        {
            context.Reply.Error(ReplyError.SaveInProgress);
        }
        else if (context.DeniesBlocking)
        {
            // In a transaction: what it has changed so far must not be saved without the rest.
            snapshots.Schedule();
            context.Reply.SimpleString("Background saving scheduled"u8);
        }
        else if (snapshots.TryStartBackground())
        {
            context.Reply.SimpleString("Background saving started"u8);
        }
        else
        {
            context.Reply.Error(ReplyError.Unexplained);
        }
    }

    private static void LastSave(CommandContext context) =>
        context.Reply.Integer(TidelogServer.Of(context).Snapshots.LastSaveSeconds);
}
