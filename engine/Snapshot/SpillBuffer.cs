using System.Runtime.InteropServices;

namespace Tidelog.Engine.Snapshot;

/// <summary>Memory for what does not lie in a window in one piece; used again and again.</summary>
internal sealed unsafe class SpillBuffer : IDisposable
{
    private const int LeastCapacity = 4096;

    ~SpillBuffer() => NativeMemory.Free(Start);

    public byte* Start { get; private set; }

    public int Capacity { get; private set; }

    /// <summary>Makes room for so many bytes, moving those that are in use.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void Reserve(int capacity, int used = 0)
    {
        if (capacity <= Capacity)
        {
            return;
        }
        capacity = Math.Max(capacity, LeastCapacity);
        byte* start = (byte*)NativeMemory.Alloc((nuint)capacity);
        Buffer.MemoryCopy(Start, start, capacity, used);
        NativeMemory.Free(Start);
        Start = start;
        Capacity = capacity;
    }

    /// <summary>Replaces what is there.</summary>
    public ReadOnlySpan<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(new Span<byte>(Start, bytes.Length));
        return new ReadOnlySpan<byte>(Start, bytes.Length);
    }

    /// <summary>Gives memory back if it is more than so many bytes.</summary>
    public void Trim(int most)
    {
        if (Capacity > most)
        {
            Release();
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.Free(Start);
        Start = null;
        Capacity = 0;
    }
}
