// A listpack: its length in bytes (4) and number of elements (2, 65535 if more or unknown), the elements
// (Values/ListPackElement.cs), 255.

using System.Runtime.CompilerServices;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>Makes listpacks, one after the other, in memory that it keeps.</summary>
internal sealed unsafe class ListPackWriter : IDisposable
{
    private const int HeaderSize = 6;
    private const byte End = 0xFF;
    private const int UnknownCount = ushort.MaxValue;

    /// <summary>Bytes beside its text that an element takes at most.</summary>
    private const int MaxOverhead = 10;
    private const int KeptCapacity = 64 * 1024;

    private readonly RdbOutput _bytes = new(KeptCapacity);
    private long _count;

    /// <summary>Begins a listpack.</summary>
    public void Begin()
    {
        _bytes.Clear(KeptCapacity);
        _bytes.Reserve(HeaderSize);
        _bytes.Advance(HeaderSize);
        _count = 0;
    }

    public void Add(long integer)
    {
        byte* at = _bytes.Reserve(MaxOverhead);
        _bytes.Advance((int)(ListPackElement.Write(at, integer) - at));
        _count++;
    }

    /// <summary>A text; one that is an integer becomes an integer element.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        byte* at = _bytes.Reserve(text.Length + MaxOverhead);
        _bytes.Advance((int)(ListPackElement.Write(at, text) - at));
        _count++;
    }

    public void Add(Element element)
    {
        if (element.IsInteger)
        {
            Add(element.Integer);
        }
        else
        {
            Add(element.Bytes);
        }
    }

    /// <summary>Elements that have the form already.</summary>
    public void Add(ReadOnlySpan<byte> elements, long count)
    {
        _bytes.Write(elements);
        _count += count;
    }

    /// <summary>Ends the listpack.</summary>
    /// <returns>All of it; good until the next one begins.</returns>
    public ReadOnlySpan<byte> Finish()
    {
        _bytes.Byte(End);
        ReadOnlySpan<byte> all = _bytes.Pending;
        fixed (byte* start = all)
        {
            Unsafe.WriteUnaligned(start, all.Length);
            Unsafe.WriteUnaligned(start + sizeof(int), (ushort)Math.Min(_count, UnknownCount));
        }
        return all;
    }

    public void Dispose() => _bytes.Dispose();
}
