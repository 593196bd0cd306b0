using Tidelog.Server.Config;
using Tidelog.Server.Network;

namespace Tidelog.Server;

/// <summary>
/// What CONFIG SET has to do beyond storing the value. Directives that are not here are read where they are used, each
/// time: their new value needs nobody.
/// </summary>
internal static class ConfigHooks
{
    public static void Register(TidelogServer server)
    {
        Configuration configuration = server.Configuration;
        ServerSettings settings = server.Settings;
        configuration.OnChange("port",
            () => server.Rebind() is null ? null : "Unable to listen on this port. Check server logs.");
        configuration.OnChange("bind",
            () => server.Rebind() is null ? null : "Failed to bind to specified addresses.");
        configuration.OnChange("requirepass", () =>
        {
            server.ApplyPassword();
            return null;
        });
        configuration.OnChange("maxclients", () => ApplyMaxClients(server));
        configuration.OnChange("repl-backlog-size", () =>
        {
            server.Engine.CommandLog.Resize(settings.Engine.ReplBacklogSize);
            return null;
        });
        configuration.OnChange("maxmemory", () =>
        {
            WarnOfMaxMemory(server);
            return null;
        });
    }

    private static string? ApplyMaxClients(TidelogServer server)
    {
        long asked = server.Settings.MaxClients;
        OpenFiles.MakeRoomFor(server.Settings, server.Log);
        return server.Settings.MaxClients == asked
            ? null
            : "The operating system is not able to handle the specified number of clients, "
                + $"try with {server.Settings.MaxClients}";
    }

    private static void WarnOfMaxMemory(TidelogServer server)
    {
        long limit = server.Settings.Engine.MaxMemory;
        long used = server.Engine.UsedMemory;
        if (limit > 0 && limit < used)
        {
            server.Log.Warning(
                $"WARNING: the new maxmemory value set via CONFIG SET ({limit}) is smaller than the current "
                + $"memory usage ({used}). This will result in key eviction and/or the inability to accept new write "
                + "commands depending on the maxmemory-policy.");
        }
    }
}
