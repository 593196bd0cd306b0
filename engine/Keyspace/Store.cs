// The records of one database: log, index and expiry wheel, and every way to change a record.
//
//  - One writer. A record is found by the index, changed in place when the new value fits its room, else written
//    again at the tail; the old one is then marked superseded, and no look-up leads to it any more.
//  - A record below ImmutableBelow belongs to a cut. Nothing of it is rewritten, neither its pointers to memory outside
//    the log nor what they lead to: who changes it writes it again at the tail. Who changes the bytes of a string
//    outside the log takes a copy of them by the way; for another change both records share them. What may differ
//    from the time of the cut is the access information and the mark of having been used.
//  - The log gives back space only at its begin (OldestRecords). The cleaner runs while dead bytes exceed their share
//    (docs/architecture.md).

using System.Runtime.CompilerServices;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

internal sealed unsafe class Store : IDisposable
{
    /// <summary>A longer value lives outside the log.</summary>
    public const int MaxInlineValue = 16 * 1024;

    /// <summary>A longer key lives outside the log.</summary>
    public const int MaxInlineKey = 16 * 1024;

    /// <summary>With less outside the log there is nothing worth a walk over the C library's free blocks.</summary>
    private const long MaxUnreturnedHeap = 4 << 20;

    private readonly RecordLog _log;
    private readonly RecordAppender _appender;
    private readonly LazyFree _lazyFree;
    private bool _hasOthersValues;

    /// <param name="maxLogBytes">Most bytes that the log may span.</param>
    public Store(long maxLogBytes, long nowMs, LazyFree lazyFree, ValueCut cut, UpkeepClock? upkeep = null)
    {
        upkeep ??= UpkeepClock.Off;
        Values = new ValueHeap(cut);
        _log = new RecordLog(maxLogBytes, upkeep);
        Index = new RecordIndex(_log, upkeep);
        _lazyFree = lazyFree;
        Strings = new HeapStrings(Values, lazyFree);
        Expiring = new ExpiringRecords(_log, nowMs);
        Oldest = new OldestRecords(_log, Index, Expiring);
        Cut = new StoreCut(_log);
        _appender = new RecordAppender(_log, Strings, Expiring);
    }

    public long Count => Index.Count;

    public long ExpiringCount => Expiring.Count;

    /// <summary>Bytes of live records in the log.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Bytes of the log that hold no live record: superseded ones and the ends of pages.</summary>
    public long DeadBytes => _log.Length - LiveBytes;

    /// <summary>The way from keys to live records.</summary>
    public RecordIndex Index { get; }

    /// <summary>Strings and keys outside the log.</summary>
    public HeapStrings Strings { get; }

    /// <summary>The memory of collections outside the log.</summary>
    public ValueHeap Values { get; }

    /// <summary>When which record expires.</summary>
    public ExpiringRecords Expiring { get; }

    /// <summary>The log's begin, for the cleaner and eviction.</summary>
    public OldestRecords Oldest { get; }

    /// <summary>What a snapshot sees of the records.</summary>
    public StoreCut Cut { get; }

    public long LogBytes => _log.Length;

    /// <summary>Every byte that this store holds.</summary>
    public long UsedBytes =>
        _log.Length + Strings.Bytes + Values.Bytes + Index.AllocatedBytes + Expiring.AllocatedBytes;

    public long PageBytes => _log.AllocatedBytes;

    public long TailAddress => _log.TailAddress;

    /// <summary>Where eviction that moves nothing goes on: see <see cref="Evictor"/>.</summary>
    public long EvictionHand { get; set; }

    /// <summary>Records below this address belong to a cut; 0 while there is none.</summary>
    public long ImmutableBelow => Cut.ImmutableBelow;

    /// <summary>The running cut sees records of this store, or values that came from another one.</summary>
    public bool IsNeededByCut => ImmutableBelow != 0 || _hasOthersValues;

    /// <summary>Begins the part of a cut that is this store's.</summary>
    /// <param name="index">The database's.</param>
    public DatabaseCut BeginCut(int index)
    {
        Cut.Begin();
        return new DatabaseCut(index, this, _log);
    }

    /// <param name="isWalked">As for <see cref="StoreCut.End"/>; without meaning for a store that is not in the cut.
    /// </param>
    public void EndCut(bool isWalked)
    {
        _hasOthersValues = false;
        if (ImmutableBelow != 0)
        {
            Cut.End(isWalked);
        }
    }

    public void BeginBatch() => _log.BeginBatch();

    public void EndBatch() => _log.EndBatch();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Record Find(ReadOnlySpan<byte> key, ulong hash) => Index.Find(key, hash);

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
        return AppendForKey(key, hash, existing, type, encoding, length, RecordAppender.RoomFor(length), expiry,
            access);
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
        room = RecordAppender.Fill(storedKey, expiry, room);
        return AppendForKey(key, hash, existing, type, encoding, room, room, expiry, access);
    }

    /// <summary>
    /// Writes a packed collection's record again with other room. The payload is the caller's to fill; the old record
    /// stays readable until the end of the turn.
    /// </summary>
    /// <param name="room">As for <see cref="PutCollection"/>.</param>
    public Record ChangeRoom(Record record, int room)
    {
        room = RecordAppender.Fill(record.StoredKeyLength, record.Expiry, room);
        return CopyWithRoom(record, room, record.Expiry, keepPayload: false);
    }

    /// <summary>Makes a packed collection's record that of a heap value.</summary>
    public Record Promote(Record record, ValueEncoding encoding, HeapValue* root)
    {
        Record promoted = ChangeRoom(record, sizeof(HeapValue*));
        promoted.SetEncoding(encoding);
        promoted.Flags |= RecordFlags.HeapValue;
        promoted.Root = root;
        return promoted;
    }

    /// <summary>The same record, or a copy of it, whose value may be changed in place.</summary>
    public Record MakeMutable(Record record)
    {
        record = MakeRecordMutable(record);
        if (record.IsHeapValue && record.Type == ValueType.String)
        {
            *record.Heap = Strings.Writable(*record.Heap);
        }
        return record;
    }

    /// <summary>The same to change the record alone: a cut may see the bytes of a string outside the log.</summary>
    public Record MakeRecordMutable(Record record) =>
        record.Address >= ImmutableBelow ? record : CopyWithRoom(record, record.PayloadLength, record.Expiry);

    /// <summary>
    /// Changes the length of a string's bytes and keeps what is in front. A record that grows gets room to grow again.
    /// New bytes are zero.
    /// </summary>
    public Record Resize(Record record, int length)
    {
        int old = record.Bytes.Length;
        if (record.IsHeapValue)
        {
            record = MakeRecordMutable(record);
            *record.Heap = Strings.Resize(*record.Heap, length);
        }
        else if (length > MaxInlineValue)
        {
            HeapBytes* block = Strings.NewGrown(record.Bytes, length);
            record = CopyWithRoom(record, sizeof(HeapBytes*), record.Expiry, keepPayload: false);
            record.Flags |= RecordFlags.HeapValue;
            *record.Heap = block;
        }
        else if (record.Address >= ImmutableBelow && length - record.PayloadLength <= record.Spare
            && record.PayloadLength + record.Spare - length <= ushort.MaxValue)
        {
            // The length decides alone where a value is, so one that is too long leaves even if alignment left it room.
            record.Spare = (ushort)(record.PayloadLength + record.Spare - length);
        }
        else
        {
            int room = length > old ? Math.Min(2 * length, MaxInlineValue) : old;
            record = CopyWithRoom(record, room, record.Expiry);
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
        if (expiry < 0 && !record.HasExpiry)
        {
            return record;
        }
        record = MakeRecordMutable(record);
        if (expiry < 0)
        {
            return RemoveExpiry(record);
        }
        long old = record.Expiry;
        if (old < 0)
        {
            Expiring.Count++;
            if (record.Spare < Record.ExpirySize)
            {
                return CopyWithRoom(record, record.PayloadLength, expiry);
            }
            int length = record.PayloadLength;
            byte* payload = record.Payload;
            Buffer.MemoryCopy(payload, payload + Record.ExpirySize, length, length);
            record.Spare -= Record.ExpirySize;
            record.Flags |= RecordFlags.HasExpiry;
        }
        *record.ExpiryField = expiry;
        Expiring.Change(record, old);
        return record;
    }

    public void Delete(Record record)
    {
        FreeHeapValue(record);
        DeleteRecord(record);
    }

    /// <summary>Deletes a record whose value another one has now: see <see cref="Adopt"/>.</summary>
    public void DeleteMoved(Record record)
    {
        if (record.IsHeapCollection)
        {
            Values.Disown(record.Root);
        }
        else if (record.IsHeapValue)
        {
            Strings.Disown(*record.Heap);
        }
        DeleteRecord(record);
    }

    /// <summary>Makes a record, whose payload is the pointer already, the owner of another one's heap value.</summary>
    public void Adopt(Record record)
    {
        record.Flags |= RecordFlags.HeapValue;
        if (record.Type == ValueType.String)
        {
            Strings.Adopt(*record.Heap);
        }
        else
        {
            Values.Adopt(record.Root);
        }
        _hasOthersValues |= Values.Cut.Frozen != 0;
    }

    /// <summary>Makes a record of 8 bytes of value the owner of a new heap value of this store's heap.</summary>
    public static void SetHeapCollection(Record record, HeapValue* root)
    {
        record.Flags |= RecordFlags.HeapValue;
        record.Root = root;
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
        while (budget > 0 && _log.TryReadAt(ref address, _log.TailAddress, out record))
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

    public void Dispose()
    {
        long address = 0;
        if (Strings.Bytes + Values.Bytes > 0)
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
        Index.Dispose();
        Expiring.Dispose();
        _log.Dispose();
        if (Strings.Bytes + Values.Bytes > MaxUnreturnedHeap)
        {
            HeapBytes.ReturnFreed();
        }
    }

    private bool TryReuse(Record existing, int length, long expiry)
    {
        if (existing.Address < ImmutableBelow)
        {
            return false;
        }
        bool hadExpiry = existing.HasExpiry;
        int room = existing.PayloadLength + existing.Spare + (hadExpiry ? Record.ExpirySize : 0);
        int payload = RecordAppender.RoomFor(length);
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
            Expiring.Change(existing, oldExpiry);
        }
        Expiring.Count += (expiry >= 0 ? 1 : 0) - (hadExpiry ? 1 : 0);
        return true;
    }

    private bool TryReuseHeap(Record existing, int length)
    {
        if (!existing.IsHeapValue || existing.IsHeapCollection || length <= MaxInlineValue)
        {
            return false;
        }
        HeapBytes* block = *existing.Heap;
        if (Strings.IsFrozen(block) || length > block->Capacity || block->Capacity - length > (length / 4) + 4096)
        {
            return false;
        }
        block->Length = length;
        return true;
    }

    private Record AppendForKey(
        ReadOnlySpan<byte> key, ulong hash, Record existing, ValueType type, ValueEncoding encoding, int length,
        int room, long expiry, uint access)
    {
        if (existing.Exists)
        {
            bool expiring = existing.HasExpiry;
            Record replaced = _appender.Append(
                existing.StoredKey, existing.IsHeapKey, type, encoding, length, room, expiry, access);
            LiveBytes += replaced.Size;
            Index.Replace(hash, existing, replaced);
            FreeHeapValue(existing);
            Supersede(existing);
            Expiring.Count += (expiry >= 0 ? 1 : 0) - (expiring ? 1 : 0);
            return replaced;
        }
        Record added = _appender.AppendNew(key, type, encoding, length, room, expiry, access);
        LiveBytes += added.Size;
        Index.Insert(hash, added);
        Expiring.Count += expiry >= 0 ? 1 : 0;
        return added;
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
        Record copy = _appender.Append(record.StoredKey, record.IsHeapKey, record.Type,
            record.Encoding, keepPayload ? payload : room, room, expiry, record.AccessInfo);
        LiveBytes += copy.Size;
        if (keepPayload)
        {
            copy.Flags |= record.Flags & RecordFlags.HeapValue;
            Buffer.MemoryCopy(record.Payload, copy.Payload, payload, payload);
        }
        Index.Replace(hash, record, copy);
        Supersede(record);
        return copy;
    }

    private Record RemoveExpiry(Record record)
    {
        Expiring.Count--;
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

    private void DeleteRecord(Record record)
    {
        Index.Remove(record);
        if (record.HasExpiry)
        {
            Expiring.Count--;
        }
        if (record.IsHeapKey)
        {
            Strings.Free(record.HeapKey);
        }
        Supersede(record);
    }

    private void Supersede(Record record)
    {
        LiveBytes -= record.Size;
        Cut.Supersede(record);
    }

    private void FreeHeapValue(Record record)
    {
        if (record.IsHeapCollection)
        {
            FreeCollection(record.Root);
        }
        else if (record.IsHeapValue)
        {
            Strings.Free(*record.Heap);
        }
    }

    /// <summary>Frees a value that no record has any more, as soon as no cut sees it.</summary>
    public void FreeCollection(HeapValue* root)
    {
        Values.Disown(root);
        if (root->Made < Values.Cut.Frozen)
        {
            Values.Cut.Retire(root);
        }
        else
        {
            _lazyFree.Free(root);
        }
    }
}
