using Tidelog.Server.Config;

namespace Tidelog.Server.Logging;

/// <summary>The lines of a start, those of redis where tools look for them.</summary>
internal static class StartLog
{
    public static void Begin(ServerLog log, bool hasArguments)
    {
        log.Role = 'C';
        log.Warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        log.Warning($"Redis version={ServerVersion.Redis}, bits=64, commit=00000000, modified=0, "
            + $"pid={Environment.ProcessId}, just started");
        log.Warning(hasArguments
            ? "Configuration loaded"
            : "Warning: no config file specified, using the default config. In order to specify a config file use "
                + "tidelog-server /path/to/tidelog.conf");
        log.Role = 'M';
    }

    public static void Begun(TidelogServer server)
    {
        ServerLog log = server.Log;
        ServerSettings settings = server.Settings;
        bool terminal = settings.LogFile.Length == 0 && !Console.IsOutputRedirected;
        if (terminal || settings.AlwaysShowLogo)
        {
            log.WriteRaw(Logo(settings));
        }
        else
        {
            log.Notice($"Running mode=standalone, port={settings.Port}.");
        }
        log.Warning("Server initialized");
        WarnOfMissingFeatures(server);
    }

    /// <summary>The dataset is there.</summary>
    public static void Ready(TidelogServer server)
    {
        ServerLog log = server.Log;
        ServerSettings settings = server.Settings;
        log.Notice("Ready to accept connections");
        if (settings.UnixSocket is { Length: > 0 } path)
        {
            log.Notice($"The server is now ready to accept connections at {ConfigText.ToPath(path)}");
        }
    }

    /// <summary>
    /// Directives that promise safety are accepted before their feature exists; nobody shall rely on them.
    /// </summary>
    private static void WarnOfMissingFeatures(TidelogServer server)
    {
        ServerSettings settings = server.Settings;
        if (settings.Persistence.AppendOnly)
        {
            server.Log.Warning("WARNING: appendonly is set, but this version writes no append-only file: "
                + "the dataset is in memory only.");
        }
        if (settings.Replication.MasterHost is not null)
        {
            server.Log.Warning("WARNING: replicaof is set, but this version does not replicate: "
                + "the server is a master.");
        }
    }

    private static string Logo(ServerSettings settings) =>
        $"""

            ~^~^~^~^~^~^~^~^~^~      Tidelog {ServerVersion.Tidelog} (Redis {ServerVersion.Redis}) 64 bit
          ~  ~^~^~^~^~^~^~^~ ~
         ~^~  ~^~^~^~^~^~  ~^~       Running in standalone mode
          ~^~^  ~^~^~^   ~^~^        Port: {settings.Port}
            ~^~^   ~   ~^~^          PID: {Environment.ProcessId}
               ~^~^~^~^~


        """;
}
