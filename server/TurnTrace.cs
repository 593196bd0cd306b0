using System.Runtime;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Server;

/// <summary>
/// Keeps the turns of the event loop, and of its periodic work, that took longer than a limit, with what the time went
/// into: DEBUG TURNS. Belongs to the loop's thread. While off it costs the loop one look at a flag per turn.
/// </summary>
internal sealed class TurnTrace(StorageEngine engine, TimeProvider time) : IDisposable
{
    private const int MostKept = 512;

    private readonly Turn[] _kept = new Turn[MostKept];
    private readonly UpkeepClock _upkeep = engine.Keyspace.Upkeep;
    private Reading _begin;
    private long _limitTicks;

    public bool IsOn { get; private set; }

    /// <summary>The pauses of the runtime; null until they are first watched.</summary>
    public RuntimePauses? Pauses { get; private set; }

    /// <summary>How many turns took longer than the limit since it was set; the last of them are kept.</summary>
    public long LongCount { get; private set; }

    /// <summary>The turns that are kept, oldest first.</summary>
    public IEnumerable<Turn> Kept
    {
        get
        {
            for (long i = Math.Max(0, LongCount - MostKept); i < LongCount; i++)
            {
                yield return _kept[i % MostKept];
            }
        }
    }

    /// <summary>Begins anew, from the next turn on.</summary>
    public void Start(TimeSpan limit)
    {
        _limitTicks = (long)(limit.TotalSeconds * time.TimestampFrequency);
        LongCount = 0;
        _upkeep.IsOn = true;
        IsOn = true;
        if (Pauses is null)
        {
            WatchPauses();
        }
    }

    /// <summary>Ends; what was kept stays.</summary>
    public void Stop() => IsOn = _upkeep.IsOn = false;

    /// <summary>Counts the runtime's pauses from now on.</summary>
    public void WatchPauses()
    {
        Pauses?.Dispose();
        Pauses = new RuntimePauses();
    }

    public void StopPauses()
    {
        Pauses?.Dispose();
        Pauses = null;
    }

    public void Begin() => _begin = Read();

    public void End(bool isCron)
    {
        if (IsOn && time.GetTimestamp() - _begin.Timestamp > _limitTicks)
        {
            Keep(Read(), isCron);
        }
    }

    public void Dispose() => StopPauses();

    private void Keep(in Reading end, bool isCron)
    {
        TimeSpan wall = time.GetElapsedTime(_begin.Timestamp, end.Timestamp);
        bool knowsCpu = end.Thread.CpuMicroseconds >= 0;
        _kept[LongCount++ % MostKept] = new Turn(
            isCron,
            time.GetUtcNow().UtcDateTime - wall,
            wall,
            knowsCpu ? end.Thread.CpuMicroseconds - _begin.Thread.CpuMicroseconds : -1,
            end.CompileTime - _begin.CompileTime,
            time.GetElapsedTime(_begin.IndexTicks, end.IndexTicks),
            time.GetElapsedTime(_begin.PageTicks, end.PageTicks),
            time.GetElapsedTime(_begin.CleanerTicks, end.CleanerTicks),
            end.Thread.InvoluntarySwitches - _begin.Thread.InvoluntarySwitches,
            end.Thread.MinorFaults - _begin.Thread.MinorFaults,
            end.Commands - _begin.Commands);
    }

    private Reading Read() => new(
        time.GetTimestamp(),
        ProcessUsage.OfThread(),
        JitInfo.GetCompilationTime(currentThread: true),
        _upkeep.IndexTicks,
        _upkeep.PageTicks,
        _upkeep.CleanerTicks,
        engine.Metrics.CommandsProcessed);

    /// <param name="CpuMicroseconds">Processor time of the loop's thread, or -1 if unknown.</param>
    /// <param name="Compile">Time in the runtime's compiler, for code that ran for the first time.</param>
    /// <param name="Cleaner">Pages that the cleaner began count here and in <paramref name="Pages"/>.</param>
    /// <param name="Preempted">How often the system gave the core to another thread.</param>
    public readonly record struct Turn(
        bool IsCron,
        DateTime Begin,
        TimeSpan Wall,
        long CpuMicroseconds,
        TimeSpan Compile,
        TimeSpan Index,
        TimeSpan Pages,
        TimeSpan Cleaner,
        long Preempted,
        long PageFaults,
        long Commands);

    private readonly record struct Reading(
        long Timestamp,
        ProcessUsage.ThreadUsage Thread,
        TimeSpan CompileTime,
        long IndexTicks,
        long PageTicks,
        long CleanerTicks,
        long Commands);
}
