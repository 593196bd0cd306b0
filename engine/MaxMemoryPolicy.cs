namespace Tidelog.Engine;

/// <summary>What gives way when <see cref="EngineOptions.MaxMemory"/> is reached.</summary>
public enum MaxMemoryPolicy
{
    NoEviction,
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
}
