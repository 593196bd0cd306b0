// A small set of integers inside its record: a sorted array whose width is that of its widest member.
//
//   +0  count, 2 bytes
//   +2  bytes per integer: 2, 4 or 8
//   +4  the integers, little-endian, ascending

namespace Tidelog.Engine.Values;

/// <summary>A view of the payload; whoever changes it has seen to the room.</summary>
internal readonly unsafe struct IntegerSet(byte* start)
{
    private const int HeaderSize = 4;

    /// <summary>Most integers that the count can tell.</summary>
    public const int MaxCount = ushort.MaxValue;

    public int Count => *(ushort*)start;

    public int Width => start[2];

    /// <summary>The integers as they lie there.</summary>
    public ReadOnlySpan<byte> Bytes => new(Integers, Count * Width);

    private byte* Integers => start + HeaderSize;

    public long this[int index] => Width switch
    {
        2 => ((short*)Integers)[index],
        4 => ((int*)Integers)[index],
        _ => ((long*)Integers)[index],
    };

    /// <summary>Bytes of payload for so many integers.</summary>
    public static long RoomFor(long count, int width) => HeaderSize + (count * width);

    /// <summary>The width that an integer needs.</summary>
    public static int WidthOf(long integer) =>
        integer == (short)integer ? 2 : integer == (int)integer ? 4 : 8;

    /// <summary>Makes the set empty.</summary>
    public void Clear(int width)
    {
        *(ushort*)start = 0;
        start[2] = (byte)width;
        start[3] = 0;
    }

    /// <summary>The integer as an element; it may have more bytes there than it needs.</summary>
    public Element At(int index) => new(Integers + (index * Width), (byte)(Element.IntegerCode + Width));

    /// <summary>Index of an integer, or where it would be.</summary>
    public bool TryFind(long integer, out int index)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (this[middle] < integer)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        index = low;
        return low < Count && this[low] == integer;
    }

    /// <param name="index">Where <see cref="TryFind"/> says that it belongs.</param>
    public void Insert(int index, long integer)
    {
        int width = Width;
        byte* place = Integers + (index * width);
        int behind = (Count - index) * width;
        Buffer.MemoryCopy(place, place + width, behind, behind);
        *(ushort*)start = checked((ushort)(Count + 1));
        Set(index, integer);
    }

    /// <summary>Adds an integer greater than all others.</summary>
    public void Append(long integer) => Insert(Count, integer);

    public void Remove(int index)
    {
        int width = Width;
        byte* place = Integers + (index * width);
        int behind = (Count - index - 1) * width;
        Buffer.MemoryCopy(place + width, place, behind, behind);
        *(ushort*)start = (ushort)(Count - 1);
    }

    /// <summary>Takes over another set's integers, in the width that this one has.</summary>
    public void CopyFrom(IntegerSet other)
    {
        *(ushort*)start = (ushort)other.Count;
        if (other.Width == Width)
        {
            long length = (long)other.Count * Width;
            Buffer.MemoryCopy(other.Integers, Integers, length, length);
            return;
        }
        for (int i = 0; i < other.Count; i++)
        {
            Set(i, other[i]);
        }
    }

    private void Set(int index, long integer)
    {
        switch (Width)
        {
            case 2:
                ((short*)Integers)[index] = (short)integer;
                break;
            case 4:
                ((int*)Integers)[index] = (int)integer;
                break;
            default:
                ((long*)Integers)[index] = integer;
                break;
        }
    }
}
