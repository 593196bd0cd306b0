// From a key's hash to the addresses of the records that may hold it.
//
// A bucket is one cache line: seven entries and the address of an overflow bucket. An entry is 8 bytes: 19 bits of the
// hash (the tag) and the record's address in units of 8 bytes; 0 is empty. A look-up reads one line, and a record only
// where the tag matches (a wrong one in 500,000).
//
// It grows by linear hashing: while there are more entries per bucket than wanted, every insertion splits the next
// bucket in turn, so there is no moment when the table is rebuilt, no second table, and memory follows the number of
// keys. Bucket b of level L holds the keys with hash mod 2^L = b; those below the split pointer have been divided by
// one more bit. It shrinks the same way backwards.
//
// The cursor of SCAN counts buckets with its bits reversed, as redis's does: a bucket's descendants under growth are
// visited where their ancestor was, so whatever was present throughout is returned (docs/architecture.md).

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Tidelog.Engine.Keyspace;

/// <summary>Tells the index the hash of the key that a record holds, when a bucket is split.</summary>
internal interface IRecordHashes
{
    void Prefetch(long address);

    ulong HashAt(long address);
}

internal sealed unsafe class HashIndex : IDisposable
{
    private const int BucketSize = 64;
    private const int EntriesPerBucket = 7;
    private const int ChunkBits = 15;
    private const int BucketsPerChunk = 1 << ChunkBits;
    private const int ChunkBytes = BucketsPerChunk * BucketSize;
    private const int MinLevel = 4;
    private const int TagBits = 19;
    private const ulong AddressMask = (1UL << (64 - TagBits)) - 1;

    /// <summary>Entries per bucket that growth aims at: one in eight buckets then has overflowed.</summary>
    private const int GrowAbove = 5;
    private const int ShrinkBelow = 2;
    private const int OverflowSlabBuckets = 256;

    private readonly IRecordHashes _records;
    private readonly UpkeepClock _upkeep;
    private readonly List<nint> _slabs = [];
    private byte** _chunks;
    private int _chunkCapacity;
    private int _chunkCount;

    // The chunk after the last, made by another thread: the system may take milliseconds for a big page.
    private readonly Lock _nextChunkLock = new();
    private readonly Action _makeNextChunk;
    private byte* _nextChunk;
    private bool _nextChunkRequested;
    private bool _disposed;
    private byte* _freeOverflow;
    private int _level;
    private long _split;

    public HashIndex(IRecordHashes records, UpkeepClock upkeep)
    {
        _records = records;
        _upkeep = upkeep;
        _makeNextChunk = MakeNextChunk;
        _level = MinLevel;
        EnsureChunk(0);
    }

    public long Count { get; private set; }

    /// <summary>Bytes of memory that the index takes: a chunk takes memory as its buckets come into use.</summary>
    public long AllocatedBytes => (BucketCount * BucketSize) + ((long)_slabs.Count * OverflowSlabBuckets * BucketSize);

    public long BucketCount => (1L << _level) + _split;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* BucketOf(ulong hash)
    {
        long low = (long)(hash & ((1UL << _level) - 1));
        if (low < _split)
        {
            low = (long)(hash & ((2UL << _level) - 1));
        }
        return Bucket(low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(BucketOf(hash));
        }
    }

    /// <summary>Begins a look-up: call <see cref="Candidates.Next"/> until it returns 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Candidates Find(ulong hash) => new(BucketOf(hash), hash >> (64 - TagBits));

    /// <summary>Adds an entry; the key must not be there.</summary>
    public void Insert(ulong hash, long address)
    {
        Add(BucketOf(hash), EntryOf(hash, address));
        Count++;
        if (Count > BucketCount * GrowAbove)
        {
            Grow();
        }
    }

    /// <summary>
    /// Makes an index without entries as big as so many will need. The system gives the memory when they come.
    /// </summary>
    public void Reserve(long entries)
    {
        long buckets = (entries + GrowAbove - 1) / GrowAbove;
        if (Count > 0 || buckets <= BucketCount)
        {
            return;
        }
        _level = BitOperations.Log2((ulong)buckets);
        _split = buckets - (1L << _level);
        for (long first = (long)_chunkCount << ChunkBits; first < buckets; first += BucketsPerChunk)
        {
            EnsureChunk(first, bigPages: true);
        }
    }

    /// <summary>Gives back what was reserved for entries that did not come.</summary>
    public void Trim()
    {
        while (Count < BucketCount * ShrinkBelow && BucketCount > 1L << MinLevel)
        {
            MergeLast();
        }
    }

    /// <summary>The record moved: its entry now leads to another address.</summary>
    public void Replace(ulong hash, long oldAddress, long newAddress)
    {
        ulong* entry = FindEntry(hash, oldAddress);
        *entry = EntryOf(hash, newAddress);
    }

    public void Remove(ulong hash, long address)
    {
        *FindEntry(hash, address) = 0;
        Count--;
        if (Count < BucketCount * ShrinkBelow && BucketCount > 1L << MinLevel)
        {
            MergeLast();
        }
    }

    /// <summary>
    /// Visits all records of the bucket or buckets that a cursor stands for, and returns the next cursor, 0 at the end.
    /// </summary>
    public ulong Scan(ulong cursor, List<long> addresses)
    {
        ulong lowMask = (1UL << _level) - 1;
        ulong highMask = (2UL << _level) - 1;
        if (_split == 0)
        {
            Collect(Bucket((long)(cursor & lowMask)), addresses);
            return NextCursor(cursor, lowMask);
        }

        // Some buckets have one bit more than others: visit a bucket of the small table with all its divisions.
        long low = (long)(cursor & lowMask);
        if (low >= _split)
        {
            Collect(Bucket(low), addresses);
            return NextCursor(cursor, lowMask);
        }
        do
        {
            Collect(Bucket((long)(cursor & highMask)), addresses);
            cursor = NextCursor(cursor, highMask);
        }
        while ((cursor & (lowMask ^ highMask)) != 0);
        return cursor;
    }

    /// <summary>
    /// Some record's address at random; not quite even, as bucket sizes differ. 0 when the index is empty.
    /// </summary>
    public long Random(Random random)
    {
        if (Count == 0)
        {
            return 0;
        }
        Span<long> found = stackalloc long[64];
        while (true)
        {
            int count = 0;
            byte* bucket = Bucket(random.NextInt64(BucketCount));
            while (bucket != null)
            {
                ulong* entries = (ulong*)bucket;
                for (int i = 0; i < EntriesPerBucket; i++)
                {
                    if (entries[i] != 0 && count < found.Length)
                    {
                        found[count++] = AddressOf(entries[i]);
                    }
                }
                bucket = (byte*)entries[EntriesPerBucket];
            }

            // Taking a bucket only with a chance that grows with its size makes every record about equally likely.
            if (count > 0 && random.Next(2 * EntriesPerBucket) < Math.Max(count, 1))
            {
                return found[random.Next(count)];
            }
        }
    }

    public void Dispose()
    {
        for (int i = 0; i < _chunkCount; i++)
        {
            PageMemory.Free(_chunks[i], ChunkBytes);
        }
        lock (_nextChunkLock)
        {
            _disposed = true;
            if (_nextChunk != null)
            {
                PageMemory.Free(_nextChunk, ChunkBytes);
                _nextChunk = null;
            }
        }
        NativeMemory.Free(_chunks);
        _chunks = null;
        _chunkCount = 0;
        foreach (nint slab in _slabs)
        {
            NativeMemory.AlignedFree((void*)slab);
        }
        _slabs.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long AddressOf(ulong entry) => (long)(entry & AddressMask) << 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong EntryOf(ulong hash, long address) => (hash & ~AddressMask) | ((ulong)address >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Bucket(long number) =>
        _chunks[number >> ChunkBits] + ((number & (BucketsPerChunk - 1)) * BucketSize);

    /// <summary>Counts a cursor of reversed bits up.</summary>
    /// <param name="mask">The bits that choose a bucket.</param>
    internal static ulong NextCursor(ulong cursor, ulong mask)
    {
        cursor |= ~mask;
        cursor = Reverse(cursor);
        cursor++;
        return Reverse(cursor);
    }

    private static ulong Reverse(ulong v)
    {
        v = ((v >> 1) & 0x5555_5555_5555_5555) | ((v & 0x5555_5555_5555_5555) << 1);
        v = ((v >> 2) & 0x3333_3333_3333_3333) | ((v & 0x3333_3333_3333_3333) << 2);
        v = ((v >> 4) & 0x0F0F_0F0F_0F0F_0F0F) | ((v & 0x0F0F_0F0F_0F0F_0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(v);
    }

    private static void Collect(byte* bucket, List<long> addresses)
    {
        while (bucket != null)
        {
            ulong* entries = (ulong*)bucket;
            for (int i = 0; i < EntriesPerBucket; i++)
            {
                if (entries[i] != 0)
                {
                    addresses.Add(AddressOf(entries[i]));
                }
            }
            bucket = (byte*)entries[EntriesPerBucket];
        }
    }

    private ulong* FindEntry(ulong hash, long address)
    {
        ulong wanted = EntryOf(hash, address);
        byte* bucket = BucketOf(hash);
        while (bucket != null)
        {
            ulong* entries = (ulong*)bucket;
            for (int i = 0; i < EntriesPerBucket; i++)
            {
                if (entries[i] == wanted)
                {
                    return entries + i;
                }
            }
            bucket = (byte*)entries[EntriesPerBucket];
        }
        throw new InvariantException($"no index entry for the record at {address}");
    }

    private void Add(byte* bucket, ulong entry)
    {
        while (true)
        {
            ulong* entries = (ulong*)bucket;
            for (int i = 0; i < EntriesPerBucket; i++)
            {
                if (entries[i] == 0)
                {
                    entries[i] = entry;
                    return;
                }
            }
            if (entries[EntriesPerBucket] == 0)
            {
                entries[EntriesPerBucket] = (ulong)AllocateOverflow();
            }
            bucket = (byte*)entries[EntriesPerBucket];
        }
    }

    private void Grow()
    {
        long start = _upkeep.IsOn ? _upkeep.Start() : 0;
        SplitNext();
        if (Count > BucketCount * GrowAbove)
        {
            SplitNext();
        }
        if (start != 0)
        {
            _upkeep.Stop(ref _upkeep.IndexTicks, start);
        }
    }

    private void SplitNext()
    {
        long source = _split;
        long target = source + (1L << _level);
        EnsureChunk(target);
        if ((target & (BucketsPerChunk - 1)) == BucketsPerChunk / 2)
        {
            RequestNextChunk();
        }
        byte* bucket = Bucket(source);
        for (byte* b = bucket; b != null; b = (byte*)((ulong*)b)[EntriesPerBucket])
        {
            for (int i = 0; i < EntriesPerBucket; i++)
            {
                ulong entry = ((ulong*)b)[i];
                if (entry != 0)
                {
                    _records.Prefetch(AddressOf(entry));
                }
            }
        }
        ulong bit = 1UL << _level;
        if (++_split == 1L << _level)
        {
            _level++;
            _split = 0;
        }
        byte* moved = Bucket(target);
        ulong* kept = (ulong*)bucket;
        int keptCount = 0;
        ulong* from = (ulong*)bucket;
        while (from != null)
        {
            for (int i = 0; i < EntriesPerBucket; i++)
            {
                ulong entry = from[i];
                if (entry == 0)
                {
                    continue;
                }
                from[i] = 0;
                if ((_records.HashAt(AddressOf(entry)) & bit) != 0)
                {
                    Add(moved, entry);
                    continue;
                }

                // What stays is packed to the front; the write never overtakes the read.
                if (keptCount == EntriesPerBucket)
                {
                    kept = (ulong*)kept[EntriesPerBucket];
                    keptCount = 0;
                }
                kept[keptCount++] = entry;
            }
            from = (ulong*)from[EntriesPerBucket];
        }
        FreeOverflow((byte*)kept[EntriesPerBucket]);
        kept[EntriesPerBucket] = 0;
    }

    private void MergeLast()
    {
        if (_split == 0)
        {
            _level--;
            _split = 1L << _level;
        }
        _split--;
        byte* target = Bucket(_split);
        ulong* source = (ulong*)Bucket(_split + (1L << _level));
        ulong* first = source;
        while (source != null)
        {
            for (int i = 0; i < EntriesPerBucket; i++)
            {
                if (source[i] != 0)
                {
                    Add(target, source[i]);
                    source[i] = 0;
                }
            }
            source = (ulong*)source[EntriesPerBucket];
        }
        FreeOverflow((byte*)first[EntriesPerBucket]);
        first[EntriesPerBucket] = 0;

        // A chunk is freed when the table is a whole chunk below it, so that a size at the border does not flutter.
        long needed = (BucketCount >> ChunkBits) + 2;
        while (_chunkCount > needed)
        {
            PageMemory.Free(_chunks[--_chunkCount], ChunkBytes);
        }
    }

    /// <param name="bigPages">Of a new one; nobody waits for them in the middle of a turn.</param>
    private void EnsureChunk(long bucket, bool bigPages = false)
    {
        int chunk = (int)(bucket >> ChunkBits);
        if (chunk < _chunkCount)
        {
            return;
        }
        if (chunk >= _chunkCapacity)
        {
            _chunkCapacity = Math.Max(16, _chunkCapacity * 2);
            _chunks = (byte**)NativeMemory.Realloc(_chunks, (nuint)_chunkCapacity * (nuint)sizeof(byte*));
        }
        byte* ready;
        lock (_nextChunkLock)
        {
            ready = _nextChunk;
            _nextChunk = null;
            _nextChunkRequested &= ready == null;
        }
        _chunks[_chunkCount++] =
            ready != null ? ready : (byte*)PageMemory.AllocateZeroed(ChunkBytes, bigPages, atOnce: false);
    }

    private void RequestNextChunk()
    {
        lock (_nextChunkLock)
        {
            if (_nextChunkRequested)
            {
                return;
            }
            _nextChunkRequested = true;
        }
        MemoryAhead.Request(_makeNextChunk);
    }

    private void MakeNextChunk()
    {
        byte* chunk;
        try
        {
            chunk = (byte*)PageMemory.AllocateZeroed(ChunkBytes, bigPages: true);
        }
        catch (InsufficientMemoryException)
        {
            // The writer will find out when it needs the chunk.
            chunk = null;
        }
        lock (_nextChunkLock)
        {
            if (!_disposed)
            {
                _nextChunk = chunk;
                _nextChunkRequested = chunk != null;
                return;
            }
        }
        if (chunk != null)
        {
            PageMemory.Free(chunk, ChunkBytes);
        }
    }

    private byte* AllocateOverflow()
    {
        if (_freeOverflow == null)
        {
            nuint size = OverflowSlabBuckets * BucketSize;
            byte* slab = (byte*)NativeMemory.AlignedAlloc(size, BucketSize);
            NativeMemory.Clear(slab, size);
            _slabs.Add((nint)slab);
            for (int i = OverflowSlabBuckets - 1; i >= 0; i--)
            {
                byte* free = slab + (i * BucketSize);
                *(byte**)free = _freeOverflow;
                _freeOverflow = free;
            }
        }
        byte* bucket = _freeOverflow;
        _freeOverflow = *(byte**)bucket;
        *(byte**)bucket = null;
        return bucket;
    }

    private void FreeOverflow(byte* bucket)
    {
        while (bucket != null)
        {
            byte* next = (byte*)((ulong*)bucket)[EntriesPerBucket];
            NativeMemory.Clear(bucket, BucketSize);
            *(byte**)bucket = _freeOverflow;
            _freeOverflow = bucket;
            bucket = next;
        }
    }

    /// <summary>The entries of one bucket chain whose tag matches.</summary>
    internal struct Candidates(byte* bucket, ulong tag)
    {
        private ulong* _entries = (ulong*)bucket;
        private int _next;

        /// <returns>The next candidate's address, or 0.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Next()
        {
            while (_entries != null)
            {
                while (_next < EntriesPerBucket)
                {
                    ulong entry = _entries[_next++];
                    if (entry >> (64 - TagBits) == tag && entry != 0)
                    {
                        return AddressOf(entry);
                    }
                }
                _entries = (ulong*)_entries[EntriesPerBucket];
                _next = 0;
            }
            return 0;
        }
    }
}
