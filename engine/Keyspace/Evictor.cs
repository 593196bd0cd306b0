// Eviction: which keys give way when the live data passes maxmemory (Redis 7.0 evict.c for what a client sees).
//
//  - It runs before each command, for as long as maxmemory-eviction-tenacity allows, and goes on between the turns.
//  - allkeys-lru is second chance: a walk over the log from its oldest record on. A key that was used since it was
//    written, or since the walk last met it, moves to the tail without its mark; another goes. On skewed loads it hits
//    more often than redis's sampling does, and it looks at fewer than two keys for one that goes. When all are in use
//    it may go round the whole log before the first goes, but each key that it spares had a use that paid for that.
//  - allkeys-lfu is the same walk; what goes is a key whose counter is among the lowest of those lately sampled. The
//    more maxmemory-samples, the fewer are.
//  - allkeys-random is the same walk with a coin.
//  - The walk from the begin leaves no dead records, so the cleaner has nothing to do with what it evicts.
//  - volatile-*: the same walk as long as most keys have an expiry. With few of them it would move much that it may not
//    evict, so then, and while a snapshot holds the log's begin, a hand goes round over the log and moves nothing; the
//    cleaner follows.
//  - volatile-ttl takes what the expiry wheel holds for the nearest time.

namespace Tidelog.Engine.Keyspace;

/// <summary>How an attempt to make room ended.</summary>
public enum EvictionOutcome
{
    /// <summary>Memory is within its limit.</summary>
    Enough,

    /// <summary>The time was over before enough was freed: it goes on later.</summary>
    Unfinished,

    /// <summary>Memory is over its limit, and nothing may be evicted.</summary>
    Failed,
}

/// <summary>Deletes keys while memory is over its limit, as the policy says.</summary>
public sealed class Evictor
{
    /// <summary>Keys after which the clock is looked at, and the database chosen anew.</summary>
    private const int StepsPerLook = 16;

    /// <summary>Records that a step looks at, most of them superseded or without an expiry.</summary>
    private const long RecordsPerStep = 64;

    private const int LooksPerSample = 4;

    private const int MillisecondsBetweenMeasures = 10;

    private const int TenacityInMicroseconds = 50;
    private const double TenacityGrowth = 1.15;

    private readonly StorageEngine _engine;
    private readonly TimeProvider _time;
    private readonly FrequencyHistogram _frequencies = new();
    private MaxMemoryPolicy _policy;
    private long _exceededSince;
    private long _looked;
    private long _measuredMs;

    internal Evictor(StorageEngine engine, TimeProvider time)
    {
        _engine = engine;
        _time = time;
    }

    /// <summary>Milliseconds since memory passed its limit; 0 while it is within.</summary>
    public long CurrentExceededMs =>
        _exceededSince == 0 ? 0 : (long)_time.GetElapsedTime(_exceededSince).TotalMilliseconds;

    private EngineOptions Options => _engine.Options;

    /// <summary>True for the policies that evict only keys with an expiry.</summary>
    internal static bool IsVolatile(MaxMemoryPolicy policy) => policy is MaxMemoryPolicy.VolatileLru
        or MaxMemoryPolicy.VolatileLfu or MaxMemoryPolicy.VolatileRandom or MaxMemoryPolicy.VolatileTtl;

    /// <summary>
    /// Evicts until memory is within its limit, or the time for it is over. Between two commands only.
    /// </summary>
    internal EvictionOutcome MakeRoom()
    {
        if (!IsOverLimit(MillisecondsBetweenMeasures))
        {
            if (_exceededSince != 0)
            {
                _engine.Metrics.EvictionExceededMs += CurrentExceededMs;
                _exceededSince = 0;
            }
            return EvictionOutcome.Enough;
        }
        if (_engine.Pause.IsActive(_engine.Keyspace.NowMs))
        {
            // The dataset stands still for a failover. Commands go on, though over the limit.
            return EvictionOutcome.Enough;
        }
        EvictionOutcome outcome =
            Options.MaxMemoryPolicy == MaxMemoryPolicy.NoEviction ? EvictionOutcome.Failed : Evict();
        if (outcome == EvictionOutcome.Failed && !IsOverLimit(maxAgeMs: 0))
        {
            outcome = EvictionOutcome.Enough;
        }
        if (outcome != EvictionOutcome.Enough && _exceededSince == 0)
        {
            _exceededSince = _time.GetTimestamp();
        }
        return outcome;
    }

    /// <summary>
    /// Memory is over its limit, and is so still when what the clients hold is measured again: they may have given some
    /// back.
    /// </summary>
    private bool IsOverLimit(long maxAgeMs)
    {
        if (!_engine.IsOverMemoryLimit())
        {
            return false;
        }
        if (Math.Abs(_engine.Keyspace.NowMs - _measuredMs) <= maxAgeMs)
        {
            return true;
        }
        _measuredMs = _engine.Keyspace.NowMs;
        _engine.MeasureOutside();
        return _engine.IsOverMemoryLimit();
    }

    private EvictionOutcome Evict()
    {
        if (_policy != Options.MaxMemoryPolicy)
        {
            _policy = Options.MaxMemoryPolicy;
            _frequencies.Clear();
        }
        long began = _time.GetTimestamp();
        while (_engine.Keyspace.PickForEviction(_policy) is Database database)
        {
            for (int i = 0; i < StepsPerLook && HasKeys(database); i++)
            {
                if (TryChoose(database.Store!, out Record record))
                {
                    Evict(database, record);
                    if (!_engine.IsOverMemoryLimit())
                    {
                        return EvictionOutcome.Enough;
                    }
                }
            }
            if (_time.GetElapsedTime(began) > TimeLimit())
            {
                return EvictionOutcome.Unfinished;
            }
        }
        return EvictionOutcome.Failed;
    }

    /// <summary>Half a millisecond by default, then growing to some minutes, and no limit at 100.</summary>
    private TimeSpan TimeLimit()
    {
        int tenacity = Options.MaxMemoryEvictionTenacity;
        if (tenacity >= 100)
        {
            return TimeSpan.MaxValue;
        }
        int linear = Math.Min(tenacity, 10);
        return TimeSpan.FromMicroseconds(
            linear * TenacityInMicroseconds * Math.Pow(TenacityGrowth, tenacity - linear));
    }

    private bool HasKeys(Database database) =>
        (IsVolatile(_policy) ? database.ExpiringCount : database.Count) > 0;

    private void Evict(Database database, Record record)
    {
        _engine.Metrics.EvictedKeys++;
        _engine.Effects.KeyEvicted(database, record.Key);
        _engine.Notify(NotifyEvents.Evicted, "evicted"u8, record.Key, database);
        database.Delete(record);
    }

    /// <returns>False if none was found in one step.</returns>
    private bool TryChoose(Store store, out Record record)
    {
        long budget = RecordsPerStep;
        if (_policy == MaxMemoryPolicy.VolatileTtl)
        {
            return store.Expiring.TryTakeSoonest(ref budget, out record);
        }
        bool mostMayGo = !IsVolatile(_policy) || store.ExpiringCount > store.Count / 2;
        return mostMayGo && store.ImmutableBelow == 0
            ? TryChooseOldest(store, ref budget, out record)
            : TryChooseInPlace(store, ref budget, out record);
    }

    private bool TryChooseOldest(Store store, ref long budget, out Record record)
    {
        while (store.Oldest.TryPeek(ref budget, out record))
        {
            if (MayGo(record) && !IsSpared(store, record))
            {
                return true;
            }
            record.Flags &= ~RecordFlags.Used;
            store.Oldest.MoveToTail(record);
        }
        return false;
    }

    private bool TryChooseInPlace(Store store, ref long budget, out Record record)
    {
        long hand = store.EvictionHand;
        while (budget > 0)
        {
            if (!store.TryWalk(ref hand, ref budget, out record))
            {
                if (budget > 0)
                {
                    // The end: from the begin again, not more often than once in a step.
                    hand = 0;
                    budget /= 2;
                }
                continue;
            }
            if (MayGo(record) && !IsSpared(store, record))
            {
                store.EvictionHand = hand;
                return true;
            }
            record.Flags &= ~RecordFlags.Used;
        }
        store.EvictionHand = hand;
        record = default;
        return false;
    }

    private bool MayGo(Record record) => record.HasExpiry || !IsVolatile(_policy);

    private bool IsSpared(Store store, Record record) => _policy switch
    {
        MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru => (record.Flags & RecordFlags.Used) != 0,
        MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu => IsSparedByFrequency(store, record),
        _ => _engine.Random.Next(2) == 0,
    };

    private bool IsSparedByFrequency(Store store, Record record)
    {
        int score = ScoreOf(record);
        if (_frequencies.IsNew || ++_looked % LooksPerSample == 0)
        {
            // Not those of the walk: what lies together in the log was often written together and is used alike.
            Record other = store.Index.Random(_engine.Random);
            _frequencies.Add(other.Exists && MayGo(other) ? ScoreOf(other) : score, Options.MaxMemorySamples);
        }
        return score < _frequencies.Threshold;
    }

    private int ScoreOf(Record record) =>
        255 - AccessClock.LfuCounter(record.AccessInfo, _engine.Keyspace.NowMs, Options.LfuDecayTime);
}
