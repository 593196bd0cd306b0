namespace Tidelog.Engine.Keyspace;

/// <summary>One database of a cut.</summary>
internal sealed class DatabaseCut
{
    private readonly RecordLog _log;
    private readonly long _end;
    private readonly byte _generation;

    // Everything below has been walked.
    private long _walked;

    /// <param name="store">Its part of the cut has just begun.</param>
    public DatabaseCut(int index, Store store, RecordLog log)
    {
        Index = index;
        Store = store;
        Keys = store.Count;
        ExpiringKeys = store.ExpiringCount;
        _log = log;
        _end = store.Cut.ImmutableBelow;
        _generation = store.Cut.Generation;
        _walked = log.BeginAddress;
    }

    public int Index { get; }

    public long Keys { get; }

    public long ExpiringKeys { get; }

    /// <summary>Where the records are, whatever number the database has by now, or none.</summary>
    internal Store Store { get; }

    /// <summary>Every record has been seen by a walk: see <see cref="StoreCut.End"/>.</summary>
    internal bool IsWalked => _walked >= _end;

    /// <summary>
    /// Goes on with a walk over the records, those included whose time was over; from any thread, one at a time.
    /// </summary>
    /// <param name="address">0 at the beginning.</param>
    /// <returns>False at the end.</returns>
    public bool TryWalk(ref long address, out Record record)
    {
        address = Math.Max(address, _log.BeginAddress);
        bool isFirst = address <= _walked;
        bool isFound = false;
        while (_log.TryReadAt(ref address, _end, out record))
        {
            address += record.Size;
            isFound = record.IsInCut(_generation);
            if (isFound)
            {
                break;
            }
        }
        if (isFirst)
        {
            _walked = Math.Max(_walked, address);
        }
        return isFound;
    }

    /// <summary>
    /// Goes a record further in what no walk has come to; that done, the store can tell its dead records from those of
    /// later cuts.
    /// </summary>
    /// <returns>False at the end.</returns>
    public bool TryWalkOn()
    {
        long address = _walked;
        return TryWalk(ref address, out _);
    }
}
