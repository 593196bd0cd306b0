// A record in the log, seen through a pointer. Layout: docs/formats/record.md.
//
//   +0   size of the record in units of 8 bytes, 2 bytes; 0 means "no record, the page ends here"
//   +2   length of the key, 2 bytes; 65535 says that the key is not here but at the pointer that stands in its place
//   +4   type (low 4 bits) and encoding (high 4 bits)
//   +5   flags
//   +6   unused bytes at the record's end, 2 bytes: the room to grow in place
//   +8   snapshot generation in which the record was superseded, 1 byte
//   +9   LRU clock or LFU counter, 3 bytes
//   +12  key
//   ...  expiry, 8 bytes, if the flag says so
//   ...  payload: the value, or the pointer to a heap value

using System.Runtime.CompilerServices;
using Tidelog.Engine.Values;

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

    /// <summary>Used since it was written or since eviction last came by: it has a second chance.</summary>
    Used = 1 << 6,
}

/// <summary>
/// A view of one record. It is good until the keyspace is changed through another view of the same key, and at most
/// until the end of the batch.
/// </summary>
public readonly unsafe struct Record
{
    internal const int KeyLengthOffset = 2;
    internal const int KeyOffset = 12;
    internal const int ExpirySize = 8;
    internal const ushort HeapKeyMark = ushort.MaxValue;

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
            ushort length = *(ushort*)(_start + KeyLengthOffset);
            return length != HeapKeyMark ? new ReadOnlySpan<byte>(_start + KeyOffset, length) : HeapKey->Span;
        }
    }

    public ValueType Type => (ValueType)(_start[4] & 0x0F);

    public ValueEncoding Encoding => (ValueEncoding)(_start[4] >> 4);

    public bool HasExpiry => (Flags & RecordFlags.HasExpiry) != 0;

    /// <summary>Unix time in milliseconds, or -1.</summary>
    public long Expiry => HasExpiry ? *ExpiryField : -1;

    /// <summary>The bytes of a string that is not <see cref="ValueEncoding.Int"/>, wherever they are.</summary>
    public ReadOnlySpan<byte> Bytes => IsHeapValue ? (*Heap)->Span : new ReadOnlySpan<byte>(Payload, PayloadLength);

    /// <summary>The same bytes, to be changed: only after <c>Database.MakeMutable</c>.</summary>
    public Span<byte> MutableBytes => IsHeapValue ? (*Heap)->Span : new Span<byte>(Payload, PayloadLength);

    /// <summary>
    /// The number of an <see cref="ValueEncoding.Int"/>; to be set only after <c>Database.MakeMutable</c>.
    /// </summary>
    public long Integer
    {
        get => *(long*)Payload;
        set => *(long*)Payload = value;
    }

    /// <summary>Length of a string in bytes, as text.</summary>
    public int StringLength =>
        Encoding == ValueEncoding.Int ? Protocol.Numbers.FormattedLength(Integer) : Bytes.Length;

    internal byte* Start => _start;

    /// <summary>Where the expiry stands, if there is one.</summary>
    internal long* ExpiryField
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (long*)(_start + KeyOffset + StoredKeyLength);
    }

    internal RecordFlags Flags
    {
        get => (RecordFlags)_start[5];
        set => _start[5] = (byte)value;
    }

    /// <summary>
    /// Which of its entries in the expiry wheel counts: the newest, which is never later than the expiry. An entry
    /// carries the number in its address's low bits; without it an expiry moved to and fro would leave an entry each
    /// time, all of them put back for as long as the key lives.
    /// </summary>
    internal int WheelSerial
    {
        get => (int)(Flags & RecordFlags.WheelSerial) >> 3;
        set => Flags = (Flags & ~RecordFlags.WheelSerial) | (RecordFlags)(value << 3);
    }

    internal bool IsHeapValue => (Flags & RecordFlags.HeapValue) != 0;

    internal bool IsHeapKey => *(ushort*)(_start + KeyLengthOffset) == HeapKeyMark;

    internal HeapBytes* HeapKey => *(HeapBytes**)(_start + KeyOffset);

    /// <summary>Where the pointer to a string outside the log stands.</summary>
    internal HeapBytes** Heap => (HeapBytes**)Payload;

    /// <summary>True for a collection outside the log.</summary>
    internal bool IsHeapCollection => IsHeapValue && Type != ValueType.String;

    /// <summary>
    /// Root of an <see cref="IsHeapCollection"/>; set after a change, to what <see cref="ValueHeap.WritableRoot"/>
    /// gave, in a record that <see cref="Database.MakeMutable"/> returned.
    /// </summary>
    internal HeapValue* Root
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(HeapValue**)Payload;
        set => *(HeapValue**)Payload = value;
    }

    internal ushort Spare
    {
        get => *(ushort*)(_start + 6);
        set => *(ushort*)(_start + 6) = value;
    }

    internal byte SupersededGeneration
    {
        get => _start[8];
        set => _start[8] = value;
    }

    /// <summary>24 bits: see <see cref="AccessClock"/>.</summary>
    public uint AccessInfo
    {
        get => *(uint*)(_start + 8) >> 8;
        internal set => *(uint*)(_start + 8) = (value << 8) | _start[8];
    }

    internal byte* Payload
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _start + HeaderSize;
    }

    /// <summary>Bytes of payload in use.</summary>
    internal int PayloadLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Size - HeaderSize - Spare;
    }

    /// <summary>Bytes that the record takes in the log.</summary>
    internal int Size => *(ushort*)_start * 8;

    /// <summary>Bytes that the key, or the pointer to it, takes in the record.</summary>
    internal int StoredKeyLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ushort length = *(ushort*)(_start + KeyLengthOffset);
            return length != HeapKeyMark ? length : sizeof(HeapBytes*);
        }
    }

    internal ReadOnlySpan<byte> StoredKey => new(_start + KeyOffset, StoredKeyLength);

    /// <summary>Everything in front of the payload.</summary>
    private int HeaderSize => KeyOffset + StoredKeyLength + ((Flags & RecordFlags.HasExpiry) != 0 ? ExpirySize : 0);

    /// <summary>
    /// Takes the record out of the dataset. A cut's thread that sees the flag sees the generation too, and does not
    /// look at it before.
    /// </summary>
    /// <param name="generation">The cut that it still belongs to, or 0.</param>
    internal void Supersede(byte generation)
    {
        SupersededGeneration = generation;
        Volatile.Write(ref _start[5], (byte)(Flags | RecordFlags.Superseded));
    }

    /// <summary>
    /// Tells, from any thread, whether a cut sees the record, which is below the cut's end. A generation that is
    /// another cut's is cleared.
    /// </summary>
    internal bool IsInCut(byte generation)
    {
        if ((Volatile.Read(ref _start[5]) & (byte)RecordFlags.Superseded) == 0)
        {
            return true;
        }
        byte superseded = SupersededGeneration;
        if (superseded != generation && superseded != 0)
        {
            SupersededGeneration = 0;
        }
        return superseded == generation;
    }

    internal static int Align(int size) => (size + 7) & ~7;

    internal void SetEncoding(ValueEncoding encoding) => SetTypeAndEncoding(Type, encoding);

    internal void SetTypeAndEncoding(ValueType type, ValueEncoding encoding) =>
        _start[4] = (byte)((int)type | ((int)encoding << 4));
}
