using System.Runtime.CompilerServices;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// The commands that a client sent ahead, parsed together so that the memory they will touch is fetched while the first
/// of them run. The arguments are views of the buffer that they were parsed from.
/// </summary>
public sealed unsafe class CommandBatch
{
    /// <summary>Enough to hide the latency of memory; more would push the first lines out of the cache again.</summary>
    public const int MaxCount = 32;

    private readonly Entry[] _entries = new Entry[MaxCount];

    public ArgumentList Arguments { get; } = new();

    public int Count { get; private set; }

    public bool IsFull => Count == MaxCount;

    internal ref Entry this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries[index];
    }

    public void Clear()
    {
        Count = 0;
        Arguments.Truncate(0);
    }

    /// <summary>Adds the command whose arguments are the last ones of <see cref="Arguments"/>.</summary>
    /// <param name="start">What its arguments' offsets count from.</param>
    /// <param name="firstArgument">Index of its name in <see cref="Arguments"/>.</param>
    /// <param name="length">Length of the request in the buffer.</param>
    /// <param name="isResp">False for an inline command, whose bytes are not RESP.</param>
    public void Add(byte* start, int firstArgument, long length, bool isResp)
    {
        ref Entry entry = ref _entries[Count++];
        entry.Start = start;
        entry.FirstArgument = firstArgument;
        entry.ArgumentCount = Arguments.Count - firstArgument;
        entry.Length = length;
        entry.IsResp = isResp;
        entry.Command = null;
    }

    /// <summary>Length of a command's request in the buffer.</summary>
    public long LengthOf(int index) => _entries[index].Length;

    internal struct Entry
    {
        public byte* Start;
        public long Length;
        public int FirstArgument;
        public int ArgumentCount;
        public Command? Command;
        public ulong KeyHash;
        public bool IsResp;
        public bool HasKey;
    }
}
