namespace Tidelog.Engine;

/// <summary>What the engine reads of the configuration. The values may change between two commands, never during
/// one.</summary>
/// <remarks>
/// Each field is the directive of the same name in Redis 7.0, if it does not say otherwise; a new instance holds
/// Redis's defaults.
/// </remarks>
public sealed class EngineOptions
{
    /// <summary>Number of databases, at least 1. Fixed once the engine runs.</summary>
    public int Databases = 16;

    /// <summary>
    /// Bytes that the log of one database may span, 0 for what suits the machine. Not a directive; fixed once the
    /// engine runs.
    /// </summary>
    public long MaxLogBytes;

    /// <summary>Rounds of periodic work per second, 1 to 500.</summary>
    public int Hz = 10;

    // memory

    /// <summary>Bytes, 0 for no limit.</summary>
    public long MaxMemory;

    public MaxMemoryPolicy MaxMemoryPolicy = MaxMemoryPolicy.NoEviction;
    public int MaxMemorySamples = 5;

    /// <summary>How long eviction may hold up commands, 0 to 100.</summary>
    public int MaxMemoryEvictionTenacity = 10;

    /// <summary>A replica leaves eviction to its master.</summary>
    public bool ReplicaIgnoreMaxMemory = true;

    public int LfuLogFactor = 10;

    /// <summary>Minutes after which an idle key's counter loses one, 0 for at every look.</summary>
    public int LfuDecayTime = 1;

    // freeing in the background

    public bool LazyFreeEviction;
    public bool LazyFreeExpire;
    public bool LazyFreeServerDel;
    public bool LazyFreeUserDel;
    public bool LazyFreeUserFlush;

    /// <summary>1 (least processor time) to 10.</summary>
    public int ActiveExpireEffort = 1;

    // sizes

    /// <summary>Bytes of one argument, and of one string value.</summary>
    public long ProtoMaxBulkLength = 512L << 20;

    /// <summary>Entries of a list node if positive; -1 to -5 for 4, 8, 16, 32 or 64 KB.</summary>
    public int ListMaxListpackSize = -2;

    /// <summary>Nodes at each end that stay uncompressed, 0 for no compression.</summary>
    public int ListCompressDepth;

    public long HashMaxListpackEntries = 512;

    /// <summary>Bytes.</summary>
    public long HashMaxListpackValue = 64;

    public long SetMaxIntsetEntries = 512;
    public long ZsetMaxListpackEntries = 128;

    /// <summary>Bytes.</summary>
    public long ZsetMaxListpackValue = 64;

    /// <summary>0 for no limit.</summary>
    public long StreamNodeMaxEntries = 100;

    /// <summary>Bytes, 0 for no limit.</summary>
    public long StreamNodeMaxBytes = 4096;

    /// <summary>Bytes.</summary>
    public long HllSparseMaxBytes = 3000;

    // snapshots

    /// <summary>LZF for strings of more than 20 bytes.</summary>
    public bool RdbCompression = true;

    /// <summary>Of what is written, 9 to 11: see <see cref="Snapshot.RdbFormat"/>. Tidelog's own directive.</summary>
    public int RdbVersion = Snapshot.RdbFormat.DefaultVersion;

    // effects

    /// <summary>Bytes of the effect stream kept in memory.</summary>
    public long ReplBacklogSize = 1 << 20;

    /// <summary>Which changes of keys are published.</summary>
    public NotifyEvents NotifyKeyspaceEvents;

    public SanitizeDumpPayload SanitizeDumpPayload = SanitizeDumpPayload.No;

    /// <summary>Milliseconds after which a script or function lets others be answered with BUSY, 0 for never.</summary>
    public long BusyReplyThreshold = 5000;
}
