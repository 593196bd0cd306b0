// The records of one database: log, index and expiry wheel, and every way to change a record.
//
//  - One writer. A record is found by the index, changed in place when the new value fits its room, else written
//    again at the tail; the old one is then marked superseded, and no look-up leads to it any more.
//  - A record below ImmutableBelow belongs to a running snapshot and is not changed in place.
//  - The log gives back space only at its begin. The cleaner walks from there, drops what is superseded and moves
//    what is live to the tail; it runs while dead bytes exceed their share (docs/architecture.md).

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

internal sealed unsafe class Store : IRecordHashes, IDisposable
{
    /// <summary>A longer value lives outside the log.</summary>
    public const int MaxInlineValue = 16 * 1024;

    /// <summary>A longer key lives outside the log.</summary>
    public const int MaxInlineKey = 16 * 1024;

    /// <summary>With less outside the log there is nothing worth a walk over the C library's free blocks.</summary>
    private const long MaxUnreturnedHeap = 4 << 20;

    private const int StaleEntriesIgnored = 4096;
    private const int MinSweep = 64;

    /// <summary>About a fifth of a millisecond.</summary>
    private const int MaxSweep = 2000;

    /// <summary>
    /// The low bits of an address, zero in itself, that carry <see cref="Record.WheelSerial"/> in the wheel.
    /// </summary>
    private const int WheelSerialMask = 7;

    private readonly RecordLog _log;
    private readonly HashIndex _index;
    private readonly ExpiryWheel _wheel;
    private readonly LazyFree _lazyFree;
    private long _wheelAdded;

    /// <param name="maxLogBytes">Most bytes that the log may span.</param>
    public Store(long maxLogBytes, long nowMs, LazyFree lazyFree, ValueCut cut, UpkeepClock? upkeep = null)
    {
        upkeep ??= UpkeepClock.Off;
        Values = new ValueHeap(cut);
        _log = new RecordLog(maxLogBytes, upkeep);
        _index = new HashIndex(this, upkeep);
        _wheel = new ExpiryWheel(nowMs);
        _lazyFree = lazyFree;
    }

    public long Count => _index.Count;

    public long ExpiringCount { get; private set; }

    /// <summary>Bytes of live records in the log.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Bytes of the log that hold no live record: superseded ones and the ends of pages.</summary>
    public long DeadBytes => _log.Length - LiveBytes;

    /// <summary>Bytes of values and keys outside the log.</summary>
    public long HeapBytesTotal { get; private set; }

    /// <summary>The memory of collections outside the log.</summary>
    public ValueHeap Values { get; }

    public long LogBytes => _log.Length;

    /// <summary>Every byte that this store holds.</summary>
    public long UsedBytes =>
        _log.Length + HeapBytesTotal + Values.Bytes + _index.AllocatedBytes + _wheel.AllocatedBytes;

    public long PageBytes => _log.AllocatedBytes;

    public long IndexBytes => _index.AllocatedBytes;

    public long WheelBytes => _wheel.AllocatedBytes;

    /// <summary>Entries of the expiry wheel, those that will be passed over included.</summary>
    public long WheelCount => _wheel.Count;

    public long BucketCount => _index.BucketCount;

    public long TailAddress => _log.TailAddress;

    /// <summary>Where eviction that moves nothing goes on: see <see cref="Evictor"/>.</summary>
    public long EvictionHand { get; set; }

    /// <summary>Records below this address belong to a snapshot; 0 while none is running.</summary>
    public long ImmutableBelow { get; set; }

    /// <summary>Number of the newest snapshot: what a record that is superseded now is marked with.</summary>
    public byte Generation { get; set; }

    /// <summary>Makes an empty store's index as big as so many keys will need.</summary>
    public void Reserve(long keys) => _index.Reserve(keys);

    /// <summary>Gives back what was reserved for keys that did not come.</summary>
    public void Trim() => _index.Trim();

    public void BeginBatch() => _log.BeginBatch();

    public void EndBatch() => _log.EndBatch();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash) => _index.Prefetch(hash);

    /// <summary>Prefetches the record that a look-up will read; its bucket should be in the cache by now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchRecord(ulong hash)
    {
        HashIndex.Candidates candidates = _index.Find(hash);
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
        HashIndex.Candidates candidates = _index.Find(hash);
        while (true)
        {
            long address = candidates.Next();
            if (address == 0)
            {
                return default;
            }
            byte* start = _log.PointerTo(address);
            if (*(ushort*)(start + Record.KeyLengthOffset) == key.Length && key.Length <= MaxInlineKey)
            {
                if (new ReadOnlySpan<byte>(start + Record.KeyOffset, key.Length).SequenceEqual(key))
                {
                    return new Record(start, address);
                }
            }
            else if (key.Length > MaxInlineKey && new Record(start, address).Key.SequenceEqual(key))
            {
                return new Record(start, address);
            }
        }
    }

    /// <summary>
    /// A record for a key with room for a value: in the place of the existing one if that fits, else a new one. The
    /// value's bytes are the caller's to fill; an existing value and expiry are gone.
    /// </summary>
    /// <param name="existing">What a look-up of the key returned.</param>
    /// <param name="length">Length of the value as stored: 8 for an integer.</param>
    /// <param name="expiry">Unix time in milliseconds, or -1.</param>
    /// <param name="access">24 bits of access information.</param>
    public Record Put(
        ReadOnlySpan<byte> key, ulong hash, Record existing, ValueType type, ValueEncoding encoding, int length,
        long expiry, uint access)
    {
        if (existing.Exists)
        {
            if (TryReuse(existing, length, expiry))
            {
                existing.SetTypeAndEncoding(type, encoding);
                existing.AccessInfo = access;
                return existing;
            }
        }
        return AppendForKey(key, hash, existing, type, encoding, length, RoomFor(length), expiry, access);
    }

    /// <summary>
    /// A record for a collection, in place of what is at the key: packed elements, or the pointer to a heap value.
    /// </summary>
    /// <param name="room">
    /// Bytes of payload that are needed; there are a few more where alignment gives them, and no spare.
    /// </param>
    public Record PutCollection(
        ReadOnlySpan<byte> key, ulong hash, Record existing, ValueType type, ValueEncoding encoding, int room,
        long expiry, uint access)
    {
        int storedKey = key.Length > MaxInlineKey ? sizeof(HeapBytes*) : key.Length;
        room = Fill(storedKey, expiry, room);
        return AppendForKey(key, hash, existing, type, encoding, room, room, expiry, access);
    }

    /// <summary>
    /// Writes a packed collection's record again with other room. The payload is the caller's to fill; the old record
    /// stays readable until the end of the turn.
    /// </summary>
    /// <param name="room">As for <see cref="PutCollection"/>.</param>
    public Record ChangeRoom(Record record, int room) =>
        CopyWithRoom(record, Fill(record.StoredKeyLength, record.Expiry, room), record.Expiry, keepPayload: false);

    /// <summary>Makes a packed collection's record that of a heap value.</summary>
    public Record Promote(Record record, ValueEncoding encoding, HeapValue* root)
    {
        Record promoted = ChangeRoom(record, sizeof(HeapValue*));
        promoted.SetEncoding(encoding);
        promoted.Flags |= RecordFlags.HeapValue;
        promoted.Root = root;
        return promoted;
    }

    /// <summary>The same record, or a copy of it that may be changed in place.</summary>
    public Record MakeMutable(Record record)
    {
        if (record.Address >= ImmutableBelow)
        {
            return record;
        }
        return CopyWithRoom(record, record.PayloadLength, record.Expiry);
    }

    /// <summary>
    /// Changes the length of a string's bytes and keeps what is in front. A record that grows gets room to grow again.
    /// New bytes are zero.
    /// </summary>
    public Record Resize(Record record, int length)
    {
        record = MakeMutable(record);
        int old = record.Bytes.Length;
        if (record.IsHeapValue)
        {
            HeapBytes* block = *record.Heap;
            if (length > block->Capacity)
            {
                long size = block->Size;
                block = HeapBytes.Reallocate(block, CapacityFor(length));
                HeapBytesTotal += block->Size - size;
                *record.Heap = block;
            }
            block->Length = length;
        }
        else if (length <= MaxInlineValue && length - record.PayloadLength <= record.Spare
            && record.PayloadLength + record.Spare - length <= ushort.MaxValue)
        {
            // The length decides alone where a value is, so one that is too long leaves even if alignment left it room.
            record.Spare = (ushort)(record.PayloadLength + record.Spare - length);
        }
        else if (length > MaxInlineValue)
        {
            HeapBytes* block = HeapBytes.Allocate(length, CapacityFor(length));
            record.Bytes.CopyTo(block->Span);
            HeapBytesTotal += block->Size;
            Record moved = CopyWithRoom(record, sizeof(HeapBytes*), record.Expiry, keepPayload: false);
            moved.Flags |= RecordFlags.HeapValue;
            *moved.Heap = block;
            record = moved;
        }
        else
        {
            record = CopyWithRoom(record, Math.Min(2 * length, MaxInlineValue), record.Expiry);
            record.Spare = (ushort)(record.PayloadLength + record.Spare - length);
        }
        if (length > old)
        {
            record.MutableBytes[old..].Clear();
        }
        return record;
    }

    /// <param name="expiry">Unix time in milliseconds, or -1 to take the expiry away.</param>
    public Record SetExpiry(Record record, long expiry)
    {
        record = MakeMutable(record);
        if (expiry < 0)
        {
            return record.HasExpiry ? RemoveExpiry(record) : record;
        }
        if (record.HasExpiry)
        {
            long old = record.Expiry;
            *record.ExpiryField = expiry;

            // A later time needs no entry of its own: the wheel's present one leads here and is put back then.
            if (ExpiryWheel.TickOf(expiry) < ExpiryWheel.TickOf(old))
            {
                AddToWheel(record, expiry);
            }
            return record;
        }
        ExpiringCount++;
        if (record.Spare < Record.ExpirySize)
        {
            return CopyWithRoom(record, record.PayloadLength, expiry);
        }
        int length = record.PayloadLength;
        byte* payload = record.Payload;
        Buffer.MemoryCopy(payload, payload + Record.ExpirySize, length, length);
        record.Spare -= Record.ExpirySize;
        record.Flags |= RecordFlags.HasExpiry;
        *record.ExpiryField = expiry;
        AddToWheel(record, expiry);
        return record;
    }

    public void Delete(Record record)
    {
        ulong hash = KeyHash.Of(record.Key);
        _index.Remove(hash, record.Address);
        if (record.HasExpiry)
        {
            ExpiringCount--;
        }
        FreeHeapValue(record);
        if (record.IsHeapKey)
        {
            HeapBytesTotal -= record.HeapKey->Size;
            _lazyFree.Free(record.HeapKey);
        }
        Supersede(record);
    }

    /// <summary>
    /// Takes a string's outside memory out of a record that is about to be deleted or replaced, so that another record
    /// can own it.
    /// </summary>
    public HeapBytes* DetachHeapValue(Record record)
    {
        HeapBytes* block = *record.Heap;
        if (record.Type == ValueType.String)
        {
            HeapBytesTotal -= block->Size;
        }
        else
        {
            Values.Disown(record.Root);
        }
        record.Flags &= ~RecordFlags.HeapValue;
        return block;
    }

    /// <summary>Makes a record of 8 bytes of value the owner of outside memory.</summary>
    public void AttachHeapValue(Record record, HeapBytes* block)
    {
        record.Flags |= RecordFlags.HeapValue;
        *record.Heap = block;
        if (record.Type == ValueType.String)
        {
            HeapBytesTotal += block->Size;
        }
        else
        {
            Values.Adopt(record.Root);
        }
    }

    /// <summary>Makes a record of 8 bytes of value the owner of a new heap value of this store's heap.</summary>
    public static void SetHeapCollection(Record record, HeapValue* root)
    {
        record.Flags |= RecordFlags.HeapValue;
        record.Root = root;
    }

    /// <summary>A record whose expiry may have come; stale entries of the wheel are passed over.</summary>
    /// <returns>False when nothing is due.</returns>
    public bool TryTakeExpired(long nowMs, ref int budget, out Record record)
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

    /// <summary>About when the next key expires, Unix time in milliseconds.</summary>
    public long SoonestExpiry => Math.Min(_wheel.SoonestTick, long.MaxValue >> ExpiryWheel.TickBits)
        << ExpiryWheel.TickBits;

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
    public void SweepWheel(bool idle)
    {
        long added = _wheel.AddedCount - _wheelAdded;
        if (_wheel.Count > (2 * ExpiringCount) + StaleEntriesIgnored)
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
        _wheelAdded = _wheel.AddedCount;
    }

    /// <summary>Goes on with a walk over all live records, oldest first. Nothing may be changed on the way.</summary>
    /// <param name="address">0 at the beginning.</param>
    /// <returns>False at the end.</returns>
    public bool TryWalk(ref long address, out Record record)
    {
        long budget = long.MaxValue;
        return TryWalk(ref address, ref budget, out record);
    }

    /// <param name="budget">Most records to look at, superseded ones included; 0 when it ended for that.</param>
    /// <inheritdoc cref="TryWalk(ref long, out Record)"/>
    public bool TryWalk(ref long address, ref long budget, out Record record)
    {
        address = Math.Max(address, _log.BeginAddress);
        record = default;
        while (budget > 0 && TryReadAt(ref address, out record))
        {
            budget--;
            address += record.Size;
            if ((record.Flags & RecordFlags.Superseded) == 0)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The oldest record that is live; the space of what was in front of it is given back.</summary>
    /// <param name="budget">Most records to look at; less by those that were.</param>
    /// <returns>False if none was found.</returns>
    public bool TryPeekOldest(ref long budget, out Record record)
    {
        long address = _log.BeginAddress;
        bool found = TryWalk(ref address, ref budget, out record);
        _log.FreeUntil(found ? record.Address : Math.Min(address, _log.TailAddress));
        return found;
    }

    /// <summary>Makes the oldest record the newest.</summary>
    /// <param name="record">As <see cref="TryPeekOldest"/> gave it.</param>
    public void MoveOldestToTail(Record record)
    {
        int size = record.Size;
        MoveToTail(record, size);
        _log.FreeUntil(record.Address + size);
    }

    /// <summary>Visits the records of a SCAN cursor's bucket; returns the next cursor, 0 at the end.</summary>
    public ulong Scan(ulong cursor, List<long> addresses) => _index.Scan(cursor, addresses);

    public Record RandomRecord(Random random)
    {
        long address = _index.Random(random);
        return address == 0 ? default : At(address);
    }

    /// <summary>
    /// Cleans at the log's begin: up to <paramref name="budget"/> bytes are walked, those of live records counted four
    /// times since moving them costs more.
    /// </summary>
    /// <returns>Budget left.</returns>
    public long Clean(long budget)
    {
        // Not past the records that this very pass has moved.
        long end = _log.TailAddress;
        long address = _log.BeginAddress;
        while (budget > 0 && address < end && TryReadAt(ref address, out Record record))
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
        if (address > _log.BeginAddress)
        {
            _log.FreeUntil(Math.Min(address, end));
        }
        return budget;
    }

    public void Dispose()
    {
        long address = 0;
        if (HeapBytesTotal + Values.Bytes > 0)
        {
            while (TryWalk(ref address, out Record record))
            {
                if (record.IsHeapCollection)
                {
                    HeapValues.FreeNodes(record.Root);
                }
                else if (record.IsHeapValue)
                {
                    HeapBytes.Free(*record.Heap);
                }
                if (record.IsHeapKey)
                {
                    HeapBytes.Free(record.HeapKey);
                }
            }
        }
        _index.Dispose();
        _wheel.Dispose();
        _log.Dispose();
        if (HeapBytesTotal + Values.Bytes > MaxUnreturnedHeap)
        {
            HeapBytes.ReturnFreed();
        }
    }

    /// <summary>How much room a new value of a length gets; a long one is a pointer.</summary>
    private static int RoomFor(int length) => length > MaxInlineValue ? sizeof(HeapBytes*) : length;

    /// <summary>What a string outside the log that grows gets: as much again, but at most 1 MiB.</summary>
    private static int CapacityFor(int length) =>
        (int)Math.Min((long)length + Math.Min(length, 1 << 20), int.MaxValue - 64);

    private bool TryReuse(Record existing, int length, long expiry)
    {
        if (existing.Address < ImmutableBelow)
        {
            return false;
        }
        bool hadExpiry = existing.HasExpiry;
        int room = existing.PayloadLength + existing.Spare + (hadExpiry ? Record.ExpirySize : 0);
        int payload = RoomFor(length);
        int needed = payload + (expiry >= 0 ? Record.ExpirySize : 0);

        // A value that would waste much of the room moves to a record of its own size.
        if (needed > room || room - needed > (needed / 4) + 32)
        {
            return false;
        }
        if (existing.IsHeapValue || length > MaxInlineValue)
        {
            if (!TryReuseHeap(existing, length))
            {
                return false;
            }
        }
        long oldExpiry = existing.Expiry;
        byte* block = existing.IsHeapValue ? (byte*)*existing.Heap : null;
        existing.Flags = (existing.Flags & ~RecordFlags.HasExpiry)
            | (expiry >= 0 ? RecordFlags.HasExpiry : RecordFlags.None);
        existing.Spare = (ushort)(room - needed);
        if (block != null)
        {
            *existing.Heap = (HeapBytes*)block;
        }
        if (expiry >= 0)
        {
            *existing.ExpiryField = expiry;
            if (!hadExpiry || ExpiryWheel.TickOf(expiry) < ExpiryWheel.TickOf(oldExpiry))
            {
                AddToWheel(existing, expiry);
            }
        }
        ExpiringCount += (expiry >= 0 ? 1 : 0) - (hadExpiry ? 1 : 0);
        return true;
    }

    private bool TryReuseHeap(Record existing, int length)
    {
        if (!existing.IsHeapValue || existing.IsHeapCollection || length <= MaxInlineValue)
        {
            return false;
        }
        HeapBytes* block = *existing.Heap;
        if (length > block->Capacity || block->Capacity - length > (length / 4) + 4096)
        {
            return false;
        }
        block->Length = length;
        return true;
    }

    /// <summary>Room that leaves nothing of a record to alignment.</summary>
    private static int Fill(int storedKeyLength, long expiry, int room)
    {
        int header = Record.KeyOffset + storedKeyLength + (expiry >= 0 ? Record.ExpirySize : 0);
        room = Record.Align(header + room) - header;
        return room <= MaxInlineValue ? room : MaxInlineValue;
    }

    private Record AppendForKey(
        ReadOnlySpan<byte> key, ulong hash, Record existing, ValueType type, ValueEncoding encoding, int length,
        int room, long expiry, uint access)
    {
        if (existing.Exists)
        {
            bool expiring = existing.HasExpiry;
            Record replaced = Append(
                existing.StoredKey, existing.IsHeapKey, type, encoding, length, room, expiry, access);
            _index.Replace(hash, existing.Address, replaced.Address);
            FreeHeapValue(existing);
            Supersede(existing);
            ExpiringCount += (expiry >= 0 ? 1 : 0) - (expiring ? 1 : 0);
            return replaced;
        }
        Record added;
        if (key.Length > MaxInlineKey)
        {
            HeapBytes* block = HeapBytes.Allocate(key.Length, key.Length);
            key.CopyTo(block->Span);
            HeapBytesTotal += block->Size;
            ReadOnlySpan<byte> pointer = new(&block, sizeof(HeapBytes*));
            added = Append(pointer, true, type, encoding, length, room, expiry, access);
        }
        else
        {
            added = Append(key, false, type, encoding, length, room, expiry, access);
        }
        _index.Insert(hash, added.Address);
        ExpiringCount += expiry >= 0 ? 1 : 0;
        return added;
    }

    /// <param name="room">Bytes of payload to make room for; what alignment adds is spare.</param>
    private Record Append(
        ReadOnlySpan<byte> storedKey,
        bool isHeapKey,
        ValueType type,
        ValueEncoding encoding,
        int length,
        int room,
        long expiry,
        uint access)
    {
        bool heap = length > MaxInlineValue;
        Invariant.Require(room >= (heap ? sizeof(HeapBytes*) : length));
        int payload = heap ? sizeof(HeapBytes*) : length;
        int header = Record.KeyOffset + storedKey.Length + (expiry >= 0 ? Record.ExpirySize : 0);
        int size = Record.Align(header + room);
        HeapBytes* block = heap ? HeapBytes.Allocate(length, length) : null;
        long address = _log.Allocate(size);
        byte* start = _log.PointerTo(address);
        ushort* words = (ushort*)start;
        words[0] = (ushort)(size / 8);
        words[1] = isHeapKey ? Record.HeapKeyMark : (ushort)storedKey.Length;
        start[4] = (byte)((int)type | ((int)encoding << 4));
        start[5] = (byte)((expiry >= 0 ? RecordFlags.HasExpiry : 0) | (heap ? RecordFlags.HeapValue : 0));
        words[3] = (ushort)(size - header - payload);
        *(uint*)(start + 8) = access << 8;
        storedKey.CopyTo(new Span<byte>(start + Record.KeyOffset, storedKey.Length));
        Record record = new(start, address);
        if (expiry >= 0)
        {
            *record.ExpiryField = expiry;
            _wheel.Add(address, expiry);
        }
        if (heap)
        {
            *record.Heap = block;
            HeapBytesTotal += block->Size;
        }
        LiveBytes += size;
        return record;
    }

    /// <summary>
    /// Writes a record again at the tail, with other room or another expiry, and supersedes the old one.
    /// </summary>
    /// <param name="keepPayload">False leaves the payload to the caller, with the room's whole length.</param>
    private Record CopyWithRoom(Record record, int room, long expiry, bool keepPayload = true)
    {
        ulong hash = KeyHash.Of(record.Key);
        int payload = record.PayloadLength;

        // A longer payload would be taken for a value that wants memory outside.
        Invariant.Require(payload <= MaxInlineValue);
        Record copy = Append(record.StoredKey, record.IsHeapKey, record.Type,
            record.Encoding, keepPayload ? payload : room, room, expiry, record.AccessInfo);
        if (keepPayload)
        {
            copy.Flags |= record.Flags & RecordFlags.HeapValue;
            Buffer.MemoryCopy(record.Payload, copy.Payload, payload, payload);
        }
        _index.Replace(hash, record.Address, copy.Address);
        Supersede(record);
        return copy;
    }

    private Record RemoveExpiry(Record record)
    {
        ExpiringCount--;
        if (record.Spare + Record.ExpirySize > ushort.MaxValue)
        {
            return CopyWithRoom(record, record.PayloadLength, -1);
        }
        int length = record.PayloadLength;
        byte* payload = record.Payload;
        Buffer.MemoryCopy(payload, payload - Record.ExpirySize, length, length);
        record.Flags &= ~RecordFlags.HasExpiry;
        record.Spare += Record.ExpirySize;
        return record;
    }

    /// <summary>
    /// Adds the entry that counts from now on; older ones of this record are passed over when they fire.
    /// </summary>
    private void AddToWheel(Record record, long expiry)
    {
        record.WheelSerial = (record.WheelSerial + 1) & WheelSerialMask;
        _wheel.Add(record.Address | (long)record.WheelSerial, expiry);
    }

    /// <summary>Tells whether an entry of the wheel leads to a live record and is its newest.</summary>
    private bool IsCurrent(long entry, out Record record)
    {
        long address = entry & ~WheelSerialMask;
        record = default;
        if (address < _log.BeginAddress)
        {
            return false;
        }
        record = At(address);
        return (record.Flags & (RecordFlags.Superseded | RecordFlags.HasExpiry)) == RecordFlags.HasExpiry
            && record.WheelSerial == (entry & WheelSerialMask);
    }

    private void Supersede(Record record)
    {
        LiveBytes -= record.Size;
        record.Flags |= RecordFlags.Superseded;
        record.SupersededGeneration = Generation;
    }

    private void FreeHeapValue(Record record)
    {
        if (record.IsHeapValue)
        {
            if (record.Type == ValueType.String)
            {
                HeapBytesTotal -= (*record.Heap)->Size;
                _lazyFree.Free(*record.Heap);
            }
            else
            {
                FreeCollection(record.Root);
            }
            record.Flags &= ~RecordFlags.HeapValue;
        }
    }

    /// <summary>Frees a value that no record has any more, as soon as no cut sees it.</summary>
    public void FreeCollection(HeapValue* root)
    {
        Values.Disown(root);
        if (Values.Cut.Frozen != 0)
        {
            Values.Cut.Retire(root);
        }
        else
        {
            _lazyFree.Free(root);
        }
    }

    private void MoveToTail(Record record, int size)
    {
        long address = _log.Allocate(size);
        byte* start = _log.PointerTo(address);
        Buffer.MemoryCopy(record.Start, start, size, size);
        Record moved = new(start, address);
        _index.Replace(KeyHash.Of(moved.Key), record.Address, address);
        if (moved.HasExpiry)
        {
            _wheel.Add(address | (long)moved.WheelSerial, moved.Expiry);
        }
        record.Flags |= RecordFlags.Superseded;
        record.SupersededGeneration = Generation;
    }

    /// <summary>The record at an address, or at the beginning of the next page when there is none.</summary>
    /// <returns>False at the tail.</returns>
    private bool TryReadAt(ref long address, out Record record)
    {
        while (address < _log.TailAddress)
        {
            byte* start = _log.PointerTo(address);
            if (*(ushort*)start != 0)
            {
                record = new Record(start, address);
                return true;
            }
            address = RecordLog.NextPage(address);
        }
        record = default;
        return false;
    }
}
