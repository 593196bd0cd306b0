using System.Globalization;
using Tidelog.Engine.Keyspace;
using Tidelog.Server.Config;
using Tidelog.Server.Network;

namespace Tidelog.Server.Info;

/// <summary>INFO of the process: what it is, who is connected, what it costs.</summary>
internal static class ServerSections
{
    private const long SecondsPerDay = 24 * 3600;

    public static void Server(TidelogServer server, InfoText text)
    {
        ServerSettings settings = server.Settings;
        long uptime = Math.Max(0, (server.NowMs / 1000) - (server.StartedAtMs / 1000));
        TimeSpan now = server.Time.GetUtcNow() - DateTimeOffset.UnixEpoch;
        text.Add("redis_version", ServerVersion.Redis);
        text.Add("redis_git_sha1", "00000000");
        text.Add("redis_git_dirty", 0);
        text.Add("redis_build_id", BuildId);
        text.Add("redis_mode", settings.ClusterEnabled ? "cluster" : "standalone");
        text.Add("os", ProcessUsage.OperatingSystem);
        text.Add("arch_bits", IntPtr.Size * 8);
        text.Add("monotonic_clock", "POSIX clock_gettime");
        text.Add("multiplexing_api", "epoll");
        text.Add("atomicvar_api", "dotnet");
        text.Add("gcc_version", "0.0.0");
        text.Add("process_id", Environment.ProcessId);
        text.Add("process_supervised", "no");
        text.Add("run_id", server.RunId);
        text.Add("tcp_port", settings.Port);
        text.Add("server_time_usec", now.Ticks / TimeSpan.TicksPerMicrosecond);
        text.Add("uptime_in_seconds", uptime);
        text.Add("uptime_in_days", uptime / SecondsPerDay);
        text.Add("hz", settings.Engine.Hz);
        text.Add("configured_hz", settings.Engine.Hz);
        text.Add("lru_clock", AccessClock.Lru(server.NowMs));
        text.Add("executable", ConfigText.FromPath(Environment.ProcessPath ?? ""));
        text.Add("config_file", ConfigText.FromPath(server.Configuration.FilePath ?? ""));
        text.Add("io_threads_active", 0);
    }

    public static void Clients(TidelogServer server, InfoText text)
    {
        long largestInput = 0;
        long largestOutput = 0;
        int connected = 0;
        foreach (Client client in server.LiveClients)
        {
            connected++;
            largestInput = Math.Max(largestInput, client.Input.Capacity);
            largestOutput = Math.Max(largestOutput, client.OutputPending);
        }
        text.Add("connected_clients", connected);
        text.Add("cluster_connections", 0);
        text.Add("maxclients", server.Settings.MaxClients);
        text.Add("client_recent_max_input_buffer", largestInput);
        text.Add("client_recent_max_output_buffer", largestOutput);
        text.Add("blocked_clients", server.PausedClients.Count + server.Engine.Blocked.Count);
        text.AddZeros("tracking_clients");
        text.Add("clients_in_timeout_table", server.Engine.Blocked.TimedCount);
    }

    public static void Cpu(InfoText text)
    {
        AddTimes(text, ProcessUsage.Scope.Process, "");
        AddTimes(text, ProcessUsage.Scope.Children, "_children");
        AddTimes(text, ProcessUsage.Scope.CallingThread, "_main_thread");
    }

    public static void Cluster(TidelogServer server, InfoText text) =>
        text.Add("cluster_enabled", server.Settings.ClusterEnabled);

    /// <summary>16 hexadecimal digits that differ from build to build.</summary>
    private static string BuildId { get; } = typeof(ServerSections).Module.ModuleVersionId.ToString("N")[..16];

    private static void AddTimes(InfoText text, ProcessUsage.Scope scope, string suffix)
    {
        (TimeSpan system, TimeSpan user) = ProcessUsage.ProcessorTime(scope);
        text.Add("used_cpu_sys" + suffix, Microseconds(system));
        text.Add("used_cpu_user" + suffix, Microseconds(user));
    }

    private static string Microseconds(TimeSpan time) => time.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);
}
