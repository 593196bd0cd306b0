using System.Runtime.InteropServices;

namespace Tidelog.Server.Network;

/// <summary>
/// What a client sent and the server has not executed yet. It starts with 16 KiB at the first byte, grows to what one
/// argument needs, and is given back when the client is idle.
/// </summary>
internal sealed unsafe class InputBuffer : IDisposable
{
    private const int InitialCapacity = 16 * 1024;

    /// <summary>Up to here a buffer doubles when the client keeps filling it: fewer calls of the system.</summary>
    private const int GreedyCapacity = 256 * 1024;

    /// <summary>A smaller buffer is left as it is.</summary>
    private const int ShrinkAbove = 32 * 1024;

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

    /// <summary>Makes room to read: for <paramref name="wanted"/> bytes behind those that are there, or a usual amount.</summary>
    /// <param name="wanted">Bytes still missing of an argument whose length is known; 0 if none is.</param>
    public void Reserve(long wanted)
    {
        if (_begin == _end)
        {
            _begin = _end = 0;
        }
        if (Free > 0 && Free >= wanted)
        {
            return;
        }
        if (_begin > 0)
        {
            // What is left of the last command goes to the front; at most a part of one read.
            Buffer.MemoryCopy(Data, _start, Length, Length);
            _end -= _begin;
            _begin = 0;
            if (Free > 0 && Free >= wanted)
            {
                return;
            }
        }
        long capacity = Math.Max(InitialCapacity, _end + wanted);
        if (wanted == 0)
        {
            capacity = Math.Max(capacity, Capacity < GreedyCapacity ? Capacity * 2 : Capacity + GreedyCapacity);
        }
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        Capacity = capacity;
    }

    public void Received(long count)
    {
        _end += count;
        _peak = Math.Max(_peak, Length);
    }

    public void Consume(long count) => _begin += count;

    /// <summary>Gives memory back that the client does not use: all when it is idle, else what exceeds its recent peak.</summary>
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
            long length = Length;
            long capacity = Math.Max(InitialCapacity, Math.Max(_peak, length));
            Buffer.MemoryCopy(Data, _start, length, length);
            _begin = 0;
            _end = length;
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
}
