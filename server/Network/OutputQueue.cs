using Tidelog.Protocol;

namespace Tidelog.Server.Network;

/// <summary>
/// Replies that a client's socket did not take, oldest first. A reply of any size is adopted with the writer that
/// holds it; only small ones are copied, into what room the last writer has.
/// </summary>
internal sealed unsafe class OutputQueue : IDisposable
{
    private readonly Queue<ReplyWriter> _writers = new();
    private ReplyWriter? _last;
    private long _sent;

    /// <summary>Bytes to be sent.</summary>
    public long Pending { get; private set; }

    /// <summary>Memory that it holds, bytes.</summary>
    public long Capacity { get; private set; }

    /// <summary>The next bytes to be sent; valid while <see cref="Pending"/> is not 0, until the next call.</summary>
    public byte* Data => _writers.Peek().Start + _sent;

    /// <summary>How many there are in one piece.</summary>
    public long DataLength => _writers.Peek().Length - _sent;

    /// <summary>Copies replies behind those that wait, if there is room for them without new memory.</summary>
    public bool TryAppend(ReplyWriter reply)
    {
        if (_last is null || reply.Length > _last.Capacity - _last.Length)
        {
            return false;
        }
        Pending += reply.Length;
        _last.Raw(reply.Written);
        return true;
    }

    /// <summary>Takes a writer over.</summary>
    /// <param name="sent">Bytes of it that are sent already.</param>
    public void Adopt(ReplyWriter reply, long sent)
    {
        if (_writers.Count == 0)
        {
            _sent = sent;
        }
        _writers.Enqueue(reply);
        _last = reply;
        Pending += reply.Length - sent;
        Capacity += reply.Capacity;
    }

    /// <summary>Forgets bytes that are sent, at most <see cref="DataLength"/>.</summary>
    public void Consume(long count)
    {
        _sent += count;
        Pending -= count;
        ReplyWriter first = _writers.Peek();
        if (_sent < first.Length)
        {
            return;
        }
        _writers.Dequeue();
        _sent = 0;
        Capacity -= first.Capacity;
        first.Dispose();
        if (_writers.Count == 0)
        {
            _last = null;
        }
    }

    public void Dispose()
    {
        foreach (ReplyWriter writer in _writers)
        {
            writer.Dispose();
        }
        _writers.Clear();
        _last = null;
        _sent = Pending = Capacity = 0;
    }
}
