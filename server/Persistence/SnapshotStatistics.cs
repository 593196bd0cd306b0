namespace Tidelog.Server.Persistence;

/// <summary>Counters of the snapshots; INFO prints them.</summary>
internal sealed class SnapshotStatistics
{
    /// <summary>Saves begun by SAVE, BGSAVE and save points.</summary>
    public long Saves { get; set; }

    /// <summary>Seconds that the last one in the background took; -1 before the first.</summary>
    public long LastSeconds { get; private set; } = -1;

    /// <summary>Most bytes that only the last one in the background held.</summary>
    public long LastCopiedBytes { get; private set; }

    /// <summary>The same of the one that runs, as of now.</summary>
    public long PeakCopiedBytes { get; private set; }

    public long Cuts { get; private set; }

    /// <summary>How long commands had to wait for the last cut, in microseconds.</summary>
    public long LastCutMicroseconds { get; private set; }

    public long LongestCutMicroseconds { get; private set; }

    public void AddCut(TimeSpan pause)
    {
        Cuts++;
        LastCutMicroseconds = (long)pause.TotalMicroseconds;
        LongestCutMicroseconds = Math.Max(LongestCutMicroseconds, LastCutMicroseconds);
    }

    public void SampleCopied(long bytes) => PeakCopiedBytes = Math.Max(PeakCopiedBytes, bytes);

    public void EndBackground(long copiedBytes, long seconds)
    {
        SampleCopied(copiedBytes);
        LastCopiedBytes = PeakCopiedBytes;
        PeakCopiedBytes = 0;
        LastSeconds = seconds;
    }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset() => Saves = Cuts = LastCutMicroseconds = LongestCutMicroseconds = 0;
}
