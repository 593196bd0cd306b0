namespace Tidelog.Server;

/// <summary>
/// How fast a counter grows: the average over the last samples, as redis's <c>instantaneous_*</c> fields tell it.
/// </summary>
internal sealed class RateMeter
{
    /// <summary>Time between two samples.</summary>
    public const int PeriodMs = 100;

    private readonly long[] _samples = new long[16];
    private int _next;
    private long _lastMs;
    private long _lastCount;

    /// <summary>Per second.</summary>
    public long Rate
    {
        get
        {
            long sum = 0;
            foreach (long sample in _samples)
            {
                sum += sample;
            }
            return sum / _samples.Length;
        }
    }

    /// <param name="count">The counter as it is now.</param>
    /// <param name="nowMs">Milliseconds of any clock.</param>
    public void Sample(long count, long nowMs)
    {
        long elapsed = nowMs - _lastMs;
        _samples[_next] = elapsed > 0 && _lastMs > 0 ? Math.Max(0, count - _lastCount) * 1000 / elapsed : 0;
        _next = (_next + 1) % _samples.Length;
        _lastMs = nowMs;
        _lastCount = count;
    }

    /// <summary>Begins again; for a counter that was set to zero.</summary>
    public void Reset(long nowMs)
    {
        Array.Clear(_samples);
        _next = 0;
        _lastMs = nowMs;
        _lastCount = 0;
    }
}
