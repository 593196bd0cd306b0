using System.Runtime.InteropServices;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// Commands that wait for EXEC, their requests copied one behind the other into one growing buffer outside the
/// runtime's heap.
/// </summary>
public sealed unsafe class QueuedCommands
{
    /// <summary>Bytes of buffer that are kept for the next transaction.</summary>
    private const long KeptCapacity = 16 * 1024;
    private const long InitialCapacity = 1024;

    private readonly ArgumentList _arguments = new();
    private readonly List<Entry> _entries = [];
    private byte* _start;
    private long _length;

    ~QueuedCommands() => NativeMemory.Free(_start);

    public int Count => _entries.Count;

    /// <summary>Bytes of the buffer.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes of the arguments, and of a pointer to each: what CLIENT LIST calls multi-mem.</summary>
    public long ArgumentBytes { get; private set; }

    /// <summary>Copies the context's command with its arguments.</summary>
    internal void Add(CommandContext context)
    {
        int first = _arguments.Count;
        long start = _length;
        long length = context.RequestLength;
        if (length > 0)
        {
            // RESP: as it came, so that it can be its own effect.
            Reserve(length);
            Buffer.MemoryCopy(context.RequestStart, _start + start, length, length);
            for (int i = 0; i < context.Count; i++)
            {
                Slice slice = context.SliceOf(i);
                _arguments.Add(slice);
                ArgumentBytes += slice.Length + sizeof(nint);
            }
        }
        else
        {
            for (int i = 0; i < context.Count; i++)
            {
                ReadOnlySpan<byte> argument = context[i];
                Reserve(length + argument.Length);
                argument.CopyTo(new Span<byte>(_start + start + length, argument.Length));
                _arguments.Add(new Slice(length, argument.Length));
                ArgumentBytes += argument.Length + sizeof(nint);
                length += argument.Length;
            }
        }
        _length += length;
        _entries.Add(new Entry(context.Command, start, context.RequestLength, first, context.Count));
    }

    /// <summary>Gives the context one of the commands with its arguments.</summary>
    internal Command Load(int index, CommandContext context)
    {
        Entry entry = _entries[index];
        context.SetArguments(
            _start + entry.Start, _arguments, entry.FirstArgument, entry.ArgumentCount, entry.RequestLength);
        return entry.Command;
    }

    internal void Clear()
    {
        _entries.Clear();
        _arguments.Truncate(0);
        _length = ArgumentBytes = 0;
        if (Capacity > KeptCapacity)
        {
            NativeMemory.Free(_start);
            _start = null;
            Capacity = 0;
        }
    }

    private void Reserve(long count)
    {
        if (_length + count > Capacity)
        {
            Capacity = Math.Max(Math.Max(2 * Capacity, InitialCapacity), _length + count);
            _start = (byte*)NativeMemory.Realloc(_start, (nuint)Capacity);
        }
    }

    private readonly record struct Entry(
        Command Command, long Start, long RequestLength, int FirstArgument, int ArgumentCount);
}
