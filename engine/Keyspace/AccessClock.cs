// The 24 bits that each record keeps of its use, as redis keeps them (Redis 7.0 evict.c):
//  - LRU: seconds, modulo 2^24;
//  - LFU: 16 bits of minutes when the counter was last decreased, 8 bits of a counter that grows logarithmically.

namespace Tidelog.Engine.Keyspace;

/// <summary>Reads and writes a record's access information under the current policy.</summary>
public static class AccessClock
{
    /// <summary>The counter of a new key: enough not to be evicted before it had a chance.</summary>
    public const int LfuInitialCounter = 5;
    private const uint LruMask = (1u << 24) - 1;

    public static uint Lru(long nowMs) => (uint)(nowMs / 1000) & LruMask;

    /// <summary>The clock some seconds ago; further back than it reaches, it is as redis's.</summary>
    public static uint LruBefore(long nowMs, long seconds)
    {
        long clock = Lru(nowMs) - seconds;
        return (uint)(clock < 0 ? clock + LruMask : clock) & LruMask;
    }

    public static uint LfuNew(long nowMs) => Lfu(nowMs, LfuInitialCounter);

    /// <param name="counter">0 to 255.</param>
    public static uint Lfu(long nowMs, int counter) => (LfuMinutes(nowMs) << 8) | (uint)counter;

    /// <summary>Seconds since the last use.</summary>
    public static long IdleSeconds(uint info, long nowMs)
    {
        uint now = Lru(nowMs);
        return now >= info ? now - info : now + (LruMask - info);
    }

    /// <summary>The counter, less one for every <paramref name="decayMinutes"/> without a use.</summary>
    public static int LfuCounter(uint info, long nowMs, int decayMinutes)
    {
        uint last = info >> 8;
        uint now = LfuMinutes(nowMs);
        uint elapsed = now >= last ? now - last : 65535 - last + now;
        uint periods = decayMinutes > 0 ? elapsed / (uint)decayMinutes : 0;
        uint counter = info & 255;
        return (int)(periods > counter ? 0 : counter - periods);
    }

    /// <summary>The information after one more use.</summary>
    public static uint LfuTouched(uint info, long nowMs, int decayMinutes, int logFactor, Random random)
    {
        int counter = LfuCounter(info, nowMs, decayMinutes);
        if (counter < 255)
        {
            double baseValue = Math.Max(0, counter - LfuInitialCounter);
            if (random.NextDouble() < 1.0 / ((baseValue * logFactor) + 1))
            {
                counter++;
            }
        }
        return (LfuMinutes(nowMs) << 8) | (uint)counter;
    }

    private static uint LfuMinutes(long nowMs) => (uint)(nowMs / 60_000) & 65535;
}
