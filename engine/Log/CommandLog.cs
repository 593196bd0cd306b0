// The one stream of effects: every change of the dataset, RESP-encoded, at one byte offset. Its last bytes are kept in
// a ring in memory (the replication backlog); whoever follows the stream reads at an offset of its own.

using System.Runtime.InteropServices;

namespace Tidelog.Engine.Log;

/// <summary>The stream of effects: every change at one byte offset, the last bytes readable.</summary>
public sealed unsafe class CommandLog : IDisposable
{
    private const int MaxPart = 1 << 30;
    private byte* _ring;
    private long _capacity;

    /// <param name="capacity">Bytes of the stream that stay readable, at least 1: <c>repl-backlog-size</c>.</param>
    public CommandLog(long capacity)
    {
        _capacity = capacity;
        _ring = (byte*)NativeMemory.Alloc((nuint)capacity);
    }

    ~CommandLog() => NativeMemory.Free(_ring);

    /// <summary>
    /// How many bytes were ever appended: the offset behind the last one. INFO's <c>master_repl_offset</c>.
    /// </summary>
    public long EndOffset { get; private set; }

    /// <summary>Offset of the oldest byte that can still be read.</summary>
    public long StartOffset { get; private set; }

    /// <summary>Bytes.</summary>
    public long Capacity => _capacity;

    /// <summary>Appends bytes of the stream. More than the capacity at once leaves the end of them readable.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _capacity)
        {
            EndOffset += bytes.Length - _capacity;
            bytes = bytes[^(int)_capacity..];
        }
        long at = EndOffset % _capacity;
        int first = (int)Math.Min(bytes.Length, _capacity - at);
        bytes[..first].CopyTo(new Span<byte>(_ring + at, first));
        bytes[first..].CopyTo(new Span<byte>(_ring, bytes.Length - first));
        EndOffset += bytes.Length;
        StartOffset = Math.Max(StartOffset, EndOffset - _capacity);
    }

    /// <summary>The same for bytes outside the runtime's heap, of any number.</summary>
    public void Append(byte* bytes, long length)
    {
        while (length > 0)
        {
            int part = (int)Math.Min(length, MaxPart);
            Append(new ReadOnlySpan<byte>(bytes, part));
            bytes += part;
            length -= part;
        }
    }

    /// <summary>Copies bytes of the stream from an offset on.</summary>
    /// <returns>How many were copied; -1 if the offset is not in the ring.</returns>
    public int Read(long offset, Span<byte> destination)
    {
        if (offset < StartOffset || offset > EndOffset)
        {
            return -1;
        }
        int count = (int)Math.Min(destination.Length, EndOffset - offset);
        long at = offset % _capacity;
        int first = (int)Math.Min(count, _capacity - at);
        new ReadOnlySpan<byte>(_ring + at, first).CopyTo(destination);
        new ReadOnlySpan<byte>(_ring, count - first).CopyTo(destination[first..]);
        return count;
    }

    /// <summary>Changes the capacity and keeps the newest bytes that fit.</summary>
    public void Resize(long capacity)
    {
        Invariant.Require(capacity > 0);
        byte* ring = (byte*)NativeMemory.Alloc((nuint)capacity);
        long from = Math.Max(StartOffset, EndOffset - capacity);
        for (long offset = from; offset < EndOffset;)
        {
            long at = offset % _capacity;
            long to = offset % capacity;
            long count = Math.Min(EndOffset - offset, Math.Min(_capacity - at, capacity - to));
            Buffer.MemoryCopy(_ring + at, ring + to, count, count);
            offset += count;
        }
        NativeMemory.Free(_ring);
        _ring = ring;
        _capacity = capacity;
        StartOffset = from;
    }

    public void Dispose()
    {
        NativeMemory.Free(_ring);
        _ring = null;
        GC.SuppressFinalize(this);
    }
}
