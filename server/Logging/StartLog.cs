using Tidelog.Server.Config;

namespace Tidelog.Server.Logging;

/// <summary>The lines of a start, those of redis where tools look for them.</summary>
internal static class StartLog
{
    public static void Begin(ServerLog log, bool hasArguments)
    {
        log.Role = 'C';
        log.Warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        log.Warning($"Redis version={ServerVersion.Redis}, bits=64, commit=00000000, modified=0, pid={Environment.ProcessId}, just started");
        log.Warning(hasArguments
            ? "Configuration loaded"
            : "Warning: no config file specified, using the default config. In order to specify a config file use "
                + "tidelog-server /path/to/tidelog.conf");
        log.Role = 'M';
    }

    public static void Ready(TidelogServer server)
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
        log.Notice("Ready to accept connections");
        if (settings.UnixSocket is { Length: > 0 } path)
        {
            log.Notice($"The server is now ready to accept connections at {ConfigText.ToPath(path)}");
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
