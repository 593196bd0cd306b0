namespace Tidelog.Engine.Keyspace;

/// <summary>
/// Which records of a log expire, and when: the wheel's entries, and what of them still counts. An entry is an address
/// with the record's <see cref="Record.WheelSerial"/> in its low bits.
/// </summary>
internal sealed unsafe class ExpiringRecords(RecordLog log, long nowMs) : IDisposable
{
    private const int StaleEntriesIgnored = 4096;
    private const int MinSweep = 64;

    /// <summary>About a fifth of a millisecond.</summary>
    private const int MaxSweep = 2000;

    /// <summary>The low bits of an address, zero in itself, that carry the serial number.</summary>
    private const int WheelSerialMask = 7;

    private readonly ExpiryWheel _wheel = new(nowMs);
    private long _added;

    /// <summary>Live records with an expiry; kept by the store.</summary>
    public long Count { get; set; }

    /// <summary>Entries of the wheel, those that will be passed over included.</summary>
    public long EntryCount => _wheel.Count;

    public long AllocatedBytes => _wheel.AllocatedBytes;

    /// <summary>About when the next key expires, Unix time in milliseconds.</summary>
    public long Soonest => Math.Min(_wheel.SoonestTick, long.MaxValue >> ExpiryWheel.TickBits) << ExpiryWheel.TickBits;

    /// <summary>Adds the entry of a record that is new at its address.</summary>
    public void Add(Record record) => _wheel.Add(record.Address | (long)record.WheelSerial, record.Expiry);

    /// <summary>
    /// Adds the entry that counts from now on, if the present one comes too late; a later time needs none of its own,
    /// for the present one leads to the record and is put back then. Only for a record that may be changed in place.
    /// </summary>
    /// <param name="old">The expiry until now, or -1.</param>
    public void Change(Record record, long old)
    {
        if (old < 0 || ExpiryWheel.TickOf(record.Expiry) < ExpiryWheel.TickOf(old))
        {
            // Older entries of this record are passed over when they fire.
            record.WheelSerial = (record.WheelSerial + 1) & WheelSerialMask;
            Add(record);
        }
    }

    /// <summary>A record whose expiry may have come; stale entries of the wheel are passed over.</summary>
    /// <returns>False when nothing is due.</returns>
    public bool TryTakeDue(long nowMs, ref int budget, out Record record)
    {
        while (budget > 0 && _wheel.TryTake(nowMs, out long entry))
        {
            budget--;
            if (!IsCurrent(entry, out record))
            {
                continue;
            }
            if (record.Expiry <= nowMs)
            {
                return true;
            }
            _wheel.Add(entry, record.Expiry);
        }
        record = default;
        return false;
    }

    /// <summary>
    /// Finds one of the keys that expire soonest, for the caller to delete; as nearly as the wheel tells.
    /// </summary>
    /// <param name="budget">Most entries to look at.</param>
    public bool TryTakeSoonest(ref long budget, out Record record)
    {
        while (budget-- > 0 && _wheel.TryTakeSoonest(out long entry))
        {
            if (IsCurrent(entry, out record))
            {
                return true;
            }
        }
        record = default;
        return false;
    }

    /// <summary>
    /// Drops stale entries of the wheel while they are more than the others. Without it a key with a long time to live
    /// would leave an entry behind, for all that time, whenever its record moved or it was deleted.
    /// </summary>
    /// <param name="idle">Nothing else is to be done: sweep much.</param>
    public void Sweep(bool idle)
    {
        long added = _wheel.AddedCount - _added;
        if (_wheel.Count > (2 * Count) + StaleEntriesIgnored)
        {
            // A round over twice as many entries as count drops one half: two looks for each that was added keep up.
            long budget = idle ? MaxSweep : Math.Min((4 * added) + MinSweep, MaxSweep);
            while (budget-- > 0 && _wheel.TrySweep(out long entry))
            {
                if (IsCurrent(entry, out Record record))
                {
                    _wheel.Add(entry, record.Expiry);
                }
            }
        }
        _added = _wheel.AddedCount;
    }

    public void Dispose() => _wheel.Dispose();

    /// <summary>Tells whether an entry of the wheel leads to a live record and is its newest.</summary>
    private bool IsCurrent(long entry, out Record record)
    {
        long address = entry & ~WheelSerialMask;
        record = default;
        if (address < log.BeginAddress)
        {
            return false;
        }
        record = new Record(log.PointerTo(address), address);
        return (record.Flags & (RecordFlags.Superseded | RecordFlags.HasExpiry)) == RecordFlags.HasExpiry
            && record.WheelSerial == (entry & WheelSerialMask);
    }
}
