using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Tidelog.Engine.Keyspace;

/// <summary>Leads from keys to the live records of a log.</summary>
internal sealed unsafe class RecordIndex : IRecordHashes, IDisposable
{
    private readonly RecordLog _log;
    private readonly HashIndex _entries;

    public RecordIndex(RecordLog log, UpkeepClock upkeep)
    {
        _log = log;
        _entries = new HashIndex(this, upkeep);
    }

    public long Count => _entries.Count;

    public long AllocatedBytes => _entries.AllocatedBytes;

    public long BucketCount => _entries.BucketCount;

    /// <inheritdoc cref="HashIndex.Reserve"/>
    public void Reserve(long entries) => _entries.Reserve(entries);

    /// <inheritdoc cref="HashIndex.Trim"/>
    public void Trim() => _entries.Trim();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash) => _entries.Prefetch(hash);

    /// <summary>Prefetches the record that a look-up will read; its bucket should be in the cache by now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchRecord(ulong hash)
    {
        HashIndex.Candidates candidates = _entries.Find(hash);
        long address = candidates.Next();
        if (address != 0 && Sse.IsSupported)
        {
            byte* start = _log.PointerTo(address);
            Sse.Prefetch0(start);
            Sse.Prefetch0(start + 64);
        }
    }

    void IRecordHashes.Prefetch(long address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_log.PointerTo(address));
        }
    }

    ulong IRecordHashes.HashAt(long address) => KeyHash.Of(At(address).Key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Record At(long address) => new(_log.PointerTo(address), address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Record Find(ReadOnlySpan<byte> key, ulong hash)
    {
        HashIndex.Candidates candidates = _entries.Find(hash);
        while (true)
        {
            long address = candidates.Next();
            if (address == 0)
            {
                return default;
            }
            byte* start = _log.PointerTo(address);
            if (*(ushort*)(start + Record.KeyLengthOffset) == key.Length && key.Length <= Store.MaxInlineKey)
            {
                if (new ReadOnlySpan<byte>(start + Record.KeyOffset, key.Length).SequenceEqual(key))
                {
                    return new Record(start, address);
                }
            }
            else if (key.Length > Store.MaxInlineKey && new Record(start, address).Key.SequenceEqual(key))
            {
                return new Record(start, address);
            }
        }
    }

    /// <summary>Visits the records of a SCAN cursor's bucket; returns the next cursor, 0 at the end.</summary>
    public ulong Scan(ulong cursor, List<long> addresses) => _entries.Scan(cursor, addresses);

    public Record Random(Random random)
    {
        long address = _entries.Random(random);
        return address == 0 ? default : At(address);
    }

    /// <summary>Adds a record; its key must not be there.</summary>
    public void Insert(ulong hash, Record record) => _entries.Insert(hash, record.Address);

    /// <summary>Leads to a newer record of the key.</summary>
    public void Replace(ulong hash, Record old, Record replacement) =>
        _entries.Replace(hash, old.Address, replacement.Address);

    public void Remove(Record record) => _entries.Remove(KeyHash.Of(record.Key), record.Address);

    public void Dispose() => _entries.Dispose();
}
