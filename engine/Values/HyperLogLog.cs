// A HyperLogLog as redis keeps it in a string, so that values exchange with it (Redis 7.0 hyperloglog.c; the layout:
// docs/formats/hyperloglog.md). An element is hashed; 14 bits of the hash choose one of 16,384 registers, which keeps
// the longest run of zeros that the other 50 bits began with.

using System.Buffers.Binary;
using System.Numerics;

namespace Tidelog.Engine.Values;

/// <summary>The header in front of the registers, and the way from an element to its register.</summary>
internal static class HyperLogLog
{
    public const int RegisterBits = 14;
    public const int RegisterCount = 1 << RegisterBits;

    /// <summary>The highest value that a hash can give a register, its runs of zeros being 50 bits at most.</summary>
    public const int MaxRun = 64 - RegisterBits + 1;

    public const int HeaderLength = 16;
    public const byte DenseEncoding = 0;
    public const byte SparseEncoding = 1;

    private const int EncodingOffset = 4;
    private const int CountOffset = 8;
    private const ulong CountIsStale = 1UL << 63;
    private const ulong HashSeed = 0xADC8_3B19;

    /// <summary>An empty one: the header, and one run of zeros over all registers.</summary>
    public static ReadOnlySpan<byte> Empty =>
        [(byte)'H', (byte)'Y', (byte)'L', (byte)'L', SparseEncoding, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0xFF];

    /// <summary>Whether bytes begin as a HyperLogLog does; the registers of a sparse one can be wrong still.</summary>
    public static bool IsValid(ReadOnlySpan<byte> value) =>
        value.Length >= HeaderLength && value.StartsWith("HYLL"u8)
        && (value[EncodingOffset] == SparseEncoding
            || (value[EncodingOffset] == DenseEncoding && value.Length == DenseRegisters.ValueLength));

    public static bool IsDense(ReadOnlySpan<byte> value) => value[EncodingOffset] == DenseEncoding;

    public static void SetDense(Span<byte> value) => value[EncodingOffset] = DenseEncoding;

    /// <summary>The count that was computed last, if no register has changed since.</summary>
    public static bool TryReadCount(ReadOnlySpan<byte> value, out long count)
    {
        ulong stored = BinaryPrimitives.ReadUInt64LittleEndian(value[CountOffset..]);
        count = (long)stored;
        return (stored & CountIsStale) == 0;
    }

    public static void WriteCount(Span<byte> value, long count) =>
        BinaryPrimitives.WriteInt64LittleEndian(value[CountOffset..], count);

    public static void MarkCountStale(Span<byte> value) => value[HeaderLength - 1] |= 0x80;

    /// <summary>The register of an element, and the value that it must have at least.</summary>
    public static (int Register, int Run) Locate(ReadOnlySpan<byte> element)
    {
        ulong hash = Hash(element);
        ulong rest = (hash >> RegisterBits) | (1UL << (64 - RegisterBits));
        return ((int)(hash & (RegisterCount - 1)), BitOperations.TrailingZeroCount(rest) + 1);
    }

    /// <summary>MurmurHash64A, by Austin Appleby, public domain.</summary>
    private static ulong Hash(ReadOnlySpan<byte> data)
    {
        const ulong Multiplier = 0xC6A4_A793_5BD1_E995;
        const int Shift = 47;
        ulong hash = HashSeed ^ ((ulong)data.Length * Multiplier);
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(data) * Multiplier;
            hash = (hash ^ ((word ^ (word >> Shift)) * Multiplier)) * Multiplier;
        }
        if (data.Length > 0)
        {
            ulong tail = 0;
            for (int i = data.Length - 1; i >= 0; i--)
            {
                tail = (tail << 8) | data[i];
            }
            hash = (hash ^ tail) * Multiplier;
        }
        hash = (hash ^ (hash >> Shift)) * Multiplier;
        return hash ^ (hash >> Shift);
    }
}
