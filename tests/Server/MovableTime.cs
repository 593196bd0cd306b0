namespace Tidelog.Tests.Server;

/// <summary>The system's time, ahead by as much as a test has skipped.</summary>
internal sealed class MovableTime : TimeProvider
{
    private long _skipped;

    public override DateTimeOffset GetUtcNow() =>
        System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _skipped));

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, time.Ticks);
}
