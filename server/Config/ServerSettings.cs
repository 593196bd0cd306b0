using Tidelog.Engine;

namespace Tidelog.Server.Config;

// What the process reads of the configuration, typed. A field's initial value is the directive's default: ConfigTable
// takes it from here, and points each row at its field. Directives that nothing would read have no field:
// their row keeps them. Text is bytes, one per char (Latin-1), as it came from the file or the client, so that
// nothing is lost on the way; paths alone are decoded from UTF-8, since they go to the file system (see ConfigText).

/// <summary>The configuration as the server uses it. Changes between two commands, by CONFIG SET only.</summary>
internal sealed class ServerSettings
{
    public readonly EngineOptions Engine = new();
    public readonly PersistenceSettings Persistence = new();
    public readonly ReplicationSettings Replication = new();

    // network

    /// <summary>0 for no TCP at all.</summary>
    public int Port = 6379;

    /// <summary>Addresses; <c>*</c> and <c>::*</c> stand for all, a leading <c>-</c> for "if this machine has
    /// it".</summary>
    public IReadOnlyList<string> Bind = ["*", "-::*"];

    public string? BindSourceAddress;
    public string? UnixSocket;

    /// <summary>File mode of the socket, 0 for what the umask leaves.</summary>
    public int UnixSocketPerm;

    public int TcpBacklog = 511;

    /// <summary>Seconds, 0 for off.</summary>
    public int TcpKeepAlive = 300;

    public long SocketMarkId;
    public bool ProtectedMode = true;
    public int IoThreads = 1;
    public bool IoThreadsDoReads;

    // clients

    public long MaxClients = 10_000;

    /// <summary>Seconds without a command after which a client is closed, 0 for never.</summary>
    public int Timeout;

    /// <summary>Bytes.</summary>
    public long ClientQueryBufferLimit = 1L << 30;

    /// <summary>Bytes for all clients together, negative for percent of maxmemory, 0 for no limit.</summary>
    public long MaxMemoryClients;

    /// <summary>By <see cref="ClientClass"/>.</summary>
    public readonly OutputBufferLimit[] ClientOutputBufferLimits =
        [new(0, 0, 0), new(256 << 20, 64 << 20, 60), new(32 << 20, 8 << 20, 60)];

    public long TrackingTableMaxKeys = 1_000_000;

    // security

    /// <summary>Bytes as chars; null for none.</summary>
    public string? RequirePass;

    public string AclFile = "";

    /// <summary>True if a new user may use every channel.</summary>
    public bool AclPubSubDefaultAllChannels;

    public long AclLogMaxLength = 128;
    public ProtectedAction EnableProtectedConfigs;
    public ProtectedAction EnableDebugCommand;
    public ProtectedAction EnableModuleCommand;
    public readonly List<RenamedCommand> RenamedCommands = [];

    /// <summary>The words of each <c>user</c> line after the directive's name.</summary>
    public readonly List<IReadOnlyList<string>> Users = [];

    public readonly List<ModuleToLoad> Modules = [];

    /// <summary>Directives with a dot in their name: they belong to modules, by whatever names those give
    /// them.</summary>
    public readonly Dictionary<string, string> ModuleValues = new(StringComparer.OrdinalIgnoreCase);

    // process

    public bool Daemonize;
    public string? PidFile;
    public string Supervised = "no";
    public bool AlwaysShowLogo;
    public bool SetProcTitle = true;
    public string ProcTitleTemplate = "{title} {listen-addr} {server-mode}";
    public string OomScoreAdj = "no";

    /// <summary>For a master, a replica and a saving process.</summary>
    public readonly int[] OomScoreAdjValues = [0, 200, 800];

    public bool DynamicHz = true;

    /// <summary>Seconds to wait for lagging replicas.</summary>
    public int ShutdownTimeout = 10;

    public ShutdownFlags ShutdownOnSigint;
    public ShutdownFlags ShutdownOnSigterm;

    // log and introspection

    /// <summary>Empty for standard output.</summary>
    public string LogFile = "";

    public LogVerbosity LogLevel = LogVerbosity.Notice;
    public bool SyslogEnabled;
    public string SyslogIdent = "redis";
    public string SyslogFacility = "local0";
    public bool CrashLogEnabled = true;

    /// <summary>Microseconds, -1 for off.</summary>
    public long SlowlogLogSlowerThan = 10_000;

    public long SlowlogMaxLength = 128;

    /// <summary>Milliseconds, 0 for off.</summary>
    public long LatencyMonitorThreshold;

    public bool LatencyTracking = true;
    public IReadOnlyList<double> LatencyTrackingPercentiles = [50.0, 99.0, 99.9];

    // cluster

    public bool ClusterEnabled;
}
