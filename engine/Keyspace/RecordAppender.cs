namespace Tidelog.Engine.Keyspace;

/// <summary>Writes new records at the tail of a log; who calls it makes the index lead to them.</summary>
internal sealed unsafe class RecordAppender(RecordLog log, HeapStrings strings, ExpiringRecords expiring)
{
    /// <summary>How much room a new value of a length gets; a long one is a pointer.</summary>
    public static int RoomFor(int length) => length > Store.MaxInlineValue ? sizeof(HeapBytes*) : length;

    /// <summary>Room that leaves nothing of a record to alignment.</summary>
    public static int Fill(int storedKeyLength, long expiry, int room)
    {
        int header = Record.KeyOffset + storedKeyLength + (expiry >= 0 ? Record.ExpirySize : 0);
        room = Record.Align(header + room) - header;
        return room <= Store.MaxInlineValue ? room : Store.MaxInlineValue;
    }

    /// <summary>A record for a key that has none.</summary>
    /// <inheritdoc cref="Append"/>
    public Record AppendNew(
        ReadOnlySpan<byte> key, ValueType type, ValueEncoding encoding, int length, int room, long expiry, uint access)
    {
        if (key.Length <= Store.MaxInlineKey)
        {
            return Append(key, false, type, encoding, length, room, expiry, access);
        }
        HeapBytes* block = strings.New(key);
        ReadOnlySpan<byte> pointer = new(&block, sizeof(HeapBytes*));
        return Append(pointer, true, type, encoding, length, room, expiry, access);
    }

    /// <param name="length">Length of the value; one that is too long for the log gets memory outside.</param>
    /// <param name="room">Bytes of payload to make room for; what alignment adds is spare.</param>
    public Record Append(
        ReadOnlySpan<byte> storedKey,
        bool isHeapKey,
        ValueType type,
        ValueEncoding encoding,
        int length,
        int room,
        long expiry,
        uint access)
    {
        bool heap = length > Store.MaxInlineValue;
        Invariant.Require(room >= (heap ? sizeof(HeapBytes*) : length));
        int payload = heap ? sizeof(HeapBytes*) : length;
        int header = Record.KeyOffset + storedKey.Length + (expiry >= 0 ? Record.ExpirySize : 0);
        int size = Record.Align(header + room);
        HeapBytes* block = heap ? strings.New(length, length) : null;
        long address = log.Allocate(size);
        byte* start = log.PointerTo(address);
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
            expiring.Add(record);
        }
        if (heap)
        {
            *record.Heap = block;
        }
        return record;
    }
}
