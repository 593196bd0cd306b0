namespace Tidelog.Engine.Keyspace;

/// <summary>
/// The begin of a log, the only place where it gives back space: the cleaner and eviction take from there what is dead,
/// and move what is live to the tail. Both stand still while a cut sees the log.
/// </summary>
internal sealed unsafe class OldestRecords(RecordLog log, RecordIndex index, ExpiringRecords expiring)
{
    /// <summary>The oldest record that is live; the space of what was in front of it is given back.</summary>
    /// <param name="budget">Most records to look at; less by those that were.</param>
    /// <returns>False if none was found.</returns>
    public bool TryPeek(ref long budget, out Record record)
    {
        long address = log.BeginAddress;
        while (budget > 0 && log.TryReadAt(ref address, log.TailAddress, out record))
        {
            budget--;
            if ((record.Flags & RecordFlags.Superseded) == 0)
            {
                log.FreeUntil(address);
                return true;
            }
            address += record.Size;
        }
        log.FreeUntil(Math.Min(address, log.TailAddress));
        record = default;
        return false;
    }

    /// <summary>Makes the oldest record the newest.</summary>
    /// <param name="record">As <see cref="TryPeek"/> gave it.</param>
    public void MoveToTail(Record record)
    {
        int size = record.Size;
        MoveToTail(record, size);
        log.FreeUntil(record.Address + size);
    }

    /// <summary>
    /// Cleans: up to <paramref name="budget"/> bytes are walked, those of live records counted four times since moving
    /// them costs more.
    /// </summary>
    /// <returns>Budget left.</returns>
    public long Clean(long budget)
    {
        // Not past the records that this very pass has moved.
        long end = log.TailAddress;
        long address = log.BeginAddress;
        while (budget > 0 && log.TryReadAt(ref address, end, out Record record))
        {
            int size = record.Size;
            budget -= size;
            if ((record.Flags & RecordFlags.Superseded) == 0)
            {
                MoveToTail(record, size);
                budget -= 3L * size;
            }
            address += size;
        }
        if (address > log.BeginAddress)
        {
            log.FreeUntil(Math.Min(address, end));
        }
        return budget;
    }

    private void MoveToTail(Record record, int size)
    {
        long address = log.Allocate(size);
        byte* start = log.PointerTo(address);
        Buffer.MemoryCopy(record.Start, start, size, size);
        Record moved = new(start, address);
        index.Replace(KeyHash.Of(moved.Key), record, moved);
        if (moved.HasExpiry)
        {
            expiring.Add(moved);
        }
        record.Supersede(0);
    }
}
