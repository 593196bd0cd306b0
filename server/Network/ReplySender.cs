// Replies on their way to a client. They are gathered in one writer for all clients of a loop and leave with one call;
// what the socket does not take waits in the client's queue.
//
// Small replies leave at the end of the turn, those of all clients one after the other: the first of them wakes the
// clients' machine or process, and the others find it awake. Sent at once, each may cost a wake-up of its own.

using System.Runtime.InteropServices;
using Tidelog.Protocol;

namespace Tidelog.Server.Network;

internal sealed unsafe class ReplySender : IDisposable
{
    /// <summary>
    /// Most bytes that a client is sent in one turn: a fast reader of big replies must not keep the others waiting.
    /// Twice what a turn's commands usually answer, so that those replies can leave at once.
    /// </summary>
    private const long MaxBytesPerTurn = 2 << 20;

    /// <summary>A longer reply does not wait for the end of the turn.</summary>
    private const int GatherLimit = 16 * 1024;

    private const int GatherCapacity = 256 * 1024;
    private const int MaxGathered = 1024;

    private readonly EventLoop _loop;
    private readonly SocketPoller _poller;
    private readonly TidelogServer _server;
    private readonly ServerMetrics _metrics;
    private readonly Action<ReadOnlySpan<byte>> _countError;
    private readonly byte* _gathered = (byte*)NativeMemory.Alloc(GatherCapacity);
    private readonly Gathered[] _entries = new Gathered[MaxGathered];
    private int _entryCount;
    private int _gatheredLength;

    public ReplySender(EventLoop loop, SocketPoller poller, TidelogServer server)
    {
        _loop = loop;
        _poller = poller;
        _server = server;
        _metrics = server.Metrics;
        _countError = server.CountError;
        Reply = NewWriter();
    }

    /// <summary>Gathers the replies for the client whose commands are executed.</summary>
    public ReplyWriter Reply { get; private set; }

    /// <summary>
    /// Sends the replies in <see cref="Reply"/>, now or at the end of the turn, or queues them behind those that
    /// already wait.
    /// </summary>
    public void Send(Client client)
    {
        if (Reply.Length <= GatherLimit && client.OutputPending == 0 && !client.CloseAfterReply)
        {
            Gather(client);
            return;
        }

        // What the same client is owed from earlier in this turn goes first.
        FlushGathered();
        ReplyWriter reply = Reply;
        if (client.OutputPending > 0)
        {
            Queue(client, 0);
            return;
        }
        nint sent = _poller.Send(client.Socket, reply.Start, (nint)Math.Min(reply.Length, MaxBytesPerTurn));
        _metrics.WritesProcessed++;
        if (sent == reply.Length)
        {
            _metrics.NetOutputBytes += sent;
            reply.Clear();
        }
        else if (sent == SocketPoller.ConnectionLost)
        {
            Lose(client);
            reply.Clear();
        }
        else
        {
            sent = Math.Max(sent, 0);
            _metrics.NetOutputBytes += sent;
            Queue(client, sent);
        }
    }

    /// <summary>Sends the small replies of this turn.</summary>
    public void SendGathered()
    {
        int count = _entryCount;
        _entryCount = 0;
        _gatheredLength = 0;
        for (int i = 0; i < count; i++)
        {
            ref Gathered entry = ref _entries[i];
            Client client = entry.Client;
            entry.Client = null!;
            byte* start = _gathered + entry.Start;
            nint sent = client.OutputPending > 0 ? 0 : _poller.Send(client.Socket, start, entry.Length);
            _metrics.WritesProcessed++;
            if (sent == entry.Length)
            {
                _metrics.NetOutputBytes += sent;
            }
            else if (sent == SocketPoller.ConnectionLost)
            {
                Lose(client);
            }
            else
            {
                sent = Math.Max(sent, 0);
                _metrics.NetOutputBytes += sent;
                Reply.Raw(new ReadOnlySpan<byte>(start + sent, (int)(entry.Length - sent)));
                Queue(client, 0);
                _loop.Settle(client);
            }
        }
    }

    /// <summary>Sends of a client's queue what the socket takes, up to a turn's share.</summary>
    public void Flush(Client client)
    {
        OutputQueue? output = client.Output;
        long share = MaxBytesPerTurn;
        while (output is { Pending: > 0 } && share > 0)
        {
            long length = Math.Min(output.DataLength, share);
            nint sent = _poller.Send(client.Socket, output.Data, (nint)length);
            if (sent < 0)
            {
                if (sent == SocketPoller.ConnectionLost)
                {
                    Lose(client);
                }
                return;
            }
            output.Consume(sent);
            share -= sent;
            _metrics.NetOutputBytes += sent;
            _metrics.WritesProcessed++;
            client.LastInteractionMs = _server.NowMs;
            if (sent < length)
            {
                return;
            }
        }
    }

    /// <summary>Forgets the replies gathered.</summary>
    public void Discard() => Reply.Clear();

    public void Dispose()
    {
        Reply.Dispose();
        NativeMemory.Free(_gathered);
    }

    /// <summary>
    /// Sends the small replies while <see cref="Reply"/> holds others: queueing needs a writer of its own.
    /// </summary>
    private void FlushGathered()
    {
        if (_entryCount > 0)
        {
            ReplyWriter held = Reply;
            Reply = NewWriter();
            SendGathered();
            Reply.Dispose();
            Reply = held;
        }
    }

    private void Gather(Client client)
    {
        int length = (int)Reply.Length;
        if (_entryCount == MaxGathered || _gatheredLength + length > GatherCapacity)
        {
            FlushGathered();
        }
        Reply.Written.CopyTo(new Span<byte>(_gathered + _gatheredLength, length));
        _entries[_entryCount++] = new Gathered(client, _gatheredLength, length);
        _gatheredLength += length;
        Reply.Clear();
    }

    private void Queue(Client client, nint sent)
    {
        OutputQueue output = client.Output ??= new OutputQueue();
        if (sent == 0 && output.TryAppend(Reply))
        {
            Reply.Clear();
            return;
        }
        output.Adopt(Reply, sent);
        Reply = NewWriter();
    }

    private void Lose(Client client)
    {
        _server.LogDisconnect(client, $"Error writing to client: {_poller.LastError}");
        _loop.CloseSoon(client);
    }

    private record struct Gathered(Client Client, int Start, int Length);

    private ReplyWriter NewWriter() => new() { ErrorWritten = _countError };
}
