using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidelog.Protocol;
using Tidelog.Server.Config;
using Tidelog.Server.Network;

namespace Tidelog.Server;

/// <summary>The end of a server, in redis's steps and with its log lines: Redis 7.0 server.c, finishShutdown.</summary>
internal static class Shutdown
{
    /// <inheritdoc cref="TidelogServer.RequestShutdown"/>
    public static bool TryRun(TidelogServer server, ShutdownFlags flags, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (server.Engine.IsLoading)
        {
            // Half a dataset must not take the place of the file that it is read from.
            flags = (flags & ~ShutdownFlags.Save) | ShutdownFlags.NoSave;
            server.Load.Cancel();
        }
        server.Log.Warning("User requested shutdown...");
        if (!TrySave(server, flags))
        {
            server.Log.Warning("Errors trying to shut down the server. Check the logs for more information.");
            error = Encoding.ASCII.GetString(ReplyError.ShutdownFailed);
            return false;
        }
        PidFile.Remove(server.Settings, server.Log);
        server.CloseListeners();
        foreach (Client client in server.LiveClients)
        {
            // As far as its socket takes it: nobody waits for a client that does not read.
            server.Loop.FlushAll(client);
        }
        server.Log.Warning("Redis is now ready to exit, bye bye...");
        server.Loop.Stop();
        return true;
    }

    private static bool TrySave(TidelogServer server, ShutdownFlags flags)
    {
        bool isDiskFree = true;
        if (server.Snapshots.IsSaving)
        {
            server.Log.Warning("There is a child saving an .rdb. Killing it!");
            isDiskFree = server.Snapshots.TryCancel(server.Snapshots.EndPatience);
            if (!isDiskFree)
            {
                server.Log.Warning("It does not end: the disk does not answer.");
            }
        }
        bool configured = (flags & ShutdownFlags.NoSave) == 0 && server.Settings.Persistence.SavePoints.Count > 0;
        if (!configured && (flags & ShutdownFlags.Save) == 0)
        {
            return true;
        }
        server.Log.Notice("Saving the final RDB snapshot before exiting.");
        if (isDiskFree && server.Snapshots.TrySave())
        {
            return true;
        }
        bool force = (flags & ShutdownFlags.Force) != 0;
        server.Log.Warning(force
            ? "Error trying to save the DB. Exit anyway."
            : "Error trying to save the DB, can't exit.");
        return force;
    }
}
