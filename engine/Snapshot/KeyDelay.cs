using System.Diagnostics;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Makes keys take longer, for tests: as many microseconds each as is wanted, or, if negative, one for so many keys.
/// </summary>
internal sealed class KeyDelay : IDisposable
{
    private const long Nanoseconds = 1000;

    /// <summary>The system's clock cannot do less.</summary>
    private const long LeastWait = 1_000_000;

    /// <summary>So soon a new delay counts.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(10);

    private readonly ManualResetEventSlim _stopped = new();
    private volatile int _perKey;
    private long _owed;

    public int PerKey
    {
        get => _perKey;
        set => _perKey = value;
    }

    /// <summary>Waits for a key, or now and then for many.</summary>
    public void Wait()
    {
        int perKey = _perKey;
        if (perKey == 0)
        {
            return;
        }
        _owed += perKey > 0 ? perKey * Nanoseconds : Math.Max(1, Nanoseconds / -(long)perKey);
        while (_owed >= LeastWait && perKey == _perKey)
        {
            long began = Stopwatch.GetTimestamp();
            TimeSpan wait = TimeSpan.FromMicroseconds(_owed / Nanoseconds);
            if (_stopped.Wait(wait < LongestWait ? wait : LongestWait))
            {
                return;
            }
            _owed -= (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds;
        }
    }

    /// <summary>Waits no more. From any thread.</summary>
    public void Stop() => _stopped.Set();

    public void Dispose() => _stopped.Dispose();
}
