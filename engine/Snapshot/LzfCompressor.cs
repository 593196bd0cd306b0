// Layout: docs/formats/rdb.md. One pass, greedy: a table has for each hash of four bytes where they were seen last.
//
// - A place is written as its distance from the beginning of all that this compressor ever read, so that the table need
//   not be cleared for each string: what an earlier string left lies too far back, and says so.
// - Four bytes are looked for, not three: a match of three spares one byte, and often costs it again, since the
//   literals behind it need a length of their own.
// - Literals are copied only when a match ends them. Where no match is found they are copied never: as soon as those
//   that wait do not fit in the destination any more, the string is given up.
// - Where nothing matches for long, places are skipped, more and more of them.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tidelog.Engine.Snapshot;

/// <summary>Compresses strings; keeps its table from one to the next. For one thread.</summary>
internal sealed unsafe class LzfCompressor : IDisposable
{
    private const int TableBits = 12;

    /// <summary>Places looked at before every second one is skipped, then before two of three are.</summary>
    private const int PatienceBits = 6;

    private uint* _table = (uint*)NativeMemory.AllocZeroed(1 << TableBits, sizeof(uint));

    // What the present string's first byte is counted as: more than all places in the table.
    private uint _begin = 1;

    ~LzfCompressor() => NativeMemory.Free(_table);

    /// <param name="destination">Where to; its length is the most that the result may have.</param>
    /// <returns>Bytes written, or 0 if the result would not fit.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.IsEmpty)
        {
            return 0;
        }
        if ((uint)source.Length > uint.MaxValue - _begin)
        {
            NativeMemory.Clear(_table, sizeof(uint) << TableBits);
            _begin = 1;
        }
        fixed (byte* from = source, to = destination)
        {
            int written = Compress(from, source.Length, to, destination.Length);
            _begin += (uint)source.Length;
            return written;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_table);
        _table = null;
        GC.SuppressFinalize(this);
    }

    private int Compress(byte* source, int length, byte* destination, int capacity)
    {
        byte* at = source;
        byte* literals = source;
        byte* end = source + length;
        byte* to = destination;
        byte* toEnd = destination + capacity;
        while (true)
        {
            byte* match = FindMatch(source, ref at, LastPlace(literals, end, toEnd - to));
            if (match == null)
            {
                break;
            }
            // Places were skipped. Not so far back that the reference ends before a place that is in the table already.
            byte* backTo = (byte*)Math.Max((nuint)literals, (nuint)at - (Lzf.MaxMatch / 2));
            while (at > backTo && match > source && at[-1] == match[-1])
            {
                at--;
                match--;
            }
            long run = at - literals;
            if (run <= Lzf.MaxRun && end - literals >= Lzf.MaxRun && toEnd - to > Lzf.MaxRun)
            {
                // Too much, mostly, but in one go; no literals cost no byte.
                *to = (byte)(run - 1);
                Vector256.Load(literals).Store(to + 1);
                to += run + (run > 0 ? 1 : 0);
            }
            else
            {
                to = CopyLiterals(to, literals, at);
            }
            int matched = Match(match, at, end);
            to = Refer(to, (int)(at - match) - 1, matched);
            at += matched;
            literals = at;
            if (at < end - 2)
            {
                // Or else a long run would not find its own end again.
                Remember(source, at - 2, *(uint*)(at - 2));
            }
        }
        long last = end - literals;
        if (RunSize(last) > toEnd - to)
        {
            return 0;
        }
        return (int)(CopyLiterals(to, literals, end) - destination);
    }

    /// <summary>Where a match must begin at last: so that it and the literals in front of it fit.</summary>
    private static byte* LastPlace(byte* literals, byte* end, long room)
    {
        const int MatchSize = 3;
        long most = (room - MatchSize) / (Lzf.MaxRun + 1) * Lzf.MaxRun;
        long more = (room - MatchSize) % (Lzf.MaxRun + 1);
        most += Math.Max(more - 1, 0);
        return room < MatchSize ? literals - 1 : literals + Math.Min(most, end - literals - sizeof(uint));
    }

    /// <param name="at">From where on; then where the match is.</param>
    /// <returns>The same four bytes in front, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* FindMatch(byte* source, ref byte* at, byte* last)
    {
        uint* table = _table;
        uint begin = _begin;
        int looked = 1 << PatienceBits;
        for (byte* place = at; place <= last; place += looked++ >> PatienceBits)
        {
            uint four = *(uint*)place;
            uint* slot = table + Slot(four);
            uint offset = (uint)(place - source);
            uint distance = begin + offset - *slot;
            *slot = begin + offset;
            if (distance <= Math.Min(offset, Lzf.MaxDistance) && *(uint*)(place - distance) == four)
            {
                at = place;
                return place - distance;
            }
        }
        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Remember(byte* source, byte* place, uint four) =>
        _table[Slot(four)] = _begin + (uint)(place - source);

    private static uint Slot(uint four) => (four * 2654435761) >> (32 - TableBits);

    /// <summary>Bytes that are the same in both, as many as one reference may have.</summary>
    private static int Match(byte* match, byte* at, byte* end)
    {
        int most = (int)Math.Min(end - at, Lzf.MaxMatch);
        int same = 0;
        for (; same <= most - sizeof(ulong); same += sizeof(ulong))
        {
            ulong differing = *(ulong*)(match + same) ^ *(ulong*)(at + same);
            if (differing != 0)
            {
                return same + (BitOperations.TrailingZeroCount(differing) / 8);
            }
        }
        while (same < most && match[same] == at[same])
        {
            same++;
        }
        return same;
    }

    private static long RunSize(long literals) => literals + ((literals + Lzf.MaxRun - 1) / Lzf.MaxRun);

    private static byte* CopyLiterals(byte* to, byte* from, byte* end)
    {
        while (from < end)
        {
            int run = (int)Math.Min(end - from, Lzf.MaxRun);
            *to++ = (byte)(run - 1);
            Unsafe.CopyBlockUnaligned(to, from, (uint)run);
            to += run;
            from += run;
        }
        return to;
    }

    private static byte* Refer(byte* to, int distanceLessOne, int length)
    {
        if (length <= Lzf.MaxShortMatch)
        {
            *to++ = (byte)(((length - Lzf.MinMatch + 1) << 5) | (distanceLessOne >> 8));
        }
        else
        {
            *to++ = (byte)((7 << 5) | (distanceLessOne >> 8));
            *to++ = (byte)(length - Lzf.MaxShortMatch - 1);
        }
        *to++ = (byte)distanceLessOne;
        return to;
    }
}
