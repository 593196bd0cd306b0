using System.Buffers.Text;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>The note in front of the next key, if there is one.</summary>
internal sealed unsafe class NoteOfNextStream : IDisposable
{
    private const int KeptCapacity = 64 * 1024;

    private StreamId _first;
    private StreamId _maxDeleted;
    private ulong _added;
    private int _length;
    private int _at;

    /// <summary>Where the text is read to, for <see cref="TryTake"/>.</summary>
    public SpillBuffer Text { get; } = new();

    public bool IsThere { get; private set; }

    /// <summary>How many groups it speaks of.</summary>
    public long Groups { get; private set; }

    private ReadOnlySpan<byte> Rest => new(Text.Start + _at, _length - _at);

    /// <summary>Takes what was read to <see cref="Text"/>.</summary>
    /// <returns>False if it is no note.</returns>
    public bool TryTake(int length)
    {
        _length = length;
        _at = 0;
        Groups = 0;
        IsThere = TryTakeId(out _first) && TryTakeSpace() && TryTakeId(out _maxDeleted) && TryTakeSpace()
            && TryTakeNumber(out _added);
        int groupsAt = _at;
        while (IsThere && _at < _length)
        {
            IsThere = TryTakeSpace() && TryTakeEntriesRead(out _);
            Groups++;
        }
        _at = groupsAt;
        return IsThere;
    }

    public StreamState Complete(long length, StreamId last) => new(length, last, _first, _maxDeleted, _added);

    /// <summary>What the next of the <see cref="Groups"/> has read.</summary>
    public long NextEntriesRead()
    {
        bool isThere = TryTakeSpace() & TryTakeEntriesRead(out long entries);
        Invariant.Require(isThere);
        return entries;
    }

    public void Forget()
    {
        IsThere = false;
        Text.Trim(KeptCapacity);
    }

    public void Dispose() => Text.Dispose();

    private bool TryTakeId(out StreamId id)
    {
        bool isId = TryTakeNumber(out ulong ms) & TryPass((byte)'-') & TryTakeNumber(out ulong seq);
        id = new StreamId(ms, seq);
        return isId;
    }

    private bool TryTakeSpace() => TryPass((byte)' ');

    private bool TryPass(byte expected)
    {
        bool isThere = _at < _length && Text.Start[_at] == expected;
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private bool TryTakeNumber(out ulong number)
    {
        bool isThere = Utf8Parser.TryParse(Rest, out number, out int digits) && Text.Start[_at] != '+';
        _at += digits;
        return isThere;
    }

    private bool TryTakeEntriesRead(out long entries)
    {
        bool isThere = Utf8Parser.TryParse(Rest, out entries, out int digits) && Text.Start[_at] != '+'
            && entries >= StreamGroup.Unknown;
        _at += digits;
        return isThere;
    }
}
