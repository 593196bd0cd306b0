// A sequence of elements in one stretch of memory: payloads from the front, codes from the end towards them, free room
// between. It is what a small collection is inside its record, and what the chunks of a big one are made of.
//
//   | payload 0 | payload 1 | ... | free | ... | code 1 | code 0 |
//
// An element costs one byte beside its payload. Where element n begins is the sum of the sizes before it; sums are
// taken over the codes alone, 32 at a time.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Tidelog.Engine.Values;

/// <summary>
/// A view of a pack. Whoever holds the memory keeps <see cref="Count"/> and <see cref="Used"/> where it likes, and
/// stores them again after a change.
/// </summary>
/// <param name="start">Where the payloads begin.</param>
/// <param name="end">Behind the code of element 0.</param>
/// <param name="count">Number of elements.</param>
/// <param name="used">Bytes of all payloads.</param>
internal unsafe struct Pack(byte* start, byte* end, int count, int used)
{
    public byte* Start { get; } = start;

    public byte* End { get; } = end;

    public int Count { get; private set; } = count;

    public int Used { get; private set; } = used;

    /// <summary>Bytes that new elements may take, their codes included.</summary>
    public readonly int Free => (int)(End - Start) - Used - Count;

    /// <summary>Bytes that a pack of exactly these elements needs.</summary>
    public readonly int Needed => Used + Count;

    /// <summary>Bytes that a text takes in a pack.</summary>
    public static int SizeOf(in PackedText text) => text.PayloadLength + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte CodeAt(int index) => End[-1 - index];

    /// <summary>Where an element's payload begins, from <see cref="Start"/>; for the count, where it would.</summary>
    public readonly int OffsetOf(int index)
    {
        // The nearer end is enough.
        return index <= Count / 2 ? SumOfSizes(0, index) : Used - SumOfSizes(index, Count - index);
    }

    public readonly Element At(int index) => At(index, OffsetOf(index));

    /// <param name="offset">What <see cref="OffsetOf"/> says for the index.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Element At(int index, int offset) => new(Start + offset, CodeAt(index));

    /// <summary>Index of the first element of a text, or -1.</summary>
    /// <param name="first">Where to begin.</param>
    /// <param name="stride">Look at each so-manieth: 2 for the fields of a hash.</param>
    /// <param name="offset">Of what was found.</param>
    public readonly int Find(in PackedText text, int first, int stride, out int offset)
    {
        int at = OffsetOf(first);
        byte code = text.Code;

        // Texts of one length mostly differ at their end, integers in their lowest byte: one look spares a comparison.
        bool isString = code is > 0 and <= Element.MaxInlineLength;
        int probe = isString ? code - 1 : 0;
        int wanted = isString ? text.Bytes[code - 1] : (byte)text.Integer;
        int mask = isString || text.IsInteger ? 0xFF : 0;
        for (int i = first; i < Count; i += stride)
        {
            byte found = CodeAt(i);
            if (found == code && ((Start[at + probe] ^ wanted) & mask) == 0
                && new Element(Start + at, found).IsPayload(text))
            {
                offset = at;
                return i;
            }
            at += Element.SizeOf(found);
            for (int j = 1; j < stride; j++)
            {
                at += Element.SizeOf(CodeAt(i + j));
            }
        }
        offset = at;
        return -1;
    }

    /// <summary>Inserts a text that fits (<see cref="Free"/>) and is no block.</summary>
    public void Insert(int index, in PackedText text)
    {
        int offset = OffsetOf(index);
        byte* payload = Open(index, offset, text.PayloadLength);
        End[-1 - index] = text.Code;
        text.WritePayload(payload);
    }

    /// <summary>Inserts a text behind the last element: it fits and is no block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(in PackedText text)
    {
        Invariant.Require(Free > text.PayloadLength);
        text.WritePayload(Start + Used);
        End[-1 - Count] = text.Code;
        Used += text.PayloadLength;
        Count++;
    }

    /// <summary>Inserts a stored element as it is: a block's pointer too, whose owner this pack then is.</summary>
    public void Insert(int index, Element element)
    {
        int length = element.PayloadLength;
        byte* payload = Open(index, OffsetOf(index), length);
        End[-1 - index] = element.Code;
        Unsafe.CopyBlockUnaligned(payload, element.Payload, (uint)length);
    }

    /// <summary>The same behind the last element.</summary>
    public void Append(Element element)
    {
        int length = element.PayloadLength;
        Invariant.Require(Free > length);
        Unsafe.CopyBlockUnaligned(Start + Used, element.Payload, (uint)length);
        End[-1 - Count] = element.Code;
        Used += length;
        Count++;
    }

    /// <summary>Puts a text in an element's place; it fits, counting what the old one gives back.</summary>
    public void Replace(int index, in PackedText text)
    {
        int offset = OffsetOf(index);
        byte* payload = ChangeSize(index, offset, text.PayloadLength);
        End[-1 - index] = text.Code;
        text.WritePayload(payload);
    }

    /// <summary>Puts a stored element as it is in another's place; it fits.</summary>
    public void Replace(int index, Element element)
    {
        int offset = OffsetOf(index);
        byte* payload = ChangeSize(index, offset, element.PayloadLength);
        End[-1 - index] = element.Code;
        Unsafe.CopyBlockUnaligned(payload, element.Payload, (uint)element.PayloadLength);
    }

    /// <summary>Removes elements; blocks are the caller's to free before.</summary>
    public void Remove(int index, int count)
    {
        int offset = OffsetOf(index);
        int length = SumOfSizes(index, count);
        int behind = Used - offset - length;
        Buffer.MemoryCopy(Start + offset + length, Start + offset, behind, behind);
        int codes = Count - index - count;
        Buffer.MemoryCopy(End - Count, End - Count + count, codes, codes);
        Used -= length;
        Count -= count;
    }

    /// <summary>Drops the last elements.</summary>
    public void Truncate(int count)
    {
        Used = OffsetOf(count);
        Count = count;
    }

    public void Clear()
    {
        Used = 0;
        Count = 0;
    }

    /// <summary>Appends a range of another pack's elements, which fits.</summary>
    public void Append(in Pack source, int index, int count)
    {
        int offset = source.OffsetOf(index);
        int length = source.SumOfSizes(index, count);
        Invariant.Require(Free >= length + count);
        Buffer.MemoryCopy(source.Start + offset, Start + Used, length, length);
        Buffer.MemoryCopy(source.End - index - count, End - Count - count, count, count);
        Used += length;
        Count += count;
    }

    /// <summary>Payload bytes of a range of elements.</summary>
    public readonly int SumOfSizes(int index, int count)
    {
        byte* code = End - index - count;
        int sum = 0;
        if (count >= 2 * Vector256<byte>.Count && Vector256.IsHardwareAccelerated)
        {
            sum = SumOfVectors(ref code, ref count);
        }
        for (int i = 0; i < count; i++)
        {
            sum += Element.SizeOf(code[i]);
        }
        return sum;
    }

    private static int SumOfVectors(ref byte* code, ref int count)
    {
        Vector256<byte> integers = Vector256.Create(Element.IntegerCode);
        Vector256<byte> lowBits = Vector256.Create((byte)15);
        Vector256<uint> sums = Vector256<uint>.Zero;
        while (count >= Vector256<byte>.Count)
        {
            Vector256<byte> codes = Vector256.Load(code);
            Vector256<byte> sizes = Vector256.ConditionalSelect(
                Vector256.GreaterThanOrEqual(codes, integers), codes & lowBits, codes);
            (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(sizes);
            (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(low + high);
            sums += first + second;
            code += Vector256<byte>.Count;
            count -= Vector256<byte>.Count;
        }
        return (int)Vector256.Sum(sums);
    }

    private byte* ChangeSize(int index, int offset, int length)
    {
        int old = Element.SizeOf(CodeAt(index));
        Invariant.Require(Free >= length - old);
        byte* payload = Start + offset;
        if (length != old)
        {
            int behind = Used - offset - old;
            Buffer.MemoryCopy(payload + old, payload + length, behind, behind);
            Used += length - old;
        }
        return payload;
    }

    /// <summary>Makes room for an element.</summary>
    private byte* Open(int index, int offset, int length)
    {
        Invariant.Require(Free > length && (uint)index <= (uint)Count);
        int behind = Used - offset;
        Buffer.MemoryCopy(Start + offset, Start + offset + length, behind, behind);
        int codes = Count - index;
        Buffer.MemoryCopy(End - Count, End - Count - 1, codes, codes);
        Used += length;
        Count++;
        return Start + offset;
    }
}
