namespace Tidelog.Engine.Keyspace;

/// <summary>
/// Adds up how long the keyspace's own upkeep holds up the thread of the commands, for whoever looks for the cause of a
/// late reply. Nothing is read while it is off.
/// </summary>
public sealed class UpkeepClock(TimeProvider time)
{
    /// <summary>For a store that nobody watches.</summary>
    internal static readonly UpkeepClock Off = new(TimeProvider.System);

    /// <summary>In ticks of the time provider: splitting buckets of the index and making room for more.</summary>
    public long IndexTicks;

    /// <summary>Beginning a new page of the log.</summary>
    public long PageTicks;

    /// <summary>Cleaning the log; the pages that the cleaner begins count there too.</summary>
    public long CleanerTicks;

    public bool IsOn { get; set; }

    internal long Start() => time.GetTimestamp();

    /// <param name="sum">One of the fields.</param>
    /// <param name="start">What <see cref="Start"/> gave.</param>
    internal void Stop(ref long sum, long start) => sum += time.GetTimestamp() - start;
}
