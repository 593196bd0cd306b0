// Layout: docs/formats/rdb.md. Copies go in pieces of 8 to 32 bytes, and so beyond what is to be copied, as long as
// source and destination reach that far: what was written too much is written again, or belongs to the destination.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Tidelog.Engine.Snapshot;

/// <summary>The compression of strings in RDB files.</summary>
internal static unsafe class Lzf
{
    /// <summary>Most bytes that a byte less than 32 is followed by.</summary>
    public const int MaxRun = 32;

    public const int MaxDistance = 1 << 13;
    public const int MinMatch = 3;

    /// <summary>Lengths up to this have no byte of their own.</summary>
    public const int MaxShortMatch = 8;
    public const int MaxMatch = MaxShortMatch + 1 + byte.MaxValue;

    /// <summary>Restores compressed bytes.</summary>
    /// <returns>False if they are malformed or do not make exactly the destination's length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return TryDecompress(from, from + source.Length, to, to + destination.Length);
        }
    }

    private static bool TryDecompress(byte* from, byte* fromEnd, byte* start, byte* end)
    {
        byte* to = start;
        while (from < fromEnd)
        {
            int control = *from++;
            if (control < MaxRun)
            {
                int run = control + 1;
                if (fromEnd - from >= MaxRun && end - to >= MaxRun)
                {
                    Vector256.Load(from).Store(to);
                }
                else if (run <= fromEnd - from && run <= end - to)
                {
                    Unsafe.CopyBlockUnaligned(to, from, (uint)run);
                }
                else
                {
                    return false;
                }
                from += run;
                to += run;
                continue;
            }
            int length = (control >> 5) + MinMatch - 1;
            if (length > MaxShortMatch)
            {
                if (fromEnd - from < 2)
                {
                    return false;
                }
                length += *from++;
            }
            else if (from == fromEnd)
            {
                return false;
            }
            int distance = (((control & 31) << 8) | *from++) + 1;
            if (distance > to - start || length > end - to)
            {
                return false;
            }
            Repeat(to, distance, length, end);
            to += length;
        }
        return to == end;
    }

    /// <param name="end">Up to here may be written, if it must.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Repeat(byte* to, int distance, int length, byte* end)
    {
        byte* from = to - distance;
        if (distance >= 16 && end - to >= length + 15)
        {
            byte* stop = to + length;
            do
            {
                Vector128.Load(from).Store(to);
                from += 16;
                to += 16;
            }
            while (to < stop);
        }
        else if (distance >= 8 && end - to >= length + 7)
        {
            byte* stop = to + length;
            do
            {
                *(ulong*)to = *(ulong*)from;
                from += 8;
                to += 8;
            }
            while (to < stop);
        }
        else
        {
            RepeatExactly(from, to, length);
        }
    }

    /// <summary>What is written is read again: what lies between the two doubles with each copy.</summary>
    private static void RepeatExactly(byte* from, byte* to, int length)
    {
        while (length > 0)
        {
            int piece = (int)Math.Min(to - from, length);
            Unsafe.CopyBlockUnaligned(to, from, (uint)piece);
            to += piece;
            length -= piece;
        }
    }
}
