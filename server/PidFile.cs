using Tidelog.Server.Config;
using Tidelog.Server.Logging;

namespace Tidelog.Server;

/// <summary>The file that tells other programs the server's process id.</summary>
internal static class PidFile
{
    private const string DaemonDefault = "/var/run/redis.pid";

    /// <summary>
    /// Writes it if one is configured, or the server is a daemon. A failure is no reason not to start.
    /// </summary>
    public static void Write(ServerSettings settings, ServerLog log)
    {
        if (PathOf(settings) is not string path)
        {
            return;
        }
        try
        {
            File.WriteAllText(path, $"{Environment.ProcessId}\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning($"Failed to write PID file: {e.Message}");
        }
    }

    public static void Remove(ServerSettings settings, ServerLog log)
    {
        if (PathOf(settings) is string path && File.Exists(path))
        {
            log.Notice("Removing the pid file.");
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.Warning($"Failed to remove PID file: {e.Message}");
            }
        }
    }

    private static string? PathOf(ServerSettings settings) =>
        !string.IsNullOrEmpty(settings.PidFile) ? ConfigText.ToPath(settings.PidFile)
        : settings.Daemonize ? DaemonDefault
        : null;
}
