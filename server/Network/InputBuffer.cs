using System.Runtime.InteropServices;

namespace Tidelog.Server.Network;

/// <summary>
/// What a client sent and the server has not executed yet. It starts with 16 KiB at the first byte, grows to what one
/// command needs, and is given back when the client is idle.
/// </summary>
internal sealed unsafe class InputBuffer : IDisposable
{
    private const int InitialCapacity = 16 * 1024;

    /// <summary>A smaller buffer is left as it is.</summary>
    private const int ShrinkAbove = 32 * 1024;

    /// <summary>
    /// Most bytes of small commands to read at once: what one client does in its turn is bounded by it.
    /// </summary>
    private const int UsualRead = 64 * 1024;

    /// <summary>Most bytes of one big argument to read at once.</summary>
    private const int BiggestRead = 1 << 20;

    private byte* _start;
    private long _begin;
    private long _end;
    private long _peak;

    ~InputBuffer() => NativeMemory.Free(_start);

    /// <summary>The first byte not consumed.</summary>
    public byte* Data => _start + _begin;

    public long Length => _end - _begin;

    public long Capacity { get; private set; }

    public long Free => Capacity - _end;

    /// <summary>Where the next bytes go.</summary>
    public byte* Tail => _start + _end;

    /// <summary>Makes room to read.</summary>
    /// <param name="missing">Bytes still missing of an argument whose length is known; 0 if none is.</param>
    /// <returns>How many bytes to read, at most.</returns>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public nint Reserve(long missing)
    {
        if (_begin == _end)
        {
            _begin = _end = 0;
        }
        long room = missing > 0 ? missing : InitialCapacity / 2;
        if (Free < room)
        {
            MakeRoom(room);
        }
        return (nint)Math.Min(Free, Math.Clamp(missing, UsualRead, BiggestRead));
    }

    public void Received(long count)
    {
        _end += count;
        _peak = Math.Max(_peak, Length);
    }

    public void Consume(long count) => _begin += count;

    /// <summary>
    /// Gives memory back that the client does not use: all when it is idle, else what exceeds its recent peak.
    /// </summary>
    public void Trim(bool idle, bool midArgument)
    {
        if (Length == 0 && idle)
        {
            NativeMemory.Free(_start);
            _start = null;
            _begin = _end = Capacity = 0;
        }
        else if (Capacity > ShrinkAbove && !midArgument && (idle || Capacity / 2 > Math.Max(_peak, InitialCapacity)))
        {
            MoveToFront();
            long capacity = Math.Max(InitialCapacity, Math.Max(_peak, Length));
            _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
            Capacity = capacity;
        }
        _peak = Length;
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = null;
        _begin = _end = Capacity = 0;
        GC.SuppressFinalize(this);
    }

    private void MakeRoom(long room)
    {
        // What is there of an unfinished command goes to the front: at most once for each command, and part of one
        // read.
        MoveToFront();
        if (Free >= room)
        {
            return;
        }

        // One big argument gets what it needs; a command of many arguments grows by a share of its size, so that all
        // its copying together stays below twice that.
        long capacity = Math.Max(Math.Max(InitialCapacity, _end + room), Capacity + (Capacity / 2));
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        Capacity = capacity;
    }

    private void MoveToFront()
    {
        if (_begin > 0)
        {
            long length = Length;
            Buffer.MemoryCopy(Data, _start, length, length);
            _begin = 0;
            _end = length;
        }
    }
}
