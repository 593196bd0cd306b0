// A stretch of memory that RDB bytes are written to. With a sink it is a window: full, it goes to the sink and begins
// anew. Without one it grows, and holds everything.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Snapshot;

/// <summary>Takes the bytes of a snapshot and gives them on in pieces of a window's size.</summary>
internal sealed unsafe class RdbOutput : IDisposable
{
    private readonly ISnapshotSink? _sink;
    private byte* _start;
    private byte* _at;
    private byte* _end;
    private long _passed;

    /// <param name="capacity">Bytes of the window; at first, if there is no sink.</param>
    public RdbOutput(int capacity, ISnapshotSink? sink = null)
    {
        _sink = sink;
        _start = (byte*)NativeMemory.Alloc((nuint)capacity);
        _at = _start;
        _end = _start + capacity;
    }

    ~RdbOutput() => NativeMemory.Free(_start);

    /// <summary>Bytes written so far, those that the sink has included.</summary>
    public long Length => _passed + (_at - _start);

    /// <summary>What the sink does not have yet.</summary>
    /// <exception cref="OverflowException">There is no sink, and it is more than 2 GiB.</exception>
    public ReadOnlySpan<byte> Pending => new(_start, checked((int)(_at - _start)));

    /// <summary>Room for so many bytes in one stretch, to be taken by <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Reserve(int bytes)
    {
        if (_end - _at < bytes)
        {
            MakeRoom(bytes);
        }
        return _at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int bytes) => _at += bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(byte value)
    {
        *Reserve(1) = value;
        _at++;
    }

    /// <summary>Writes bytes; more than the window's size go to the sink without being copied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= _end - _at)
        {
            bytes.CopyTo(new Span<byte>(_at, bytes.Length));
            _at += bytes.Length;
        }
        else
        {
            WriteSlowly(bytes);
        }
    }

    public void Int32LittleEndian(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(Reserve(sizeof(int)), sizeof(int)), value);
        _at += sizeof(int);
    }

    public void Int64LittleEndian(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(Reserve(sizeof(long)), sizeof(long)), value);
        _at += sizeof(long);
    }

    /// <summary>Forgets everything; for an output without a sink.</summary>
    public void Clear()
    {
        _passed = 0;
        _at = _start;
    }

    /// <summary>Forgets everything, and gives back memory beyond some bytes; for an output without a sink.</summary>
    public void Clear(int capacity)
    {
        Clear();
        if (_end - _start > capacity)
        {
            _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
            _at = _start;
            _end = _start + capacity;
        }
    }

    /// <summary>Gives the sink what it does not have yet.</summary>
    public void Flush()
    {
        if (_at != _start && _sink is not null)
        {
            int length = (int)(_at - _start);
            _passed += length;
            _at = _start;
            _sink.Write(new ReadOnlySpan<byte>(_start, length));
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = _at = _end = null;
        GC.SuppressFinalize(this);
    }

    private void MakeRoom(int bytes)
    {
        Flush();
        if (_end - _at < bytes)
        {
            long used = _at - _start;
            long capacity = Math.Max(used + bytes, 2 * (_end - _start));
            _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
            _at = _start + used;
            _end = _start + capacity;
        }
    }

    private void WriteSlowly(ReadOnlySpan<byte> bytes)
    {
        if (_sink is null || bytes.Length < _end - _start)
        {
            bytes.CopyTo(new Span<byte>(Reserve(bytes.Length), bytes.Length));
            _at += bytes.Length;
            return;
        }
        Flush();
        _passed += bytes.Length;
        _sink.Write(bytes);
    }
}
