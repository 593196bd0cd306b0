namespace Tidelog.Server.Config;

/// <summary>Both ends of replication. The size of the backlog is among the engine's options.</summary>
internal sealed class ReplicationSettings
{
    /// <summary>Null for a master. REPLICAOF changes it at run time, and CONFIG REWRITE writes what it is
    /// then.</summary>
    public string? MasterHost;

    public int MasterPort = 6379;
    public string? MasterUser;

    /// <summary>Bytes as chars; null for none.</summary>
    public string? MasterAuth;

    public bool ReplicaServeStaleData = true;
    public bool ReplicaReadOnly = true;
    public bool ReplicaLazyFlush;
    public bool ReplicaIgnoreDiskWriteErrors;
    public int ReplicaPriority = 100;
    public bool ReplicaAnnounced = true;
    public string? ReplicaAnnounceIp;
    public int ReplicaAnnouncePort;

    public bool DisklessSync = true;

    /// <summary>Seconds to wait for further replicas before a diskless full sync starts.</summary>
    public int DisklessSyncDelay = 5;

    /// <summary>Start at once when so many wait, 0 for never.</summary>
    public int DisklessSyncMaxReplicas;

    public DisklessLoad DisklessLoad;

    /// <summary>Seconds.</summary>
    public int Timeout = 60;

    /// <summary>Seconds.</summary>
    public int PingReplicaPeriod = 10;

    /// <summary>Seconds without replicas after which the backlog is freed, 0 for never.</summary>
    public long BacklogTtl = 3600;

    public bool DisableTcpNoDelay;
    public int MinReplicasToWrite;

    /// <summary>Seconds.</summary>
    public int MinReplicasMaxLag = 10;
}
