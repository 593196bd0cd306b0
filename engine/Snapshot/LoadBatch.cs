using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>Tokens on their way from the reading to the inserting thread; one of them has it at a time.</summary>
internal sealed unsafe class LoadBatch : IDisposable
{
    /// <summary>All batches together stay in a processor's cache.</summary>
    private const int Capacity = 256 * 1024;

    /// <summary>Long texts in a batch, and their bytes, but for the last: what waits is bounded.</summary>
    private const int MostOutside = 256;
    private const long MostOutsideBytes = 4 << 20;

    private readonly nint[] _outside = new nint[MostOutside];
    private int _outsideCount;
    private int _outsideTaken;
    private long _outsideBytes;

    public byte* Start { get; private set; } = (byte*)NativeMemory.Alloc(Capacity);

    public int Length { get; private set; }

    /// <summary>Nothing comes behind it.</summary>
    public bool IsLast { get; set; }

    public byte* End => Start + Length;

    public static int Align(int size) => (size + 7) & ~7;

    /// <summary>True if there is room for a token, with as many long texts as one can have.</summary>
    public bool Fits(int size) =>
        size <= Capacity - Length && _outsideCount + 2 <= MostOutside && _outsideBytes < MostOutsideBytes;

    /// <summary>Room for a token, which fits.</summary>
    /// <param name="size">A multiple of 8.</param>
    public byte* Take(int size)
    {
        byte* start = Start + Length;
        Length += size;
        return start;
    }

    /// <summary>Adds a long text.</summary>
    public void AddOutside(ReadOnlySpan<byte> text)
    {
        HeapBytes* block = HeapBytes.Allocate(text.Length, text.Length, 0);
        text.CopyTo(block->Span);
        _outside[_outsideCount++] = (nint)block;
        _outsideBytes += text.Length;
    }

    /// <summary>The next long text, which is the caller's to free from here on.</summary>
    public HeapBytes* TakeOutside() => (HeapBytes*)_outside[_outsideTaken++];

    /// <summary>Makes it empty; long texts that were not taken are freed.</summary>
    public void Clear()
    {
        while (_outsideTaken < _outsideCount)
        {
            HeapBytes.Free(TakeOutside());
        }
        _outsideCount = _outsideTaken = 0;
        _outsideBytes = 0;
        Length = 0;
    }

    public void Dispose()
    {
        Clear();
        NativeMemory.Free(Start);
        Start = null;
    }
}
