// All databases, and what runs over them: the clock that decides on expiry, active expiry, the cleaner, and the sums
// that INFO and maxmemory need.

using Tidelog.Engine.Commands;
using Tidelog.Engine.PubSub;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

/// <summary>Told of each key that time removed, before it goes.</summary>
internal interface IExpiryObserver
{
    void KeyExpired(Database database, ReadOnlySpan<byte> key);
}

/// <summary>All databases of an engine, their time, and their memory.</summary>
public sealed class KeySpace
{
    /// <summary>
    /// What a cut holds back may come to 1 byte in this many of a log's room, which is half of the machine's memory.
    /// </summary>
    private const int CutShare = 4;

    private readonly EngineOptions _options;
    private readonly IExpiryObserver _observer;
    private readonly Database[] _databases;
    private readonly Random _random;
    private readonly long _maxLogBytes;
    private readonly Cleaner _cleaner = new();

    // The databases' stores, in no order: most databases never have one.
    private readonly List<Store> _stores = [];
    private KeyspaceCut? _cut;
    private int _expireNext;
    private readonly List<long> _sampled = [];
    private BuildSpace? _buildSpace;

    // Of databases that stage: whose place they may take. Of those: what is being staged for them.
    private KeySpace? _stagedFor;
    private long _stagedBytes;

    internal KeySpace(
        EngineOptions options, EngineMetrics metrics, IExpiryObserver observer, KeyspaceNotifier notifier,
        Random random)
    {
        _options = options;
        _observer = observer;
        Notifier = notifier;
        _random = random;
        Metrics = metrics;
        _maxLogBytes = options.MaxLogBytes > 0
            ? options.MaxLogBytes
            : Math.Max(1L << 30, 2 * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        _databases = new Database[options.Databases];
        for (int i = 0; i < _databases.Length; i++)
        {
            _databases[i] = new Database(this, i);
        }
    }

    /// <summary>Unix time in milliseconds; set by the dispatcher, the same for the whole of a command.</summary>
    public long NowMs { get; internal set; }

    /// <summary>False lets expired keys be until they are asked for: DEBUG SET-ACTIVE-EXPIRE.</summary>
    public bool ActiveExpiry { get; set; } = true;

    /// <summary>
    /// CLIENT PAUSE: while it lasts, time removes no key, so that the dataset stands still for a failover.
    /// </summary>
    public ClientPause Pause { get; } = new();

    public LazyFree LazyFree { get; init; } = new();

    /// <summary>Keys that may have what a blocked session waits for, in the order in which they came to.</summary>
    internal List<WantedKey> ReadyKeys { get; set; } = [];

    /// <summary>Where a value is put together: one at a time.</summary>
    internal BuildSpace BuildSpace => _buildSpace ??= new BuildSpace();

    /// <summary>What upkeep costs the commands' thread.</summary>
    public UpkeepClock Upkeep { get; init; } = UpkeepClock.Off;

    /// <summary>The cut that a snapshot sees heap values at.</summary>
    internal ValueCut Cut { get; } = new();

    public int DatabaseCount => _databases.Length;

    internal EngineMetrics Metrics { get; }

    internal KeyspaceNotifier Notifier { get; }

    public Database this[int index] => _databases[index];

    /// <summary>Keys of all databases.</summary>
    public long Count => _databases.Sum(static database => database.Count);

    /// <summary>Every byte that the databases hold: log, index, values outside the log, expiry wheel.</summary>
    public long UsedBytes => Sum(static store => store.UsedBytes) + OnlyInCut + Volatile.Read(ref _stagedBytes);

    /// <summary>Bytes of the logs that hold no live record; the cleaner gives them back in time.</summary>
    public long DeadBytes => Sum(static store => store.DeadBytes);

    /// <summary>
    /// Bytes that are in use and no client's: dead records, what only a cut holds, and what is being loaded. They do
    /// not count against <c>maxmemory</c>.
    /// </summary>
    public long UncountedBytes => HeldBytes + Volatile.Read(ref _stagedBytes);

    /// <summary>Bytes that are in use for the running cut alone: what was replaced or deleted since it began.</summary>
    public long CutBytes => OnlyInCut + Sum(static store => store.Cut.SupersededBytes);

    /// <summary>Bytes of the indexes: what the keys cost beside their records.</summary>
    public long OverheadBytes => Sum(static store => store.Index.AllocatedBytes);

    /// <summary>Bytes of the logs' pages, which are on the runtime's heap.</summary>
    public long LogPageBytes => Sum(static store => store.PageBytes) + (_cut?.DetachedPageBytes ?? 0);

    /// <summary>What the cleaner would give back, now or once the cut has ended.</summary>
    private long HeldBytes => DeadBytes + OnlyInCut;

    private long OnlyInCut => Cut.RetiredBytes + (_cut?.DetachedBytes ?? 0);

    /// <summary>
    /// Fills, empties and cleans a store that nobody sees, and cuts this keyspace, so that the code of what happens
    /// rarely is compiled before a client waits for it.
    /// </summary>
    public void WarmUp()
    {
        using Store store = new(1L << 30, 0, new LazyFree(), new ValueCut());
        Span<byte> key = stackalloc byte[16];
        for (int round = 0; round < 4; round++)
        {
            for (long i = 0; i < 2000; i++)
            {
                BitConverter.TryWriteBytes(key, i);
                ulong hash = KeyHash.Of(key);
                Record record = store.Put(
                    key, hash, store.Find(key, hash), ValueType.String, ValueEncoding.Raw, 400 + (200 * round), -1, 0);
                store.SetExpiry(record, 1 + i);
            }
            store.Oldest.Clean(long.MaxValue);
            int budget = 100;
            _ = store.Expiring.TryTakeDue(1 << 20, ref budget, out _);
        }
        for (long i = 0; i < 2000; i++)
        {
            BitConverter.TryWriteBytes(key, i);
            store.Delete(store.Find(key, KeyHash.Of(key)));
        }
        store.Oldest.Clean(long.MaxValue);
        KeyspaceCut cut = BeginCut();
        EndCut(cut);
    }

    /// <summary>Exchanges the contents of two databases; who has one selected sees the other's keys.</summary>
    public void Swap(int first, int second)
    {
        _databases[first].AnnounceReplacement(_databases[second]);
        _databases[second].AnnounceReplacement(_databases[first]);
        _databases[first].Swap(_databases[second]);
    }

    /// <summary>Empties a database.</summary>
    /// <param name="inBackground">The memory is given back by another thread.</param>
    /// <returns>How many keys were there.</returns>
    public long Flush(Database database, bool inBackground)
    {
        database.AnnounceReplacement(null);
        Store? store = database.DetachStore();
        if (store is null)
        {
            return 0;
        }
        long count = store.Count;
        Retire(store, count, inBackground);
        return count;
    }

    /// <summary>Frees a store that no database has any more, as soon as no cut sees it.</summary>
    /// <param name="count">How many keys it has.</param>
    /// <param name="inBackground">The memory is given back by another thread.</param>
    internal void Retire(Store store, long count, bool inBackground)
    {
        store.EndBatch();
        _stores.Remove(store);
        if (_cut is not null && store.IsNeededByCut)
        {
            _cut.Keep(store, inBackground ? Math.Max(count, 1) : 0);
        }
        else if (inBackground)
        {
            LazyFree.Dispose(store, Math.Max(count, 1));
        }
        else
        {
            store.Dispose();
        }
    }

    /// <summary>
    /// Cuts: from here to <see cref="EndCut"/> the dataset as it is now can be read by other threads. Between two
    /// commands only; one cut at a time.
    /// </summary>
    internal KeyspaceCut BeginCut()
    {
        Invariant.Require(_cut is null);
        List<DatabaseCut> databases = [];
        foreach (Database database in _databases)
        {
            if (database.Count > 0)
            {
                databases.Add(database.Store!.BeginCut(database.Index));
            }
        }
        Cut.Begin();
        _cut = new KeyspaceCut(NowMs, databases) { HeldBefore = HeldBytes };
        return _cut;
    }

    /// <summary>Ends a cut that nobody reads any more; what only it held is freed in the background.</summary>
    internal void EndCut(KeyspaceCut cut)
    {
        Invariant.Require(cut == _cut);
        _cut = null;
        cut.End(LazyFree);
        foreach (Store store in _stores)
        {
            store.EndCut(isWalked: false);
        }
        Cut.End(LazyFree);
    }

    /// <summary>
    /// Puts a loaded dataset in the place of everything there is, which is freed in the background. Between two
    /// commands; whoever waits for or watches a key is told.
    /// </summary>
    /// <param name="loaded">Spent afterwards.</param>
    public void Adopt(Snapshot.LoadedDataset loaded)
    {
        KeySpace staged = loaded.Keyspace;
        Volatile.Write(ref _stagedBytes, 0);
        Invariant.Require(staged.DatabaseCount == DatabaseCount);
        for (int i = 0; i < _databases.Length; i++)
        {
            Database database = _databases[i];
            database.AnnounceReplacement(staged[i]);
            if (database.DetachStore() is Store old)
            {
                Retire(old, old.Count, inBackground: true);
            }
            if (staged[i].DetachStore() is Store store)
            {
                staged._stores.Remove(store);
                store.Values.Cut = Cut;
                Join(store);
                database.AttachStore(store);
            }
        }
    }

    /// <summary>Empty databases apart from these, which <see cref="Adopt"/> can put in their place.</summary>
    /// <param name="nowMs">Unix time in milliseconds, the same for all that will be put there.</param>
    internal KeySpace Stage(long nowMs)
    {
        KeyspaceNotifier silence = new(new EngineOptions(), new PubSubRegistry());
        return new KeySpace(_options, new EngineMetrics(), _observer, silence, new Random(0))
        {
            NowMs = nowMs,
            LazyFree = LazyFree,
            Upkeep = Upkeep,
            _stagedFor = this,
        };
    }

    /// <summary>
    /// Shows what these databases, which <see cref="Stage"/> gave, take by now. By the thread that fills them.
    /// </summary>
    internal void TellStaged() => Volatile.Write(ref _stagedFor!._stagedBytes, UsedBytes);

    /// <summary>Frees everything; for databases that are nobody's.</summary>
    internal void DisposeStores()
    {
        foreach (Database database in _databases)
        {
            if (database.DetachStore() is Store store)
            {
                Retire(store, store.Count, inBackground: false);
            }
        }
        if (_stagedFor is not null)
        {
            Volatile.Write(ref _stagedFor._stagedBytes, 0);
        }
    }

    /// <summary>Whoever waits for the key is tried to be served when the running command has ended.</summary>
    internal void AddReady(WantedKey key)
    {
        if (!key.IsReady && key.Waiters.First is not null)
        {
            key.IsReady = true;
            ReadyKeys.Add(key);
        }
    }

    /// <summary>From here to <see cref="EndBatch"/> records stay where they are.</summary>
    internal void BeginBatch()
    {
        foreach (Store store in _stores)
        {
            store.BeginBatch();
        }
    }

    internal void EndBatch()
    {
        foreach (Store store in _stores)
        {
            store.EndBatch();
        }
    }

    /// <summary>Deletes keys whose time is over.</summary>
    /// <param name="budget">Most wheel entries to look at.</param>
    /// <returns>False if there may be more.</returns>
    internal bool ExpireCycle(int budget)
    {
        if (!ActiveExpiry)
        {
            return true;
        }
        for (int i = 0; i < _databases.Length && budget > 0; i++)
        {
            // The next round begins where this one ends, so that none waits for ever behind another.
            Database database = _databases[_expireNext];
            while (database.Store is Store store && store.Expiring.TryTakeDue(NowMs, ref budget, out Record record))
            {
                Expire(database, record);
            }
            _expireNext = (_expireNext + 1) % _databases.Length;
        }
        return budget > 0;
    }

    /// <summary>Lets the cleaner take its share of a turn.</summary>
    /// <param name="urgent">Memory is short.</param>
    /// <param name="idle">This is periodic work, not a turn of commands.</param>
    internal void Clean(bool urgent, bool idle)
    {
        long start = Upkeep.IsOn ? Upkeep.Start() : 0;
        _cleaner.Run(_stores, urgent, idle);
        if (_cut is { IsTooBig: false })
        {
            _cut.IsTooBig = HoldsTooMuch(_cut);
        }
        if (start != 0)
        {
            Upkeep.Stop(ref Upkeep.CleanerTicks, start);
        }
        foreach (Store store in _stores)
        {
            store.Expiring.Sweep(idle);
        }
        if (idle)
        {
            _cleaner.ReturnMemory(LogPageBytes);
        }
    }

    /// <summary>
    /// No log gives anything back while a cut lasts, so what is written and deleted meanwhile, however short it lived,
    /// adds up until the cut ends.
    /// </summary>
    private bool HoldsTooMuch(KeyspaceCut cut)
    {
        if (HeldBytes - cut.HeldBefore > _maxLogBytes / CutShare)
        {
            return true;
        }
        foreach (Store store in _stores)
        {
            if (store.IsNeededByCut && store.LogBytes > _maxLogBytes / 8 * 7)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Gives the system all memory that nothing is in; everything waits for some milliseconds and more.
    /// </summary>
    internal static void ReturnMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        HeapBytes.ReturnFreed();
    }

    private bool UsesLfu => _options.MaxMemoryPolicy is MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu;

    /// <summary>
    /// A database to evict from, each as likely as its share of the keys; by time to live, the one whose next key
    /// expires first.
    /// </summary>
    /// <returns>Null if there is nothing to evict.</returns>
    internal Database? PickForEviction(MaxMemoryPolicy policy)
    {
        bool byTime = policy == MaxMemoryPolicy.VolatileTtl;
        Database? picked = null;
        long total = 0;
        long soonest = long.MaxValue;
        foreach (Database database in _databases)
        {
            long keys = Evictor.IsVolatile(policy) ? database.ExpiringCount : database.Count;
            if (keys == 0)
            {
                continue;
            }
            total += keys;
            if (byTime)
            {
                long next = database.Store!.Expiring.Soonest;
                picked = next < soonest || picked is null ? database : picked;
                soonest = Math.Min(next, soonest);
            }
            else if (picked is null || _random.NextInt64(total) < keys)
            {
                picked = database;
            }
        }
        return picked;
    }

    internal Store OpenStore()
    {
        Store store = new(_maxLogBytes, NowMs, LazyFree, Cut, Upkeep);
        Join(store);
        return store;
    }

    /// <summary>A store is one of these databases' from now on.</summary>
    private void Join(Store store)
    {
        store.BeginBatch();
        _stores.Add(store);
    }

    /// <summary>
    /// Deletes a key that a look-up found expired; while clients are paused, a reader only does not see it.
    /// </summary>
    internal void ExpireOnAccess(Database database, Record record, Lookup lookup)
    {
        if ((lookup & Lookup.Write) != 0 || !Pause.IsActive(NowMs))
        {
            Expire(database, record);
        }
    }

    /// <summary>Brings the databases' average times to live a little nearer to what a few keys of each say.</summary>
    internal void SampleExpiries()
    {
        foreach (Database database in _databases)
        {
            database.SampleExpiries(_sampled);
        }
    }

    private long Sum(Func<Store, long> figure)
    {
        long sum = 0;
        foreach (Store store in _stores)
        {
            sum += figure(store);
        }
        return sum;
    }

    internal void Touch(Record record)
    {
        if (UsesLfu)
        {
            record.AccessInfo = AccessClock.LfuTouched(
                record.AccessInfo, NowMs, _options.LfuDecayTime, _options.LfuLogFactor, _random);
        }
        else
        {
            record.AccessInfo = AccessClock.Lru(NowMs);
            record.Flags |= RecordFlags.Used;
        }
    }

    /// <summary>
    /// Access information of a value that is set; under LFU a key keeps its count when its value changes.
    /// </summary>
    internal uint AccessInfoFor(Record existing) => UsesLfu
        ? (existing.Exists ? existing.AccessInfo : AccessClock.LfuNew(NowMs))
        : AccessClock.Lru(NowMs);

    /// <summary>Access information of a value that comes with its own.</summary>
    /// <param name="idleSeconds">Seconds without use, or -1 if it does not say.</param>
    /// <param name="frequency">LFU counter, or -1.</param>
    internal uint LoadedAccessInfo(long idleSeconds, int frequency)
    {
        if (UsesLfu)
        {
            return frequency >= 0 ? AccessClock.Lfu(NowMs, frequency) : AccessClock.LfuNew(NowMs);
        }
        return idleSeconds > 0 ? AccessClock.LruBefore(NowMs, idleSeconds) : AccessClock.Lru(NowMs);
    }

    private void Expire(Database database, Record record)
    {
        Metrics.ExpiredKeys++;
        _observer.KeyExpired(database, record.Key);
        Notifier.Notify(NotifyEvents.Expired, "expired"u8, record.Key, database);
        database.Delete(record);
    }
}
