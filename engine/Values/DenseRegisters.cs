using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>
/// Registers of a dense HyperLogLog: 6 bits each, from the lowest bit of the first byte on. Every span here is a whole
/// value with its header.
/// </summary>
internal static class DenseRegisters
{
    public const int ValueLength = HyperLogLog.HeaderLength + (HyperLogLog.RegisterCount * Width / 8);

    private const int Width = 6;
    private const int Mask = (1 << Width) - 1;

    // Eight registers are six bytes.
    private const int GroupRegisters = 8;
    private const int GroupBytes = 6;

    public static int Get(ReadOnlySpan<byte> value, int register)
    {
        int bit = register * Width;
        int at = HyperLogLog.HeaderLength + (bit >> 3);
        int shift = bit & 7;
        int low = value[at] >> shift;
        return (shift <= 8 - Width ? low : low | (value[at + 1] << (8 - shift))) & Mask;
    }

    public static void Set(Span<byte> value, int register, int run)
    {
        int bit = register * Width;
        int at = HyperLogLog.HeaderLength + (bit >> 3);
        int shift = bit & 7;
        value[at] = (byte)((value[at] & ~(Mask << shift)) | (run << shift));
        if (shift > 8 - Width)
        {
            value[at + 1] = (byte)((value[at + 1] & ~(Mask >> (8 - shift))) | (run >> (8 - shift)));
        }
    }

    /// <returns>False if the register had the value, or a higher one, before.</returns>
    public static bool Raise(Span<byte> value, int register, int run)
    {
        if (run <= Get(value, register))
        {
            return false;
        }
        Set(value, register, run);
        return true;
    }

    /// <summary>Counts how many registers have each value.</summary>
    /// <param name="histogram">64 counters, to be added to.</param>
    public static void AddTo(Span<int> histogram, ReadOnlySpan<byte> value)
    {
        ref int counters = ref MemoryMarshal.GetReference(histogram[..(Mask + 1)]);
        for (int i = 0; i < HyperLogLog.RegisterCount; i += GroupRegisters)
        {
            ulong group = Group(value, i);
            for (int j = 0; j < GroupRegisters; j++)
            {
                Unsafe.Add(ref counters, (int)(group & Mask))++;
                group >>= Width;
            }
        }
    }

    /// <summary>Raises registers of a byte each to those of a dense value.</summary>
    public static void MergeInto(Span<byte> registers, ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < HyperLogLog.RegisterCount; i += GroupRegisters)
        {
            Span<byte> target = registers.Slice(i, GroupRegisters);
            ulong group = Group(value, i);
            for (int j = 0; j < GroupRegisters; j++)
            {
                target[j] = Math.Max(target[j], (byte)(group & Mask));
                group >>= Width;
            }
        }
    }

    private static ulong Group(ReadOnlySpan<byte> value, int register)
    {
        ReadOnlySpan<byte> bytes =
            value.Slice(HyperLogLog.HeaderLength + (register / GroupRegisters * GroupBytes), GroupBytes);
        return MemoryMarshal.Read<uint>(bytes) | ((ulong)MemoryMarshal.Read<ushort>(bytes[4..]) << 32);
    }
}
