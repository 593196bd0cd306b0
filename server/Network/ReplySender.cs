// Replies on their way to a client. They are gathered in one writer for all clients of a loop and leave with one call;
// what the socket does not take waits in the client's queue.

using Tidelog.Protocol;

namespace Tidelog.Server.Network;

internal sealed unsafe class ReplySender : IDisposable
{
    /// <summary>
    /// Most bytes that a client is sent in one turn: a fast reader of big replies must not keep the others waiting.
    /// Twice what a turn's commands usually answer, so that those replies can leave at once.
    /// </summary>
    private const long MaxBytesPerTurn = 2 << 20;

    private readonly EventLoop _loop;
    private readonly SocketPoller _poller;
    private readonly TidelogServer _server;
    private readonly ServerMetrics _metrics;
    private readonly Action<ReadOnlySpan<byte>> _countError;

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

    /// <summary>Sends the replies gathered, or queues them behind those that already wait.</summary>
    public void Send(Client client)
    {
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

    public void Dispose() => Reply.Dispose();

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

    private ReplyWriter NewWriter() => new() { ErrorWritten = _countError };
}
