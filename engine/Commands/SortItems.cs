using System.Runtime.InteropServices;

namespace Tidelog.Engine.Commands;

/// <summary>An element to be sorted.</summary>
internal unsafe struct SortItem
{
    public byte* Start;
    public int Length;

    /// <summary>Length of the text to sort by, -1 if there is none.</summary>
    public int ByLength;

    /// <summary>What to sort by: where a text begins, or the bits of a number.</summary>
    public long By;

    public readonly ReadOnlySpan<byte> Text => new(Start, Length);

    public readonly ReadOnlySpan<byte> ByText => new((byte*)By, ByLength);

    public readonly double Score => BitConverter.Int64BitsToDouble(By);
}

/// <summary>Which of two elements comes first.</summary>
internal interface ISortOrder
{
    public int Compare(in SortItem left, in SortItem right);
}

/// <summary>By number; elements with the same number by their bytes.</summary>
internal readonly struct NumberOrder : ISortOrder
{
    public int Compare(in SortItem left, in SortItem right)
    {
        double first = left.Score;
        double second = right.Score;
        return first < second ? -1 : first > second ? 1 : left.Text.SequenceCompareTo(right.Text);
    }
}

/// <summary>By the elements' own bytes.</summary>
/// <param name="isWhole">
/// All bytes count: redis sorts so what it stores. Else a zero byte ends a text, as for C's strcoll.
/// </param>
internal readonly struct TextOrder(bool isWhole) : ISortOrder
{
    public int Compare(in SortItem left, in SortItem right) => Compare(left.Text, right.Text);

    public int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => isWhole
        ? left.SequenceCompareTo(right)
        : UpToZero(left).SequenceCompareTo(UpToZero(right));

    private static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> text)
    {
        int zero = text.IndexOf((byte)0);
        return zero < 0 ? text : text[..zero];
    }
}

/// <summary>By the bytes of other texts; elements without one come first.</summary>
internal readonly struct ByTextOrder(bool isWhole) : ISortOrder
{
    public int Compare(in SortItem left, in SortItem right)
    {
        if (left.ByLength < 0 || right.ByLength < 0)
        {
            return Math.Min(left.ByLength + 1, 1) - Math.Min(right.ByLength + 1, 1);
        }
        return new TextOrder(isWhole).Compare(left.ByText, right.ByText);
    }
}

/// <summary>Elements to be sorted, with memory for their texts; none of it is on the runtime's heap.</summary>
internal sealed unsafe class SortItems : IDisposable
{
    private const int PageSize = 256 * 1024;

    /// <summary>So few are sorted by insertion.</summary>
    private const int Few = 12;

    private readonly List<nint> _pages = [];
    private readonly SortItem* _items;
    private byte* _free;
    private byte* _end;

    public SortItems(long capacity)
    {
        _items = (SortItem*)NativeMemory.Alloc((nuint)Math.Max(capacity, 1), (nuint)sizeof(SortItem));
    }

    public long Count { get; private set; }

    public ref SortItem this[long index] => ref _items[index];

    /// <summary>Adds an element whose text stays where it is until the sorting is done.</summary>
    public void Add(byte* start, int length) =>
        _items[Count++] = new SortItem { Start = start, Length = length, ByLength = -1 };

    /// <summary>Keeps a text until the sorting is done.</summary>
    public byte* Keep(ReadOnlySpan<byte> text)
    {
        if (_end - _free < text.Length)
        {
            int size = Math.Max(PageSize, text.Length);
            _free = (byte*)NativeMemory.Alloc((nuint)size);
            _end = _free + size;
            _pages.Add((nint)_free);
        }
        byte* start = _free;
        text.CopyTo(new Span<byte>(start, text.Length));
        _free += text.Length;
        return start;
    }

    /// <summary>Sorts all elements; what is equal stays in its order, descending too.</summary>
    public void Sort<TOrder>(TOrder order, bool descending)
        where TOrder : struct, ISortOrder
    {
        SortItem* other = (SortItem*)NativeMemory.Alloc((nuint)Math.Max(Count, 1), (nuint)sizeof(SortItem));
        Sort(_items, other, Count, order, descending ? -1 : 1);
        NativeMemory.Free(other);
    }

    public void Dispose()
    {
        NativeMemory.Free(_items);
        foreach (nint page in _pages)
        {
            NativeMemory.Free((void*)page);
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Merge sort: halves are sorted, then merged through the other memory.</summary>
    private static void Sort<TOrder>(SortItem* items, SortItem* other, long count, TOrder order, int sign)
        where TOrder : struct, ISortOrder
    {
        if (count <= Few)
        {
            Insert(items, count, order, sign);
            return;
        }
        long half = count / 2;
        Sort(items, other, half, order, sign);
        Sort(items + half, other, count - half, order, sign);
        if (order.Compare(items[half - 1], items[half]) * sign <= 0)
        {
            return;
        }
        long bytes = half * sizeof(SortItem);
        Buffer.MemoryCopy(items, other, bytes, bytes);
        SortItem* left = other;
        SortItem* leftEnd = other + half;
        SortItem* right = items + half;
        SortItem* rightEnd = items + count;
        SortItem* to = items;
        while (left < leftEnd && right < rightEnd)
        {
            *to++ = order.Compare(*left, *right) * sign <= 0 ? *left++ : *right++;
        }
        bytes = (leftEnd - left) * sizeof(SortItem);
        Buffer.MemoryCopy(left, to, bytes, bytes);
    }

    private static void Insert<TOrder>(SortItem* items, long count, TOrder order, int sign)
        where TOrder : struct, ISortOrder
    {
        for (long i = 1; i < count; i++)
        {
            SortItem item = items[i];
            long at = i;
            while (at > 0 && order.Compare(items[at - 1], item) * sign > 0)
            {
                items[at] = items[at - 1];
                at--;
            }
            items[at] = item;
        }
    }
}
