using System.Runtime.CompilerServices;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

/// <summary>What a look-up is for.</summary>
[Flags]
public enum Lookup
{
    /// <summary>To read the value: counts as a use of the key, and as a hit or miss.</summary>
    Read = 0,

    /// <summary>To change the value: counts as a use, not as a hit or miss.</summary>
    Write = 1,

    /// <summary>Not a use: OBJECT, TTL and their like.</summary>
    NoTouch = 2,

    /// <summary>Neither hit nor miss.</summary>
    NoStats = 4,

    /// <summary>A miss is no event; nor is it with <see cref="NoStats"/>.</summary>
    NoNotify = 8,
}

/// <summary>
/// One numbered database: look-ups that honour expiry, and the changes to its records. A record that a method returns
/// replaces the one it was given; the old view is spent.
/// </summary>
public sealed unsafe class Database
{
    private readonly KeySpace _keyspace;
    private Store? _store;
    private KeyInterest? _interest;
    private ulong _sampleCursor;

    internal Database(KeySpace keyspace, int index)
    {
        _keyspace = keyspace;
        Index = index;
    }

    public int Index { get; }

    /// <summary>Number of keys, those included that have expired and were not noticed yet.</summary>
    public long Count => _store?.Count ?? 0;

    /// <summary>Number of keys with an expiry.</summary>
    public long ExpiringCount => _store?.ExpiringCount ?? 0;

    /// <summary>Buckets of the index, for DEBUG HTSTATS.</summary>
    public long BucketCount => _store?.Index.BucketCount ?? 0;

    /// <summary>
    /// Milliseconds that keys with an expiry have left on average, estimated from samples; 0 without such keys.
    /// </summary>
    public long AverageTtl { get; private set; }

    internal Store? Store => _store;

    /// <summary>Where a value is put together: one at a time.</summary>
    internal BuildSpace BuildSpace => _keyspace.BuildSpace;

    /// <summary>Has room for keys made now; else the first key waits for it, some milliseconds.</summary>
    public void Open() => _ = Opened;

    private Store Opened => _store ??= _keyspace.OpenStore();

    /// <summary>
    /// Finds a key that has not expired; one that has is deleted by the way, and its effect recorded.
    /// </summary>
    /// <returns>A view with <see cref="Record.Exists"/> false when there is no such key.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Record Find(ReadOnlySpan<byte> key, Lookup lookup)
    {
        Store? store = _store;
        Record record = store is null ? default : store.Find(key, KeyHash.Of(key));
        if (record.Exists && record.HasExpiry && record.Expiry <= _keyspace.NowMs)
        {
            Expired(record, lookup);
            record = default;
        }
        if (record.Exists)
        {
            if ((lookup & Lookup.NoTouch) == 0)
            {
                _keyspace.Touch(record);
            }
            if ((lookup & (Lookup.NoStats | Lookup.Write)) == 0)
            {
                _keyspace.Metrics.KeyspaceHits++;
            }
        }
        else if ((lookup & (Lookup.NoStats | Lookup.Write)) == 0)
        {
            Missed(key, lookup);
        }
        return record;
    }

    /// <summary>
    /// A record for the key with room for a new value, which the caller fills at once; the value that was
    /// there is gone. A key that was not there has its event "new".
    /// </summary>
    /// <param name="existing">What <see cref="Find"/> returned for this key just before.</param>
    /// <param name="length">
    /// Bytes to fill by <see cref="Record.MutableBytes"/>; 8 for <see cref="ValueEncoding.Int"/>, filled by
    /// <see cref="Record.Integer"/>.
    /// </param>
    /// <param name="expiry">Unix time in milliseconds, or -1 for none.</param>
    public Record Put(
        ReadOnlySpan<byte> key, Record existing, ValueType type, ValueEncoding encoding, int length,
        long expiry = -1)
    {
        _interest?.Put(key, existing, type, isReplaced: false);
        bool isNew = !existing.Exists;
        Record record = Opened.Put(
            key, KeyHash.Of(key), existing, type, encoding, length, expiry, _keyspace.AccessInfoFor(existing));
        if (isNew)
        {
            NotifyNew(key);
        }
        return record;
    }

    /// <summary>Sets a string as SET does: integers are stored as such, short values as "embstr".</summary>
    /// <inheritdoc cref="Put"/>
    public Record PutString(ReadOnlySpan<byte> key, Record existing, ReadOnlySpan<byte> value, long expiry = -1)
    {
        if (value.Length <= Protocol.Numbers.MaxInt64Length && Protocol.Numbers.TryParseInt64(value, out long integer))
        {
            return PutInteger(key, existing, integer, expiry);
        }
        ValueEncoding encoding = value.Length <= EmbeddedStringLimit ? ValueEncoding.EmbStr : ValueEncoding.Raw;
        Record record = Put(key, existing, ValueType.String, encoding, value.Length, expiry);
        value.CopyTo(record.MutableBytes);
        return record;
    }

    /// <summary>Sets a string that is stored as an integer.</summary>
    /// <inheritdoc cref="Put"/>
    public Record PutInteger(ReadOnlySpan<byte> key, Record existing, long value, long expiry = -1)
    {
        Record record = Put(key, existing, ValueType.String, ValueEncoding.Int, sizeof(long), expiry);
        record.Integer = value;
        return record;
    }

    /// <summary>Sets a string that lies outside the log already; the record owns it from here on.</summary>
    /// <inheritdoc cref="Put"/>
    internal Record PutBlock(ReadOnlySpan<byte> key, Record existing, HeapBytes* block, long expiry = -1)
    {
        Record record = Put(key, existing, ValueType.String, ValueEncoding.Raw, sizeof(HeapBytes*), expiry);
        block->Generation = Values.Cut.Generation;
        *record.Heap = block;
        Opened.Adopt(record);
        return record;
    }

    /// <summary>The memory of this database's heap values.</summary>
    internal ValueHeap Values => Opened.Values;

    /// <summary>
    /// A record for a collection that is packed in it, in place of what is at the key; the caller fills the payload,
    /// for example by <see cref="PackedRecord.Clear"/>.
    /// </summary>
    /// <param name="existing">What <see cref="Find"/> returned for this key just before.</param>
    /// <param name="room">Bytes of payload, at most <see cref="PackedRecord.MaxRoom"/>.</param>
    /// <param name="expiry">Unix time in milliseconds, or -1 for none.</param>
    internal Record PutPacked(
        ReadOnlySpan<byte> key, Record existing, ValueType type, ValueEncoding encoding, int room, long expiry = -1)
    {
        Invariant.Require(room <= PackedRecord.MaxRoom);
        return PutCollection(key, existing, type, encoding, room, expiry);
    }

    /// <summary>A record for a heap value made in <see cref="Values"/>, in place of what is at the key.</summary>
    /// <inheritdoc cref="PutPacked"/>
    internal Record PutHeap(
        ReadOnlySpan<byte> key, Record existing, ValueType type, ValueEncoding encoding, HeapValue* root,
        long expiry = -1)
    {
        Record record = PutCollection(key, existing, type, encoding, sizeof(HeapValue*), expiry);
        Store.SetHeapCollection(record, root);
        return record;
    }

    /// <summary>
    /// Writes a packed collection again with other room: the caller fills the payload from the old record, which stays
    /// readable until the end of the turn.
    /// </summary>
    /// <param name="room">Bytes of payload, at most <see cref="PackedRecord.MaxRoom"/>.</param>
    internal Record ChangeRoom(Record record, int room)
    {
        Invariant.Require(room <= PackedRecord.MaxRoom);
        _interest?.Change(record.Key);
        return Opened.ChangeRoom(record, room);
    }

    /// <summary>Makes a heap value of a packed one; key, expiry and access information stay.</summary>
    internal Record Promote(Record record, ValueEncoding encoding, HeapValue* root)
    {
        _interest?.Change(record.Key);
        return Opened.Promote(record, encoding, root);
    }

    /// <summary>Longest string that OBJECT ENCODING calls "embstr".</summary>
    public const int EmbeddedStringLimit = 44;

    /// <summary>
    /// The record, or a copy of it, whose value may be changed in place. The key counts as changed from here on for
    /// who watches it: a command that turns out to change nothing must not come here.
    /// </summary>
    public Record MakeMutable(Record record)
    {
        _interest?.Change(record.Key);
        return Opened.MakeMutable(record);
    }

    /// <summary>
    /// The same for a change that is none to who watches the key: what the groups of a stream were given.
    /// </summary>
    internal Record MakeMutableUnwatched(Record record) => Opened.MakeMutable(record);

    /// <summary>
    /// The same string, "raw" from now on; not one that is stored as an integer. Its bytes stay, so for who watches the
    /// key it has not changed.
    /// </summary>
    public Record MakeRaw(Record record)
    {
        if (record.Encoding != ValueEncoding.Raw)
        {
            record = Opened.MakeRecordMutable(record);
            record.SetTypeAndEncoding(record.Type, ValueEncoding.Raw);
        }
        return record;
    }

    /// <summary>
    /// Changes the length of a string that is not stored as an integer, keeping its bytes; new ones are zero. It is
    /// "raw" from then on.
    /// </summary>
    public Record Resize(Record record, int length)
    {
        _interest?.Change(record.Key);
        Record resized = Opened.Resize(record, length);
        resized.SetTypeAndEncoding(resized.Type, ValueEncoding.Raw);
        return resized;
    }

    /// <summary>Sets when a key expires, or takes its expiry away.</summary>
    /// <param name="expiry">Unix time in milliseconds, or -1 for none.</param>
    public Record SetExpiry(Record record, long expiry)
    {
        _interest?.Change(record.Key);
        return Opened.SetExpiry(record, expiry);
    }

    /// <summary>
    /// Deletes a key. The record stays readable until the end of the turn, but not a key or value that is
    /// outside the log.
    /// </summary>
    public void Delete(Record record)
    {
        _interest?.Delete(record);
        Opened.Delete(record);
    }

    /// <summary>
    /// Frees a value made in <see cref="Values"/> that no record has had; in the background if it is big.
    /// </summary>
    internal void FreeTemporary(HeapValue* root)
    {
        Values.Disown(root);
        _keyspace.LazyFree.Free(root);
    }

    /// <summary>The same for what a record has had, and a cut may still see.</summary>
    internal void FreeDetached(HeapValue* root) => Opened.FreeCollection(root);

    /// <summary>
    /// Gives a key's value and expiry to another key, in this database or another: RENAME and MOVE. The source
    /// is deleted.
    /// </summary>
    /// <param name="existing">What is at the target key; it is replaced.</param>
    public Record MoveTo(Record source, Database target, ReadOnlySpan<byte> key, Record existing)
    {
        Record copy = target.CopyInto(source, key, existing, source.PayloadLength);
        if (source.IsHeapValue)
        {
            // A heap value changes its owner; nothing of it is copied. It does when there is a record for it.
            target.Opened.Adopt(copy);
        }
        target.NotifyNew(key);
        _interest?.Delete(source);
        Opened.DeleteMoved(source);
        return copy;
    }

    /// <summary>Copies a key's value and expiry to another key: COPY.</summary>
    public static Record CopyTo(Record source, Database target, ReadOnlySpan<byte> key, Record existing)
    {
        Record copy;
        if (source.IsHeapCollection)
        {
            HeapValue* root = HeapValues.Clone(source.Root, target.Values);
            target._interest?.Put(key, existing, source.Type, isReplaced: true);
            copy = target.Opened.PutCollection(
                key, KeyHash.Of(key), existing, source.Type, source.Encoding, sizeof(HeapValue*), source.Expiry, 0);
            Store.SetHeapCollection(copy, root);
        }
        else if (source.IsHeapValue)
        {
            target._interest?.Put(key, existing, source.Type, isReplaced: true);
            copy = target.Opened.Put(
                key, KeyHash.Of(key), existing, source.Type, source.Encoding, source.Bytes.Length, source.Expiry, 0);
            source.Bytes.CopyTo(copy.MutableBytes);
        }
        else
        {
            copy = target.CopyInto(source, key, existing, source.PayloadLength);
        }
        copy.AccessInfo = target._keyspace.AccessInfoFor(default);

        // The key that was there is gone first, so this one is new either way.
        target.NotifyNew(key);
        return copy;
    }

    /// <summary>Goes on with a walk over all keys, expired ones left out. Nothing may be changed on the way.</summary>
    /// <param name="address">0 at the beginning.</param>
    public bool TryWalk(ref long address, out Record record)
    {
        record = default;
        while (_store is not null && _store.TryWalk(ref address, out record))
        {
            if (!record.HasExpiry || record.Expiry > _keyspace.NowMs)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Takes the next step of a SCAN: adds the addresses of some records, for <see cref="At"/>, to the list.
    /// </summary>
    /// <returns>The next cursor, 0 at the end.</returns>
    public ulong Scan(ulong cursor, List<long> addresses) => _store?.Index.Scan(cursor, addresses) ?? 0;

    /// <summary>
    /// The record at an address that <see cref="Scan"/> gave; good until the next change of the database.
    /// </summary>
    public Record At(long address) => Opened.Index.At(address);

    /// <summary>Any key, expired ones included; none when the database is empty.</summary>
    public Record RandomRecord(Random random) => _store?.Index.Random(random) ?? default;

    /// <summary>True when the record's time is over; the caller deletes it through <see cref="Find"/>.</summary>
    public bool IsExpired(Record record) => record.HasExpiry && record.Expiry <= _keyspace.NowMs;

    /// <summary>Memory of a key, its value and its index entry, in bytes.</summary>
    public static long MemoryUsage(Record record)
    {
        long size = record.Size + IndexEntryCost;
        if (record.IsHeapCollection)
        {
            size += record.Root->Bytes;
        }
        else if (record.IsHeapValue)
        {
            size += (*record.Heap)->Size;
        }
        if (record.IsHeapKey)
        {
            size += record.HeapKey->Size;
        }
        return size;
    }

    /// <summary>A bucket of 64 bytes serves five entries on average.</summary>
    private const int IndexEntryCost = 13;

    /// <summary>
    /// Moves <see cref="AverageTtl"/> by a fiftieth towards the average of a few keys, as redis does, so that it
    /// neither jumps nor costs anything.
    /// </summary>
    /// <param name="addresses">Scratch.</param>
    internal void SampleExpiries(List<long> addresses)
    {
        if (ExpiringCount == 0)
        {
            AverageTtl = 0;
            return;
        }

        // Not keys at random: in an index that a mass deletion has left nearly empty, each could take a long search.
        addresses.Clear();
        for (int i = 0; i < ScanStepsPerSample; i++)
        {
            _sampleCursor = Scan(_sampleCursor, addresses);
        }
        long sum = 0;
        int count = 0;
        foreach (long address in addresses)
        {
            long expiry = At(address).Expiry;
            if (expiry > _keyspace.NowMs)
            {
                sum += expiry - _keyspace.NowMs;
                count++;
            }
        }
        if (count > 0)
        {
            long sampled = sum / count;
            AverageTtl = AverageTtl == 0 ? sampled : (AverageTtl / 50 * 49) + (sampled / 50);
        }
    }

    private const int ScanStepsPerSample = 16;

    /// <summary>Finds a key whether it has expired or not, and leaves it as it is: MEMORY USAGE.</summary>
    public Record FindExpiredToo(ReadOnlySpan<byte> key) => _store?.Find(key, KeyHash.Of(key)) ?? default;

    internal void Prefetch(ulong hash) => _store?.Index.PrefetchBucket(hash);

    internal void PrefetchRecord(ulong hash) => _store?.Index.PrefetchRecord(hash);

    /// <summary>Takes everything out; the caller disposes of the store.</summary>
    internal Store? DetachStore()
    {
        Store? store = _store;
        _store = null;
        AverageTtl = 0;
        _sampleCursor = 0;
        return store;
    }

    /// <summary>Puts a store in an empty database.</summary>
    internal void AttachStore(Store store)
    {
        Invariant.Require(_store is null);
        _store = store;
    }

    /// <summary>Exchanges the contents with another database, and what was found out about them.</summary>
    internal void Swap(Database other)
    {
        (_store, other._store) = (other._store, _store);
        (AverageTtl, other.AverageTtl) = (other.AverageTtl, AverageTtl);
        (_sampleCursor, other._sampleCursor) = (other._sampleCursor, _sampleCursor);
    }

    /// <summary>A key that from now on somebody waits for or watches.</summary>
    internal WantedKey Want(ReadOnlySpan<byte> key) => (_interest ??= new KeyInterest(this, _keyspace)).FindOrAdd(key);

    /// <summary>Forgets a key that nobody waits for or watches any more.</summary>
    internal void ForgetIfUnwanted(WantedKey key)
    {
        if (key.IsUnwanted && _interest is not null)
        {
            _interest.Remove(key);
            if (_interest.IsEmpty)
            {
                _interest = null;
            }
        }
    }

    /// <summary>
    /// Tells those who wait for a key that it may have what they want, and nobody that it changed: XADD to a stream
    /// that exists.
    /// </summary>
    public void SignalReady(ReadOnlySpan<byte> key) => _interest?.SignalReady(key);

    /// <summary>
    /// Tells those who watch a key that it changed. Only for a change that does not pass through the methods here, or
    /// by <see cref="MakeMutableUnwatched"/> since it could still fail.
    /// </summary>
    public void SignalChange(ReadOnlySpan<byte> key) => _interest?.Change(key);

    /// <summary>
    /// Tells those who wait or watch, before it happens, that the whole contents go away: FLUSHALL and SWAPDB.
    /// </summary>
    /// <param name="replacement">The database whose contents come in their place; null for none.</param>
    internal void AnnounceReplacement(Database? replacement) => _interest?.ReplaceAll(replacement);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Expired(Record record, Lookup lookup) => _keyspace.ExpireOnAccess(this, record, lookup);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Missed(ReadOnlySpan<byte> key, Lookup lookup)
    {
        _keyspace.Metrics.KeyspaceMisses++;
        if ((lookup & Lookup.NoNotify) == 0)
        {
            _keyspace.Notifier.Notify(NotifyEvents.KeyMiss, "keymiss"u8, key, this);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NotifyNew(ReadOnlySpan<byte> key) => _keyspace.Notifier.Notify(NotifyEvents.New, "new"u8, key, this);

    private Record PutCollection(
        ReadOnlySpan<byte> key, Record existing, ValueType type, ValueEncoding encoding, int room, long expiry)
    {
        _interest?.Put(key, existing, type, isReplaced: true);
        bool isNew = !existing.Exists;
        Record record = Opened.PutCollection(
            key, KeyHash.Of(key), existing, type, encoding, room, expiry, _keyspace.AccessInfoFor(existing));
        if (isNew)
        {
            NotifyNew(key);
        }
        return record;
    }

    private Record CopyInto(Record source, ReadOnlySpan<byte> key, Record existing, int payload)
    {
        _interest?.Put(key, existing, source.Type, isReplaced: true);
        Record copy = Opened.Put(
            key, KeyHash.Of(key), existing, source.Type, source.Encoding, payload, source.Expiry, source.AccessInfo);
        Invariant.Require(copy.PayloadLength == payload);
        Buffer.MemoryCopy(source.Payload, copy.Payload, payload, payload);
        return copy;
    }
}
