namespace Tidelog.Server.Config;

/// <summary>Snapshots and the append-only file. <c>dir</c> is not here: it is the working directory of the
/// process.</summary>
internal sealed class PersistenceSettings
{
    public IReadOnlyList<SavePoint> SavePoints = [new(3600, 1), new(300, 100), new(60, 10_000)];
    public string DbFileName = "dump.rdb";
    public bool RdbChecksum = true;
    public bool RdbDelSyncFiles;
    public bool RdbSaveIncrementalFsync = true;
    public bool StopWritesOnBgsaveError = true;

    /// <summary>Microseconds per key, negative for keys per microsecond; for tests.</summary>
    public int RdbKeySaveDelay;

    /// <summary>As <see cref="RdbKeySaveDelay"/>, while loading.</summary>
    public int KeyLoadDelay;

    /// <summary>Bytes loaded between two looks at the clients.</summary>
    public long LoadingProcessEventsIntervalBytes = 2 << 20;

    public bool AppendOnly;
    public string AppendFileName = "appendonly.aof";
    public string AppendDirName = "appendonlydir";
    public AppendFsync AppendFsync = AppendFsync.EverySecond;
    public bool NoAppendFsyncOnRewrite;

    /// <summary>Percent over the last rewrite's size, 0 for never.</summary>
    public int AutoAofRewritePercentage = 100;

    /// <summary>Bytes.</summary>
    public long AutoAofRewriteMinSize = 64L << 20;

    public bool AofLoadTruncated = true;
    public bool AofUseRdbPreamble = true;
    public bool AofTimestampEnabled;
    public bool AofRewriteIncrementalFsync = true;
    public bool AofDisableAutoGc;
    public PropagationErrorBehavior PropagationErrorBehavior;
}
