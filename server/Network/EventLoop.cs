// The event loop: one thread that reads what clients sent, executes it, and sends the replies.
//
//  - A turn: wait for events; for each readable client read once, parse and execute every complete command in batches,
//    send all its replies with one call. Nothing blocks, and nothing is allocated per command.
//  - Back-pressure: while a client does not take its replies, its further commands are not read. What it costs is bounded
//    by its input buffer, one limit of replies, and the reply of one command; client-output-buffer-limit bounds the last.
//  - A client is never freed in the middle of a turn: CloseSoon marks it, the end of the turn closes it.
//  - Whoever is not the loop's thread talks to it by Post.

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Server.Network;

internal sealed unsafe class EventLoop : IDisposable
{
    private const int MaxEvents = 1024;
    private const int MaxAcceptsPerTurn = 1000;

    /// <summary>Unsent replies at which a client's further commands wait.</summary>
    private const long ReplyLimit = 1 << 20;

    /// <summary>The same for a client that owes a password.</summary>
    private const long UnauthenticatedReplyLimit = 1024;

    private readonly TidelogServer _server;
    private readonly StorageEngine _engine;
    private readonly ServerMetrics _metrics;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Dictionary<int, Listener> _listeners = [];
    private readonly List<Client> _closing = [];
    private readonly CommandBatch _batch = new();
    private readonly int _epoll;
    private readonly int _wakeUp;
    private Client?[] _clients = new Client?[256];
    private ReplyWriter _reply;
    private bool _inTurn;
    private bool _stopping;

    public EventLoop(TidelogServer server)
    {
        _server = server;
        _engine = server.Engine;
        _metrics = server.Metrics;
        _reply = NewReplyWriter();
        _epoll = LinuxApi.EpollCreate(LinuxApi.EpollCloseOnExec);
        _wakeUp = LinuxApi.EventFile(0, LinuxApi.NonBlocking | LinuxApi.CloseOnExec);
        Watch(LinuxApi.EpollAdd, _wakeUp, LinuxApi.EpollIn);
    }

    /// <summary>The client whose commands are being executed, or null.</summary>
    public Client? Current { get; private set; }

    /// <summary>Has the loop's thread run an action soon. Safe from any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        long one = 1;
        _ = LinuxApi.Write(_wakeUp, (byte*)&one, sizeof(long));
    }

    public void Add(Listener listener)
    {
        _listeners[listener.File] = listener;
        Watch(LinuxApi.EpollAdd, listener.File, LinuxApi.EpollIn);
    }

    public void Remove(Listener listener)
    {
        if (_listeners.Remove(listener.File))
        {
            Watch(LinuxApi.EpollDelete, listener.File, 0);
        }
    }

    public void Stop() => _stopping = true;

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    public void Run()
    {
        LinuxApi.EpollEvent* events = stackalloc LinuxApi.EpollEvent[MaxEvents];
        while (!_stopping)
        {
            int count = LinuxApi.EpollWait(_epoll, events, MaxEvents, _server.MillisecondsToNextCron());
            long began = _server.Time.GetTimestamp();
            for (int i = 0; i < count && !_stopping; i++)
            {
                HandleEvent((int)events[i].Data, events[i].Events);
            }
            EndTurn();
            if (count > 0)
            {
                _metrics.EventLoopTurns++;
                _metrics.EventLoopMicroseconds += (long)_server.Time.GetElapsedTime(began).TotalMicroseconds;
            }
            if (_server.MillisecondsToNextCron() == 0)
            {
                _server.RunCron();
                EndTurn();
            }
        }
    }

    /// <summary>Executes what a client has in its input; for one whose pause has ended.</summary>
    public void Resume(Client client)
    {
        client.IsPaused = false;
        Execute(client);
    }

    /// <summary>Closes a client at the end of the turn.</summary>
    public void CloseSoon(Client client)
    {
        if (!client.CloseSoon)
        {
            client.CloseSoon = true;
            _closing.Add(client);
        }
    }

    /// <summary>Sends what the socket takes of a client's unsent replies.</summary>
    /// <returns>False if some are left, or the connection is lost.</returns>
    public bool Flush(Client client)
    {
        ReplyWriter? output = client.Output;
        if (output is null)
        {
            return true;
        }
        while (client.OutputSent < output.Length)
        {
            nint sent = LinuxApi.Send(client.Socket, output.Start + client.OutputSent,
                (nint)(output.Length - client.OutputSent), LinuxApi.NoSignal | LinuxApi.DontWait);
            if (sent < 0)
            {
                FailedToSend(client, LinuxApi.LastError);
                return false;
            }
            client.OutputSent += sent;
            _metrics.NetOutputBytes += sent;
            _metrics.WritesProcessed++;
        }
        output.Dispose();
        client.Output = null;
        client.OutputSent = 0;
        client.OverSoftLimitSinceMs = 0;
        return true;
    }

    public void Dispose()
    {
        foreach (Client? client in _clients)
        {
            if (client is not null)
            {
                Close(client);
            }
        }
        _ = LinuxApi.Close(_wakeUp);
        _ = LinuxApi.Close(_epoll);
        _reply.Dispose();
    }

    private ReplyWriter NewReplyWriter() => new() { ErrorWritten = _server.CountError };

    private void HandleEvent(int file, uint events)
    {
        if (file < _clients.Length && _clients[file] is Client client)
        {
            if ((events & LinuxApi.EpollOut) != 0 && !client.CloseSoon)
            {
                BecameWritable(client);
            }
            if ((events & (LinuxApi.EpollIn | LinuxApi.EpollError | LinuxApi.EpollHangup)) != 0 && !client.CloseSoon)
            {
                BecameReadable(client);
            }
        }
        else if (file == _wakeUp)
        {
            long ignored;
            _ = LinuxApi.Read(_wakeUp, (byte*)&ignored, sizeof(long));
            while (_posted.TryDequeue(out Action? action))
            {
                action();
            }
        }
        else if (_listeners.TryGetValue(file, out Listener? listener))
        {
            Accept(listener);
        }
    }

    private void BeginTurn()
    {
        if (!_inTurn)
        {
            _inTurn = true;
            _engine.BeginTurn();
        }
    }

    private void EndTurn()
    {
        if (_inTurn)
        {
            _inTurn = false;
            _engine.EndTurn();
        }
        if (_closing.Count > 0)
        {
            foreach (Client client in _closing)
            {
                Close(client);
            }
            _closing.Clear();
        }
    }

    private void BecameReadable(Client client)
    {
        if (client.IsPaused)
        {
            // Only the end of the connection is reported while it is paused; it is found when the pause is over.
            Watch(LinuxApi.EpollDelete, client.Socket, 0);
            client.Interest = -1;
            return;
        }
        InputBuffer input = client.Input;
        long wanted = client.Parser.BytesWanted;
        input.Reserve(wanted > input.Length ? wanted - input.Length : 0);
        nint received = LinuxApi.Receive(client.Socket, input.Tail, (nint)input.Free, LinuxApi.DontWait);
        if (received <= 0)
        {
            int error = received == 0 ? 0 : LinuxApi.LastError;
            if (error is not (LinuxApi.Again or LinuxApi.Interrupted))
            {
                _server.LogDisconnect(client, error);
                CloseSoon(client);
            }
            return;
        }
        input.Received(received);
        _metrics.NetInputBytes += received;
        _metrics.ReadsProcessed++;
        client.LastInteractionMs = _engine.Keyspace.NowMs;
        if (input.Length > _server.Settings.ClientQueryBufferLimit)
        {
            _metrics.QueryBufferLimitDisconnections++;
            _server.LogQueryBufferLimit(client);
            CloseSoon(client);
            return;
        }
        Execute(client);
    }

    /// <summary>Executes every complete command of a client's input, and sends the replies.</summary>
    private void Execute(Client client)
    {
        BeginTurn();
        Current = client;
        ParseStatus parsed = ParseStatus.Command;
        while (client.Input.Length > 0 && parsed != ParseStatus.NeedMore && !client.CloseSoon)
        {
            parsed = ParseBatch(client);
            if (_batch.Count > 0)
            {
                BatchOutcome outcome = ExecuteBatch(client);
                if (outcome == BatchOutcome.Paused)
                {
                    client.IsPaused = true;
                    _server.PausedClients.Add(client);
                    break;
                }
                if (outcome == BatchOutcome.Closing)
                {
                    break;
                }
                if (outcome == BatchOutcome.ReplyFull)
                {
                    if (!SendReplies(client))
                    {
                        break;
                    }

                    // There may be commands left that were parsed and not executed.
                    parsed = ParseStatus.Command;
                }
            }
            if (parsed == ParseStatus.Error && _batch.Count == 0)
            {
                RefuseInput(client);
                break;
            }
        }
        Current = null;
        SendReplies(client);
        UpdateInterest(client);
    }

    /// <summary>
    /// Parses ahead, up to a batch of commands. A session that owes a password is parsed one command at a time: AUTH changes
    /// the limits of what follows.
    /// </summary>
    private ParseStatus ParseBatch(Client client)
    {
        CommandBatch batch = _batch;
        batch.Clear();
        bool unauthenticated = !client.Authenticated && _engine.PasswordRequired;
        RequestLimits limits = new(_engine.Options.ProtoMaxBulkLength, unauthenticated);
        byte* data = client.Input.Data;
        long left = client.Input.Length;
        while (left > 0)
        {
            int first = batch.Arguments.Count;
            ParseStatus status = client.Parser.Parse(data, left, batch.Arguments, limits, out long length);
            if (status == ParseStatus.Command)
            {
                batch.Add(data, first, length, !client.Parser.WasInline);
            }
            else if (status == ParseStatus.Empty && batch.Count == 0)
            {
                client.Input.Consume(length);
            }
            else
            {
                // An empty request between two commands waits until those in front of it are consumed.
                return status == ParseStatus.Empty ? ParseStatus.Command : status;
            }
            data += length;
            left -= length;
            if (batch.IsFull || (unauthenticated && batch.Count > 0))
            {
                return ParseStatus.Command;
            }
        }
        return ParseStatus.NeedMore;
    }

    private BatchOutcome ExecuteBatch(Client client)
    {
        long limit = client.Authenticated || !_engine.PasswordRequired ? ReplyLimit : UnauthenticatedReplyLimit;
        BatchOutcome outcome = _engine.Dispatcher.Execute(client, _batch, _reply, limit, out int executed);
        long consumed = 0;
        for (int i = 0; i < executed; i++)
        {
            consumed += _batch.LengthOf(i);
        }
        client.Input.Consume(consumed);
        if (executed < _batch.Count)
        {
            // The rest is parsed again when its turn comes; what the parser holds of a command behind it goes with it.
            client.Parser.Reset();
        }
        return outcome;
    }

    private void RefuseInput(Client client)
    {
        _server.LogProtocolError(client);
        _reply.Error($"ERR {client.Parser.ErrorText}");
        client.CloseAfterReply = true;
    }

    /// <summary>Sends the replies gathered, behind those that already wait.</summary>
    /// <returns>True if the client took all of them.</returns>
    private bool SendReplies(Client client)
    {
        if (_reply.Length > 0)
        {
            if (client.Output is not null)
            {
                Append(client);
            }
            else
            {
                SendDirectly(client);
            }
        }
        if (client.Output is not null)
        {
            Flush(client);
            CheckOutputLimit(client);
        }
        if (client.Output is null && client.CloseAfterReply)
        {
            CloseSoon(client);
        }
        return client.Output is null && !client.CloseSoon;
    }

    private void SendDirectly(Client client)
    {
        nint sent = LinuxApi.Send(client.Socket, _reply.Start, (nint)_reply.Length, LinuxApi.NoSignal | LinuxApi.DontWait);
        _metrics.WritesProcessed++;
        if (sent == _reply.Length)
        {
            _metrics.NetOutputBytes += sent;
            _reply.Clear();
            return;
        }
        if (sent < 0)
        {
            if (FailedToSend(client, LinuxApi.LastError))
            {
                _reply.Clear();
                return;
            }
            sent = 0;
        }
        _metrics.NetOutputBytes += sent;

        // The writer itself becomes the client's queue: what the socket did not take is not copied.
        client.Output = _reply;
        client.OutputSent = sent;
        _reply = NewReplyWriter();
    }

    private void Append(Client client)
    {
        ReplyWriter output = client.Output!;
        byte* p = _reply.Start;
        long left = _reply.Length;
        while (left > 0)
        {
            int part = (int)Math.Min(left, 1 << 30);
            output.Raw(new ReadOnlySpan<byte>(p, part));
            p += part;
            left -= part;
        }
        _reply.Clear();
    }

    /// <returns>True if the connection is lost; false if the socket is only full.</returns>
    private bool FailedToSend(Client client, int error)
    {
        if (error is LinuxApi.Again or LinuxApi.Interrupted)
        {
            return false;
        }
        _server.LogDisconnect(client, error);
        CloseSoon(client);
        return true;
    }

    private void CheckOutputLimit(Client client)
    {
        if (_server.IsOverOutputLimit(client))
        {
            _metrics.OutputBufferLimitDisconnections++;
            _server.LogOutputLimit(client);
            CloseSoon(client);
        }
    }

    private void BecameWritable(Client client)
    {
        bool flushed = Flush(client);
        client.LastInteractionMs = _engine.Keyspace.NowMs;
        if (client.CloseSoon)
        {
            return;
        }
        if (flushed && client.CloseAfterReply)
        {
            CloseSoon(client);
            return;
        }
        if (flushed && client.Input.Length > 0 && !client.IsPaused)
        {
            Execute(client);
            return;
        }
        UpdateInterest(client);
    }

    /// <summary>Reads only from a client that takes its replies; waits for the socket only while there is something to send.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void UpdateInterest(Client client)
    {
        int interest = client.Output is not null ? LinuxApi.EpollOut
            : client.IsPaused || client.CloseAfterReply ? 0 : LinuxApi.EpollIn;
        if (interest != client.Interest && !client.CloseSoon)
        {
            Watch(client.Interest < 0 ? LinuxApi.EpollAdd : LinuxApi.EpollModify, client.Socket, interest);
            client.Interest = interest;
        }
    }

    private void Watch(int operation, int file, int interest)
    {
        LinuxApi.EpollEvent change = new() { Events = (uint)interest, Data = file };
        _ = LinuxApi.EpollControl(_epoll, operation, file, &change);
    }

    private void Accept(Listener listener)
    {
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        for (int i = 0; i < MaxAcceptsPerTurn; i++)
        {
            int length = SocketAddress.MaxLength;
            int socket = LinuxApi.Accept(listener.File, address, &length, LinuxApi.NonBlocking | LinuxApi.CloseOnExec);
            if (socket < 0)
            {
                int error = LinuxApi.LastError;
                if (error is LinuxApi.Interrupted or LinuxApi.ConnectionAborted)
                {
                    continue;
                }
                if (error != LinuxApi.Again)
                {
                    _server.LogAcceptFailure(error);
                }
                return;
            }
            Client? client = _server.Admit(this, listener, socket, new ReadOnlySpan<byte>(address, length));
            if (client is not null)
            {
                if (socket >= _clients.Length)
                {
                    Array.Resize(ref _clients, Math.Max(socket + 1, _clients.Length * 2));
                }
                _clients[socket] = client;
                client.Interest = LinuxApi.EpollIn;
                Watch(LinuxApi.EpollAdd, socket, LinuxApi.EpollIn);
            }
        }
    }

    private void Close(Client client)
    {
        if (client.Socket < 0)
        {
            return;
        }
        _clients[client.Socket] = null;
        _ = LinuxApi.Close(client.Socket);
        client.Socket = -1;
        client.Input.Dispose();
        client.Output?.Dispose();
        client.Output = null;
        _server.Forget(client);
    }
}
