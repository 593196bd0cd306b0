using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>
/// Bytes as a row of bits. Bit 0 is the highest bit of the first byte, as SETBIT counts; positions are 64 bits wide
/// because a string of 512 MiB has 2^32 of them.
/// </summary>
internal static class BitString
{
    // Not to run unoptimized at first: one call may be over 512 MiB.

    /// <summary>How many bits are set in all the bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Count(ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        nint length = bytes.Length;
        nint i = 0;

        // Four sums that do not wait for each other: the processor counts one word a cycle, which is faster than
        // memory delivers them.
        long a = 0, b = 0, c = 0, d = 0;
        for (; i <= length - 32; i += 32)
        {
            a += BitOperations.PopCount(Word(ref start, i));
            b += BitOperations.PopCount(Word(ref start, i + 8));
            c += BitOperations.PopCount(Word(ref start, i + 16));
            d += BitOperations.PopCount(Word(ref start, i + 24));
        }
        for (; i <= length - 8; i += 8)
        {
            a += BitOperations.PopCount(Word(ref start, i));
        }
        for (; i < length; i++)
        {
            a += BitOperations.PopCount(Unsafe.Add(ref start, i));
        }
        return a + b + c + d;
    }

    /// <summary>How many bits are set between two positions, both included.</summary>
    /// <param name="first">At most <paramref name="last"/>, which is within the bytes.</param>
    public static long Count(ReadOnlySpan<byte> bytes, long first, long last)
    {
        int firstByte = (int)(first >> 3);
        int lastByte = (int)(last >> 3);
        long outside = BitOperations.PopCount((uint)(bytes[firstByte] & ~FromBit(first)))
            + BitOperations.PopCount((uint)(bytes[lastByte] & ~ToBit(last)));
        return Count(bytes[firstByte..(lastByte + 1)]) - outside;
    }

    /// <summary>The first position between two, both included, whose bit is as wanted.</summary>
    /// <param name="first">At most <paramref name="last"/>, which is within the bytes.</param>
    /// <returns>-1 if there is none.</returns>
    public static long Find(ReadOnlySpan<byte> bytes, long first, long last, bool wanted)
    {
        int firstByte = (int)(first >> 3);
        int lastByte = (int)(last >> 3);

        // In what follows the wanted bit is 1.
        byte inverted = wanted ? (byte)0 : (byte)0xFF;
        int begin = (bytes[firstByte] ^ inverted) & FromBit(first);
        if (firstByte == lastByte)
        {
            begin &= ToBit(last);
        }
        if (begin != 0 || firstByte == lastByte)
        {
            return begin == 0 ? -1 : (8L * firstByte) + Highest(begin);
        }
        int between = bytes[(firstByte + 1)..lastByte].IndexOfAnyExcept(inverted);
        if (between >= 0)
        {
            int at = firstByte + 1 + between;
            return (8L * at) + Highest(bytes[at] ^ inverted);
        }
        int end = (bytes[lastByte] ^ inverted) & ToBit(last);
        return end == 0 ? -1 : (8L * lastByte) + Highest(end);
    }

    private static ulong Word(ref byte start, nint offset) =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset));

    /// <summary>The bits of a position's byte from that position on.</summary>
    private static int FromBit(long position) => 0xFF >> (int)(position & 7);

    /// <summary>The bits of a position's byte up to that position.</summary>
    private static int ToBit(long position) => 0xFF << (int)(7 - (position & 7)) & 0xFF;

    private static int Highest(int value) => BitOperations.LeadingZeroCount((uint)value) - 24;
}
