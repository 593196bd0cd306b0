// A record in the log, seen through a pointer. Layout: docs/formats/record.md.
//
//   +0   RecordInfo of FASTER, 8 bytes: only the valid bit is used; a zero word means "no record, the page ends here"
//   +8   length of the key, 4 bytes; bit 29 says that the key is not here but at the pointer that stands in its place
//   +12  key, padded so that the value begins at a multiple of 8
//   V    length of the value with the 8 bytes of header below, 4 bytes
//   V+4  type (low 4 bits) and encoding (high 4 bits)
//   V+5  flags (low 3 bits), serial number of the newest entry in the expiry wheel (bits 3 to 5)
//   V+6  unused bytes at the value's end, 2 bytes: the room to grow in place
//   V+8  snapshot generation in which the record was superseded, 1 byte
//   V+9  LRU clock or LFU counter, 3 bytes
//   V+12 expiry, 8 bytes, if the flag says so
//   ...  payload: the value, or the pointer to a heap value

using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Keyspace;

[Flags]
internal enum RecordFlags : byte
{
    None = 0,
    HasExpiry = 1 << 0,

    /// <summary>Deleted, or replaced by a newer record: no look-up leads here, and the cleaner drops it.</summary>
    Superseded = 1 << 1,

    /// <summary>The payload is a pointer to memory outside the log.</summary>
    HeapValue = 1 << 2,

    /// <summary>Not a flag: see <see cref="Record.WheelSerial"/>.</summary>
    WheelSerial = 7 << 3,
}

/// <summary>
/// A view of one record. It is good until the keyspace is changed through another view of the same key, and at most until
/// the end of the batch.
/// </summary>
public readonly unsafe struct Record
{
    internal const int KeyLengthOffset = 8;
    internal const int KeyOffset = 12;
    internal const int ValueHeaderSize = 12;
    internal const int ExpirySize = 8;
    internal const uint HeapKeyBit = 1u << 29;

    private readonly byte* _start;

    internal Record(byte* start, long address)
    {
        _start = start;
        Address = address;
    }

    /// <summary>The record's place in the log; higher is newer.</summary>
    public long Address { get; }

    /// <summary>False for the view that a look-up without a result returns; nothing else may be asked of it.</summary>
    public bool Exists => _start != null;

    public ReadOnlySpan<byte> Key
    {
        get
        {
            uint word = *(uint*)(_start + KeyLengthOffset);
            return (word & HeapKeyBit) == 0
                ? new ReadOnlySpan<byte>(_start + KeyOffset, (int)word)
                : (*(HeapBytes**)(_start + KeyOffset))->Span;
        }
    }

    public ValueType Type => (ValueType)(*(Value + 4) & 0x0F);

    public ValueEncoding Encoding => (ValueEncoding)(*(Value + 4) >> 4);

    public bool HasExpiry => (Flags & RecordFlags.HasExpiry) != 0;

    /// <summary>Unix time in milliseconds, or -1.</summary>
    public long Expiry => HasExpiry ? *(long*)(Value + ValueHeaderSize) : -1;

    /// <summary>The bytes of a string that is not <see cref="ValueEncoding.Int"/>, wherever they are.</summary>
    public ReadOnlySpan<byte> Bytes => IsHeapValue ? (*Heap)->Span : new ReadOnlySpan<byte>(Payload, PayloadLength);

    /// <summary>The same bytes, to be changed: only after <c>Database.MakeMutable</c>.</summary>
    public Span<byte> MutableBytes => IsHeapValue ? (*Heap)->Span : new Span<byte>(Payload, PayloadLength);

    /// <summary>The number of an <see cref="ValueEncoding.Int"/>; to be set only after <c>Database.MakeMutable</c>.</summary>
    public long Integer
    {
        get => *(long*)Payload;
        set => *(long*)Payload = value;
    }

    /// <summary>Length of a string in bytes, as text.</summary>
    public int StringLength =>
        Encoding == ValueEncoding.Int ? Protocol.Numbers.FormattedLength(Integer) : Bytes.Length;

    internal byte* Start => _start;

    internal byte* Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _start + ValueOffset(StoredKeyLength(_start));
    }

    internal RecordFlags Flags
    {
        get => (RecordFlags)(*(Value + 5));
        set => *(Value + 5) = (byte)value;
    }

    /// <summary>
    /// Which of its entries in the expiry wheel counts: the newest, which is never later than the expiry. An entry carries the
    /// number in its address's low bits; without it an expiry moved to and fro would leave an entry each time, all of them
    /// put back for as long as the key lives.
    /// </summary>
    internal int WheelSerial
    {
        get => (int)(Flags & RecordFlags.WheelSerial) >> 3;
        set => Flags = (Flags & ~RecordFlags.WheelSerial) | (RecordFlags)(value << 3);
    }

    internal bool IsHeapValue => (Flags & RecordFlags.HeapValue) != 0;

    internal bool IsHeapKey => (*(uint*)(_start + KeyLengthOffset) & HeapKeyBit) != 0;

    internal HeapBytes* HeapKey => *(HeapBytes**)(_start + KeyOffset);

    internal HeapBytes** Heap => (HeapBytes**)Payload;

    internal ushort Spare
    {
        get => *(ushort*)(Value + 6);
        set => *(ushort*)(Value + 6) = value;
    }

    internal byte SupersededGeneration
    {
        get => *(Value + 8);
        set => *(Value + 8) = value;
    }

    /// <summary>24 bits: see <see cref="AccessClock"/>.</summary>
    public uint AccessInfo
    {
        get => *(uint*)(Value + 8) >> 8;
        internal set => *(uint*)(Value + 8) = (value << 8) | *(Value + 8);
    }

    internal byte* Payload
    {
        get
        {
            byte* value = Value;
            return value + ValueHeaderSize + (((RecordFlags)value[5] & RecordFlags.HasExpiry) != 0 ? ExpirySize : 0);
        }
    }

    /// <summary>Bytes of payload in use.</summary>
    internal int PayloadLength
    {
        get
        {
            byte* value = Value;
            int header = ValueHeaderSize - 4 + (((RecordFlags)value[5] & RecordFlags.HasExpiry) != 0 ? ExpirySize : 0);
            return *(int*)value - header - *(ushort*)(value + 6);
        }
    }

    /// <summary>Bytes that the record takes in the log.</summary>
    internal int Size
    {
        get
        {
            int valueOffset = ValueOffset(StoredKeyLength(_start));
            return Align(valueOffset + 4 + *(int*)(_start + valueOffset));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int StoredKeyLength(byte* start)
    {
        uint word = *(uint*)(start + KeyLengthOffset);
        return (word & HeapKeyBit) == 0 ? (int)word : sizeof(HeapBytes*);
    }

    internal static int ValueOffset(int storedKeyLength) => Align(KeyOffset + storedKeyLength);

    internal static int Align(int size) => (size + 7) & ~7;

    internal void SetTypeAndEncoding(ValueType type, ValueEncoding encoding) =>
        *(Value + 4) = (byte)((int)type | ((int)encoding << 4));
}
