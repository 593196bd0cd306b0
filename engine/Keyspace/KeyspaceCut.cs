namespace Tidelog.Engine.Keyspace;

/// <summary>
/// All databases as they were between two commands. While it lasts, whatever writers do, its records can be walked from
/// other threads. Begun and ended by the writer.
/// </summary>
internal sealed class KeyspaceCut
{
    private readonly List<(Store Store, long Count)> _detached = [];
    private volatile bool _isTooBig;

    /// <param name="databases">Those that have keys, in ascending order.</param>
    public KeyspaceCut(long nowMs, IReadOnlyList<DatabaseCut> databases)
    {
        NowMs = nowMs;
        Databases = databases;
        Keys = databases.Sum(database => database.Keys);
    }

    /// <summary>Unix time in milliseconds of the cut.</summary>
    public long NowMs { get; }

    /// <summary>Databases that had keys, in ascending order.</summary>
    public IReadOnlyList<DatabaseCut> Databases { get; }

    /// <summary>Keys of all databases.</summary>
    public long Keys { get; }

    /// <summary>Bytes of stores that no database has any more.</summary>
    internal long DetachedBytes { get; private set; }

    /// <summary>Bytes of their logs' pages.</summary>
    internal long DetachedPageBytes { get; private set; }

    /// <summary>
    /// What it holds back has come near the end of the room for it: whoever walks it is to give up. From any thread.
    /// </summary>
    public bool IsTooBig
    {
        get => _isTooBig;
        internal set => _isTooBig = value;
    }

    /// <summary>Bytes that were dead when it began.</summary>
    internal long HeldBefore { get; init; }

    /// <summary>Keeps a store that no database has any more.</summary>
    /// <param name="count">How many of its values are to be counted as freed in the background.</param>
    internal void Keep(Store store, long count)
    {
        _detached.Add((store, count));
        DetachedBytes += store.UsedBytes;
        DetachedPageBytes += store.PageBytes;
    }

    /// <summary>Ends it for the stores; those that only it held are disposed of in the background.</summary>
    internal void End(LazyFree lazyFree)
    {
        foreach (DatabaseCut database in Databases)
        {
            database.Store.EndCut(database.IsWalked);
        }
        foreach ((Store store, long count) in _detached)
        {
            lazyFree.Dispose(store, count);
        }
    }
}
