using System.Runtime.CompilerServices;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;
using static Tidelog.Server.Config.DirectiveFlags;

namespace Tidelog.Server.Config;

// Every directive of Redis 7.0.15 is one row; rdb-version is the only one of Tidelog's own. A row that points at a
// field of the settings takes the field's initial value as its default. `Kept(x)` is the default of a row whose feature
// does not exist (yet): its value is checked, kept and answered, and nothing reads it. When the feature comes, the row
// gets a field.

/// <summary>All directives, by name and by alias.</summary>
internal sealed class ConfigTable
{
    private readonly Dictionary<string, ConfigName> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ConfigName> _ordered = [];

    /// <param name="settings">Fresh settings: what they hold now are the defaults.</param>
    /// <param name="warn">Takes a line for the log, of a value that is accepted but looks wrong.</param>
    public ConfigTable(ServerSettings settings, Action<string> warn)
    {
        Save = new SaveDirective(() => ref settings.Persistence.SavePoints);
        Add([
            .. Network(settings), .. Process(settings, warn), .. Log(settings), .. Security(settings),
            .. Memory(settings, settings.Engine), .. Types(settings.Engine),
            .. Snapshots(settings.Persistence, settings.Engine), .. AppendOnlyFile(settings.Persistence),
            .. Replication(settings, settings.Replication), .. Cluster(settings), .. Tls(), .. Defragmentation(),
        ]);
    }

    /// <summary>Primary names and aliases, an alias right behind its name.</summary>
    public IReadOnlyList<ConfigName> Names => _ordered;

    public SaveDirective Save { get; }

    /// <returns>Null if there is no such directive.</returns>
    public ConfigName? Find(string name) => _names.GetValueOrDefault(name);

    private void Add(IEnumerable<Directive> rows)
    {
        foreach (Directive row in rows)
        {
            Add(new ConfigName(row.Name, row));
            if (row.Alias is not null) Add(new ConfigName(row.Alias, row));
        }
    }

    private void Add(ConfigName name)
    {
        _names.Add(name.Name, name);
        _ordered.Add(name);
    }

    private static IEnumerable<Directive> Network(ServerSettings s) =>
    [
        Int("port", () => ref s.Port, 0, 65535),
        new BindDirective(() => ref s.Bind),
        OptionalText("bind-source-addr", () => ref s.BindSourceAddress),
        OptionalPath("unixsocket", () => ref s.UnixSocket, Immutable),
        new NumberDirective("unixsocketperm", () => ref s.UnixSocketPerm, Immutable, null)
        { Min = 0, Max = 0x1FF, Form = NumberForm.Octal, IsUnsigned = true },
        Int("tcp-backlog", () => ref s.TcpBacklog, 0, int.MaxValue, Immutable),
        Int("tcp-keepalive", () => ref s.TcpKeepAlive, 0, int.MaxValue),
        Unsigned("socket-mark-id", () => ref s.SocketMarkId, 0, uint.MaxValue, Immutable),
        Bool("protected-mode", () => ref s.ProtectedMode),
        Int("io-threads", () => ref s.IoThreads, 1, 128, Immutable),
        Bool("io-threads-do-reads", () => ref s.IoThreadsDoReads, Immutable),
        Unsigned("maxclients", () => ref s.MaxClients, 1, uint.MaxValue),
        Int("timeout", () => ref s.Timeout, 0, int.MaxValue),
        Bytes("client-query-buffer-limit", () => ref s.ClientQueryBufferLimit, 1 << 20, long.MaxValue, true),
        new OutputBufferLimitDirective(s.ClientOutputBufferLimits),
        new NumberDirective("maxmemory-clients", () => ref s.MaxMemoryClients, None, null)
        { Min = -100, Max = long.MaxValue, Form = NumberForm.MemoryOrPercent },
        Unsigned("tracking-table-max-keys", () => ref s.TrackingTableMaxKeys, 0, long.MaxValue),
    ];

    private static IEnumerable<Directive> Process(ServerSettings s, Action<string> warn) =>
    [
        new DirDirective(),
        Bool("daemonize", () => ref s.Daemonize, Immutable),
        OptionalPath("pidfile", () => ref s.PidFile, Immutable),
        Choice("supervised", () => ref s.Supervised, Words("upstart", "systemd", "auto", "no"), Immutable),
        Bool("always-show-logo", () => ref s.AlwaysShowLogo, Immutable),
        Bool("set-proc-title", () => ref s.SetProcTitle, Immutable),
        Text("proc-title-template", () => ref s.ProcTitleTemplate, check: value => ProcTitleTemplate.Check(value, s)),
        Choice("oom-score-adj", () => ref s.OomScoreAdj,
            [("no", "no"), ("yes", "yes"), ("relative", "yes"), ("absolute", "absolute")]),
        new OomScoreAdjValuesDirective(s.OomScoreAdjValues, warn),
        new NumberDirective("hz", () => ref s.Engine.Hz, None, null)
        { Min = 0, Max = int.MaxValue, Tame = hz => Math.Clamp(hz, 1, 500) },
        Bool("dynamic-hz", () => ref s.DynamicHz),
        Int("shutdown-timeout", () => ref s.ShutdownTimeout, 0, int.MaxValue),
        new ShutdownFlagsDirective("shutdown-on-sigint", () => ref s.ShutdownOnSigint),
        new ShutdownFlagsDirective("shutdown-on-sigterm", () => ref s.ShutdownOnSigterm),
        Bool("disable-thp", Kept(true), Immutable),
        Bool("jemalloc-bg-thread", Kept(true)),
        OptionalText("server_cpulist", Kept<string?>(null), Immutable),
        OptionalText("bio_cpulist", Kept<string?>(null), Immutable),
        OptionalText("aof_rewrite_cpulist", Kept<string?>(null), Immutable),
        OptionalText("bgsave_cpulist", Kept<string?>(null), Immutable),
        Text("ignore-warnings", Kept("")),
        Int("watchdog-period", Kept(0), 0, int.MaxValue, Hidden),
    ];

    private static IEnumerable<Directive> Log(ServerSettings s) =>
    [
        Path("logfile", () => ref s.LogFile, Immutable),
        Choice("loglevel", () => ref s.LogLevel,
            [("debug", LogVerbosity.Debug), ("verbose", LogVerbosity.Verbose), ("notice", LogVerbosity.Notice),
             ("warning", LogVerbosity.Warning)]),
        Bool("syslog-enabled", () => ref s.SyslogEnabled, Immutable),
        Text("syslog-ident", () => ref s.SyslogIdent, Immutable),
        Choice("syslog-facility", () => ref s.SyslogFacility,
            Words("user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"), Immutable),
        Bool("crash-log-enabled", () => ref s.CrashLogEnabled),
        Bool("crash-memcheck-enabled", Kept(true)),
        Bool("use-exit-on-panic", Kept(false), Hidden),
        Long("slowlog-log-slower-than", () => ref s.SlowlogLogSlowerThan, -1, long.MaxValue),
        Long("slowlog-max-len", () => ref s.SlowlogMaxLength, 0, long.MaxValue),
        Long("latency-monitor-threshold", () => ref s.LatencyMonitorThreshold, 0, long.MaxValue),
        Bool("latency-tracking", () => ref s.LatencyTracking),
        new PercentilesDirective(() => ref s.LatencyTrackingPercentiles),
    ];

    private static IEnumerable<Directive> Security(ServerSettings s) =>
    [
        OptionalText("requirepass", () => ref s.RequirePass, Sensitive),
        Path("aclfile", () => ref s.AclFile, Immutable),
        Choice("acl-pubsub-default", () => ref s.AclPubSubDefaultAllChannels,
            [("allchannels", true), ("resetchannels", false)]),
        Long("acllog-max-len", () => ref s.AclLogMaxLength, 0, long.MaxValue),
        Choice("enable-protected-configs", () => ref s.EnableProtectedConfigs, ProtectedActions, Immutable),
        Choice("enable-debug-command", () => ref s.EnableDebugCommand, ProtectedActions, Immutable),
        Choice("enable-module-command", () => ref s.EnableModuleCommand, ProtectedActions, Immutable),
    ];

    private static IEnumerable<Directive> Memory(ServerSettings s, EngineOptions e) =>
    [
        Int("databases", () => ref e.Databases, 1, int.MaxValue, Immutable),
        Bytes("maxmemory", () => ref e.MaxMemory, 0, -1, isUnsigned: true),
        Choice("maxmemory-policy", () => ref e.MaxMemoryPolicy,
            [("volatile-lru", MaxMemoryPolicy.VolatileLru), ("volatile-lfu", MaxMemoryPolicy.VolatileLfu),
             ("volatile-random", MaxMemoryPolicy.VolatileRandom), ("volatile-ttl", MaxMemoryPolicy.VolatileTtl),
             ("allkeys-lru", MaxMemoryPolicy.AllKeysLru), ("allkeys-lfu", MaxMemoryPolicy.AllKeysLfu),
             ("allkeys-random", MaxMemoryPolicy.AllKeysRandom), ("noeviction", MaxMemoryPolicy.NoEviction)]),
        Int("maxmemory-samples", () => ref e.MaxMemorySamples, 1, int.MaxValue),
        Int("maxmemory-eviction-tenacity", () => ref e.MaxMemoryEvictionTenacity, 0, 100),
        Bool("replica-ignore-maxmemory", () => ref e.ReplicaIgnoreMaxMemory, alias: "slave-ignore-maxmemory"),
        Int("lfu-log-factor", () => ref e.LfuLogFactor, 0, int.MaxValue),
        Int("lfu-decay-time", () => ref e.LfuDecayTime, 0, int.MaxValue),
        Bool("lazyfree-lazy-eviction", () => ref e.LazyFreeEviction),
        Bool("lazyfree-lazy-expire", () => ref e.LazyFreeExpire),
        Bool("lazyfree-lazy-server-del", () => ref e.LazyFreeServerDel),
        Bool("lazyfree-lazy-user-del", () => ref e.LazyFreeUserDel),
        Bool("lazyfree-lazy-user-flush", () => ref e.LazyFreeUserFlush),
        Int("active-expire-effort", () => ref e.ActiveExpireEffort, 1, 10),
        Bool("activerehashing", Kept(true)),
        new KeyspaceEventsDirective(() => ref e.NotifyKeyspaceEvents),
        Long("busy-reply-threshold", () => ref e.BusyReplyThreshold, 0, long.MaxValue, alias: "lua-time-limit"),
        Bool("lua-enable-deprecated-api", Kept(false), Immutable | Hidden),
        Choice("propagation-error-behavior", () => ref s.Persistence.PropagationErrorBehavior,
            [("ignore", PropagationErrorBehavior.Ignore), ("panic", PropagationErrorBehavior.Panic),
             ("panic-on-replicas", PropagationErrorBehavior.PanicOnReplicas)]),
    ];

    private static IEnumerable<Directive> Types(EngineOptions e) =>
    [
        Bytes("proto-max-bulk-len", () => ref e.ProtoMaxBulkLength, 1 << 20, long.MaxValue),
        Int("list-max-listpack-size", () => ref e.ListMaxListpackSize,
            int.MinValue, int.MaxValue, None, "list-max-ziplist-size"),
        Int("list-compress-depth", () => ref e.ListCompressDepth, 0, int.MaxValue),
        Unsigned("hash-max-listpack-entries", () => ref e.HashMaxListpackEntries,
            0, long.MaxValue, None, "hash-max-ziplist-entries"),
        Bytes("hash-max-listpack-value", () => ref e.HashMaxListpackValue,
            0, long.MaxValue, true, "hash-max-ziplist-value"),
        Unsigned("set-max-intset-entries", () => ref e.SetMaxIntsetEntries, 0, long.MaxValue),
        Unsigned("zset-max-listpack-entries", () => ref e.ZsetMaxListpackEntries,
            0, long.MaxValue, None, "zset-max-ziplist-entries"),
        Bytes("zset-max-listpack-value", () => ref e.ZsetMaxListpackValue,
            0, long.MaxValue, true, "zset-max-ziplist-value"),
        Long("stream-node-max-entries", () => ref e.StreamNodeMaxEntries, 0, long.MaxValue),
        Bytes("stream-node-max-bytes", () => ref e.StreamNodeMaxBytes, 0, long.MaxValue, isUnsigned: true),
        Bytes("hll-sparse-max-bytes", () => ref e.HllSparseMaxBytes, 0, long.MaxValue, isUnsigned: true),
        Choice("sanitize-dump-payload", () => ref e.SanitizeDumpPayload,
            [("no", SanitizeDumpPayload.No), ("yes", SanitizeDumpPayload.Yes),
             ("clients", SanitizeDumpPayload.Clients)]),
    ];

    private IEnumerable<Directive> Snapshots(PersistenceSettings p, EngineOptions e) =>
    [
        Save,
        Path("dbfilename", () => ref p.DbFileName, Protected,
            value => IsBaseName(value) ? null : "dbfilename can't be a path, just a filename"),
        Bool("rdbcompression", () => ref e.RdbCompression),
        Bool("rdbchecksum", () => ref p.RdbChecksum, Immutable),
        Int("rdb-version", () => ref e.RdbVersion, RdbFormat.DefaultVersion, RdbFormat.MaxVersion),
        Bool("rdb-del-sync-files", () => ref p.RdbDelSyncFiles),
        Bool("rdb-save-incremental-fsync", () => ref p.RdbSaveIncrementalFsync),
        Bool("stop-writes-on-bgsave-error", () => ref p.StopWritesOnBgsaveError),
        Int("rdb-key-save-delay", () => ref p.RdbKeySaveDelay, int.MinValue, int.MaxValue, Hidden),
        Int("key-load-delay", () => ref p.KeyLoadDelay, int.MinValue, int.MaxValue, Hidden),
        Long("loading-process-events-interval-bytes", () => ref p.LoadingProcessEventsIntervalBytes,
            1024, int.MaxValue, Hidden),
    ];

    private static IEnumerable<Directive> AppendOnlyFile(PersistenceSettings p) =>
    [
        Bool("appendonly", () => ref p.AppendOnly, DenyLoading),
        Path("appendfilename", () => ref p.AppendFileName, Immutable,
            value => value.Length == 0 ? "appendfilename can't be empty"
                : IsBaseName(value) ? null : "appendfilename can't be a path, just a filename"),
        Path("appenddirname", () => ref p.AppendDirName, Immutable,
            value => value.Length == 0 ? "appenddirname can't be empty"
                : IsBaseName(value) ? null : "appenddirname can't be a path, just a dirname"),
        Choice("appendfsync", () => ref p.AppendFsync,
            [("everysec", AppendFsync.EverySecond), ("always", AppendFsync.Always), ("no", AppendFsync.No)]),
        Bool("no-appendfsync-on-rewrite", () => ref p.NoAppendFsyncOnRewrite),
        Int("auto-aof-rewrite-percentage", () => ref p.AutoAofRewritePercentage, 0, int.MaxValue),
        Bytes("auto-aof-rewrite-min-size", () => ref p.AutoAofRewriteMinSize, 0, long.MaxValue),
        Bool("aof-load-truncated", () => ref p.AofLoadTruncated),
        Bool("aof-use-rdb-preamble", () => ref p.AofUseRdbPreamble),
        Bool("aof-timestamp-enabled", () => ref p.AofTimestampEnabled),
        Bool("aof-rewrite-incremental-fsync", () => ref p.AofRewriteIncrementalFsync),
        Bool("aof-disable-auto-gc", () => ref p.AofDisableAutoGc),
    ];

    private static IEnumerable<Directive> Replication(ServerSettings s, ReplicationSettings r) =>
    [
        new ReplicaOfDirective(s),
        OptionalText("masteruser", () => ref r.MasterUser, Sensitive),
        OptionalText("masterauth", () => ref r.MasterAuth, Sensitive),
        Bool("replica-serve-stale-data", () => ref r.ReplicaServeStaleData, alias: "slave-serve-stale-data"),
        Bool("replica-read-only", () => ref r.ReplicaReadOnly, alias: "slave-read-only"),
        Bool("replica-lazy-flush", () => ref r.ReplicaLazyFlush, alias: "slave-lazy-flush"),
        Bool("replica-ignore-disk-write-errors", () => ref r.ReplicaIgnoreDiskWriteErrors),
        Int("replica-priority", () => ref r.ReplicaPriority, 0, int.MaxValue, None, "slave-priority"),
        Bool("replica-announced", () => ref r.ReplicaAnnounced),
        OptionalText("replica-announce-ip", () => ref r.ReplicaAnnounceIp, None, "slave-announce-ip"),
        Int("replica-announce-port", () => ref r.ReplicaAnnouncePort, 0, 65535, None, "slave-announce-port"),
        Bool("repl-diskless-sync", () => ref r.DisklessSync),
        Int("repl-diskless-sync-delay", () => ref r.DisklessSyncDelay, 0, int.MaxValue),
        Int("repl-diskless-sync-max-replicas", () => ref r.DisklessSyncMaxReplicas, 0, int.MaxValue),
        Choice("repl-diskless-load", () => ref r.DisklessLoad,
            [("disabled", DisklessLoad.Disabled), ("on-empty-db", DisklessLoad.OnEmptyDb),
             ("swapdb", DisklessLoad.SwapDb)], DenyLoading),
        Int("repl-timeout", () => ref r.Timeout, 1, int.MaxValue),
        Int("repl-ping-replica-period", () => ref r.PingReplicaPeriod, 1, int.MaxValue, None, "repl-ping-slave-period"),
        Bytes("repl-backlog-size", () => ref s.Engine.ReplBacklogSize, 1, long.MaxValue),
        Long("repl-backlog-ttl", () => ref r.BacklogTtl, 0, long.MaxValue),
        Bool("repl-disable-tcp-nodelay", () => ref r.DisableTcpNoDelay),
        Int("min-replicas-to-write", () => ref r.MinReplicasToWrite, 0, int.MaxValue, None, "min-slaves-to-write"),
        Int("min-replicas-max-lag", () => ref r.MinReplicasMaxLag, 0, int.MaxValue, None, "min-slaves-max-lag"),
    ];

    private static IEnumerable<Directive> Cluster(ServerSettings s) =>
    [
        Bool("cluster-enabled", () => ref s.ClusterEnabled, Immutable),
        Text("cluster-config-file", Kept("nodes.conf"), Immutable),
        Int("cluster-port", Kept(0), 0, 65535, Immutable),
        Long("cluster-node-timeout", Kept(15_000L), 0, long.MaxValue),
        Bool("cluster-require-full-coverage", Kept(true)),
        Bool("cluster-replica-no-failover", Kept(false), alias: "cluster-slave-no-failover"),
        Int("cluster-replica-validity-factor", Kept(10), 0, int.MaxValue, None, "cluster-slave-validity-factor"),
        Bool("cluster-allow-reads-when-down", Kept(false)),
        Bool("cluster-allow-pubsubshard-when-down", Kept(true)),
        Bool("cluster-allow-replica-migration", Kept(true)),
        Int("cluster-migration-barrier", Kept(1), 0, int.MaxValue),
        Bytes("cluster-link-sendbuf-limit", Kept(0L), 0, -1, isUnsigned: true),
        Choice("cluster-preferred-endpoint-type", Kept("ip"), Words("ip", "hostname", "unknown-endpoint")),
        OptionalText("cluster-announce-ip", Kept<string?>(null)),
        OptionalText("cluster-announce-hostname", Kept<string?>(null), None, null, CheckHostName),
        Int("cluster-announce-port", Kept(0), 0, 65535),
        Int("cluster-announce-tls-port", Kept(0), 0, 65535),
        Int("cluster-announce-bus-port", Kept(0), 0, 65535),
    ];

    private static IEnumerable<Directive> Tls() =>
    [
        Int("tls-port", Kept(0), 0, 65535),
        Bool("tls-cluster", Kept(false)),
        Bool("tls-replication", Kept(false)),
        Choice("tls-auth-clients", Kept("yes"), Words("no", "yes", "optional")),
        Bool("tls-prefer-server-ciphers", Kept(false)),
        Bool("tls-session-caching", Kept(true)),
        Int("tls-session-cache-size", Kept(20 * 1024), 0, int.MaxValue),
        Int("tls-session-cache-timeout", Kept(300), 0, int.MaxValue),
        OptionalText("tls-cert-file", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-key-file", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-key-file-pass", Kept<string?>(null)),
        OptionalText("tls-client-cert-file", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-client-key-file", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-client-key-file-pass", Kept<string?>(null)),
        OptionalText("tls-dh-params-file", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-ca-cert-file", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-ca-cert-dir", Kept<string?>(null), AlwaysApplied),
        OptionalText("tls-protocols", Kept<string?>(null)),
        OptionalText("tls-ciphers", Kept<string?>(null)),
        OptionalText("tls-ciphersuites", Kept<string?>(null)),
    ];

    private static IEnumerable<Directive> Defragmentation() =>
    [
        Bool("activedefrag", Kept(false), check: yes => yes ? NoDefragmentation : null),
        Int("active-defrag-cycle-min", Kept(1), 1, 99),
        Int("active-defrag-cycle-max", Kept(25), 1, 99),
        Int("active-defrag-threshold-lower", Kept(10), 0, 1000),
        Int("active-defrag-threshold-upper", Kept(100), 0, 1000),
        Long("active-defrag-max-scan-fields", Kept(1000L), 1, long.MaxValue),
        Bytes("active-defrag-ignore-bytes", Kept(100L << 20), 1, long.MaxValue, isUnsigned: true),
    ];

    private const string NoDefragmentation =
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like "
        + "the one shipped by default with the Redis source distribution";

    private static readonly (string, ProtectedAction)[] ProtectedActions =
        [("no", ProtectedAction.No), ("yes", ProtectedAction.Yes), ("local", ProtectedAction.Local)];

    private static bool IsBaseName(string value) => !value.Contains('/') && !value.Contains('\\');

    private static string? CheckHostName(string value)
    {
        if (value.Length >= 256) return "Hostnames must be less than 256 characters";
        return value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            ? null
            : "Hostnames may only contain alphanumeric characters, hyphens or dots";
    }

    private static Slot<T> Kept<T>(T value)
    {
        var box = new StrongBox<T>(value);
        return () => ref box.Value!;
    }

    private static BoolDirective Bool(
        string name, Slot<bool> slot, DirectiveFlags flags = None, string? alias = null,
        Func<bool, string?>? check = null) =>
        new(name, slot, flags, alias, check);

    private static NumberDirective Int(
        string name, Slot<int> slot, int min, int max, DirectiveFlags flags = None, string? alias = null) =>
        new(name, slot, flags, alias) { Min = min, Max = max };

    private static NumberDirective Long(
        string name, Slot<long> slot, long min, long max, DirectiveFlags flags = None, string? alias = null) =>
        new(name, slot, flags, alias) { Min = min, Max = max };

    private static NumberDirective Unsigned(
        string name, Slot<long> slot, long min, long max, DirectiveFlags flags = None, string? alias = null) =>
        new(name, slot, flags, alias) { Min = min, Max = max, IsUnsigned = true };

    // -1 stands for the largest unsigned number.
    private static NumberDirective Bytes(
        string name, Slot<long> slot, long min, long max, bool isUnsigned = false, string? alias = null) =>
        new(name, slot, None, alias) { Min = min, Max = max, Form = NumberForm.Memory, IsUnsigned = isUnsigned };

    private static TextDirective Text(
        string name, Slot<string> slot, DirectiveFlags flags = None, Func<string, string?>? check = null) =>
        new(name, slot!, isPath: false, emptyIsNull: false, flags, null, check);

    private static TextDirective Path(
        string name, Slot<string> slot, DirectiveFlags flags = None, Func<string, string?>? check = null) =>
        new(name, slot!, isPath: true, emptyIsNull: false, flags, null, check);

    private static TextDirective OptionalText(
        string name, Slot<string?> slot, DirectiveFlags flags = None, string? alias = null,
        Func<string, string?>? check = null) =>
        new(name, slot, isPath: false, emptyIsNull: true, flags, alias, check);

    private static TextDirective OptionalPath(string name, Slot<string?> slot, DirectiveFlags flags) =>
        new(name, slot, isPath: true, emptyIsNull: true, flags, null, null);

    private static ChoiceDirective<T> Choice<T>(
        string name, Slot<T> slot, (string, T)[] choices, DirectiveFlags flags = None) =>
        new(name, slot, choices, flags, null);

    private static (string, string)[] Words(params string[] words) => [.. words.Select(word => (word, word))];
}
