using System.Runtime.CompilerServices;

namespace Tidelog.Protocol;

/// <summary>
/// A growing array of argument views, refilled for every command or batch of commands. Views stay valid as long as the
/// buffer that they were parsed from is neither moved nor refilled.
/// </summary>
public sealed class ArgumentList
{
    private const int ShrinkAbove = 4096;
    private Slice[] _items = new Slice[64];

    public int Count { get; private set; }

    public Slice this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _items[index];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Slice slice)
    {
        if ((uint)Count >= (uint)_items.Length)
        {
            Array.Resize(ref _items, _items.Length * 2);
        }
        _items[Count++] = slice;
    }

    /// <summary>Appends the items of another list, from its item <paramref name="start"/> on.</summary>
    public void Add(ArgumentList other, int start = 0)
    {
        int count = other.Count - start;
        if (Count + count > _items.Length)
        {
            Array.Resize(ref _items, Math.Max(_items.Length * 2, Count + count));
        }
        Array.Copy(other._items, start, _items, Count, count);
        Count += count;
    }

    /// <summary>
    /// Forgets the items from <paramref name="count"/> on; a list that once grew huge gives its memory back.
    /// </summary>
    public void Truncate(int count)
    {
        Count = count;
        if (count == 0 && _items.Length > ShrinkAbove)
        {
            _items = new Slice[64];
        }
    }

    /// <summary>Items next to each other; the view is good until the next <see cref="Add(Slice)"/>.</summary>
    public ReadOnlySpan<Slice> Range(int start, int count) => _items.AsSpan(start, count);
}
