// The event loop: one thread that reads what clients sent, executes it, and sends the replies.
//
//  - A turn: wait for events; read once from each readable client, execute what is complete (RequestRunner), send all
//    its replies with one call (ReplySender). Nothing blocks, and nothing is allocated per command.
//  - A client costs bounded memory: RequestRunner says how back-pressure works, client-query-buffer-limit and
//    client-output-buffer-limit bound the one command that is bigger than all that.
//  - A client is never freed in the middle of a turn: CloseSoon marks it, the end of the turn closes it.
//  - Whoever is not the loop's thread talks to it by Post.
//  - There is one loop. What is in this folder belongs to its loop and would serve several; what they would share is
//    the engine, and TidelogServer's lists of clients and its periodic work: those want a lock before there is a
//    second one.

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Tidelog.Engine;
using Tidelog.Protocol;

namespace Tidelog.Server.Network;

internal sealed unsafe class EventLoop : IDisposable
{
    /// <summary>About ten microseconds; with one processor the sender could do nothing meanwhile.</summary>
    private static readonly int MaxLooks = Environment.ProcessorCount > 1 ? 32 : 1;

    /// <summary>The same after a turn that moved more for a client than the client digests as quickly.</summary>
    private static readonly int MaxLooksAfterMuch = 8 * MaxLooks;

    /// <summary>What is much for a client in a turn: its requests and replies, in bytes.</summary>
    private const int MuchForOne = 256;
    private const int LooksEarned = 4;
    private const int LooksLost = 2;

    private readonly TidelogServer _server;
    private readonly StorageEngine _engine;
    private readonly ServerMetrics _metrics;
    private readonly TurnTrace _trace;
    private readonly SocketPoller _poller = SocketPoller.Create();
    private readonly Acceptor _acceptor;
    private readonly ReplySender _sender;
    private readonly RequestRunner _runner;
    private readonly Outbox _outbox;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly List<Client> _closing = [];
    private readonly List<Client> _released = [];
    private List<Client> _unfinished = [];
    private List<Client> _continuing = [];
    private Client?[] _clients = new Client?[256];
    private bool _inTurn;
    private int _looks = 1;
    private bool _stopping;

    public EventLoop(TidelogServer server)
    {
        _server = server;
        _engine = server.Engine;
        _metrics = server.Metrics;
        _trace = server.TurnTrace;
        _acceptor = new Acceptor(this, _poller, server);
        _sender = new ReplySender(this, _poller, server);
        _outbox = new Outbox(_poller, server);
        _runner = new RequestRunner(this, server, _sender, _outbox);
    }

    /// <summary>The client whose commands are being executed, or null.</summary>
    public Client? Current => _runner.Current;

    /// <summary>The calls of its system; for its own thread only.</summary>
    public SocketPoller Poller => _poller;

    /// <summary>Has the loop's thread run an action soon. Safe from any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _poller.WakeUp();
    }

    /// <summary>Tells whether so many bytes of replies cost a client its connection at once.</summary>
    public bool IsOverHardLimit(Client client, long bytes) => _server.IsOverHardLimit(client, bytes);

    /// <summary>
    /// Sends a client messages at the end of the turn, in front of the replies to what it asks later. Safe from any
    /// thread: it is the one way to another client's connection.
    /// </summary>
    public void Deliver(Client client, ReadOnlySpan<byte> messages)
    {
        if (!client.CloseSoon)
        {
            _outbox.Add(client, messages);
        }
    }

    public void Add(Listener listener) => _acceptor.Add(listener);

    public void Remove(Listener listener) => _acceptor.Remove(listener);

    /// <summary>Serves an accepted client from now on.</summary>
    public void Add(Client client)
    {
        int socket = client.Socket;
        if (socket >= _clients.Length)
        {
            Array.Resize(ref _clients, Math.Max(socket + 1, _clients.Length * 2));
        }
        _clients[socket] = client;
        client.Interest = SocketEvents.Readable;
        _poller.Add(socket, SocketEvents.Readable);
    }

    public void Stop() => _stopping = true;

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    /// <remarks>It never returns, so it would be compiled anew while it runs, which holds up everybody.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run()
    {
        _outbox.LoopThread = Environment.CurrentManagedThreadId;
        int mostLooks = MaxLooks;
        long moved = 0;
        while (!_stopping)
        {
            int count = Wait(mostLooks);
            long began = _server.Time.GetTimestamp();
            bool traced = _trace.IsOn;
            if (traced)
            {
                _trace.Begin();
            }
            for (int i = 0; i < count && !_stopping; i++)
            {
                Handle((int)_poller.Ready[i].Socket, _poller.Ready[i].Events);
            }
            if (_unfinished.Count > 0)
            {
                Continue();
            }
            EndTurn();
            if (traced)
            {
                _trace.End(isCron: false);
            }
            if (count > 0)
            {
                _metrics.EventLoopTurns++;
                _metrics.EventLoopMicroseconds += (long)_server.Time.GetElapsedTime(began).TotalMicroseconds;
                long bytes = _metrics.NetInputBytes + _metrics.NetOutputBytes;
                mostLooks = (bytes - moved) / count >= MuchForOne ? MaxLooksAfterMuch : MaxLooks;
                moved = bytes;
            }
            if (_server.MillisecondsToNextCron() == 0)
            {
                RunCron();
            }
            if (_acceptor.IsPaused)
            {
                _acceptor.ResumeIfDue();
            }
        }
    }

    /// <summary>Executes what a client has in its input; for one whose pause has ended.</summary>
    public void Resume(Client client)
    {
        client.IsPaused = false;
        client.HasWork = true;
        Settle(client);
    }

    /// <summary>
    /// Lets a client go on whose blocking command has ended, from the end of the turn: another client's commands are
    /// being executed now.
    /// </summary>
    /// <param name="answer">Goes with the messages that the client is sent.</param>
    public void Release(Client client, ReplyWriter answer)
    {
        if (!client.CloseSoon)
        {
            _outbox.Add(client, answer.Start, answer.Length);
            _released.Add(client);
        }
    }

    /// <summary>Closes a client at the end of the turn.</summary>
    public void CloseSoon(Client client)
    {
        if (!client.CloseSoon)
        {
            // At once: nothing may be taken out of a list for it any more.
            _engine.Blocked.Forget(client);
            client.CloseSoon = true;
            _closing.Add(client);
            _engine.PubSub.Forget(client);
        }
    }

    /// <summary>Closes a client for the replies that it does not take.</summary>
    public void CloseOverLimit(Client client)
    {
        if (!client.CloseSoon)
        {
            _metrics.OutputBufferLimitDisconnections++;
            _server.LogOutputLimit(client);
            CloseSoon(client);
        }
    }

    /// <summary>Sends what the socket takes of a client's unsent replies, before the end of the server.</summary>
    public void FlushAll(Client client)
    {
        _sender.SendGathered();
        long before;
        do
        {
            before = client.OutputPending;
            _sender.Flush(client);
        }
        while (client.OutputPending < before);
    }

    /// <summary>After a client was served: holds it to its output limits, and decides what it waits for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle(Client client)
    {
        // All is done and sent, as nearly always.
        if (client.OutputPending == 0 && !client.HasWork && !client.IsWaiting && !client.CloseAfterReply)
        {
            Watch(client, SocketEvents.Readable);
            return;
        }
        SettleUnfinished(client);
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
        _poller.Dispose();
        _sender.Dispose();
    }

    /// <summary>
    /// Looks a few times before it goes to sleep: under load the next request is microseconds away, and waking a
    /// sleeping thread costs its sender more than the looks cost us. How often is learned: a look that finds something
    /// earns more, and a server with little to do goes to sleep at once.
    /// </summary>
    /// <param name="most">Looks, if so many are earned.</param>
    private int Wait(int most)
    {
        _looks = Math.Min(_looks, most);
        for (int i = 0; i < _looks; i++)
        {
            int count = _poller.Wait(0);
            if (count > 0)
            {
                _looks = Math.Min(_looks + LooksEarned, most);
                return count;
            }
        }
        _looks = Math.Max(_looks - LooksLost, 1);
        return _poller.Wait(MillisecondsToWait());
    }

    private void RunCron()
    {
        bool traced = _trace.IsOn;
        if (traced)
        {
            _trace.Begin();
        }
        _server.RunCron();
        EndTurn();
        if (traced)
        {
            _trace.End(isCron: true);
        }
    }

    private int MillisecondsToWait()
    {
        if (_unfinished.Count > 0)
        {
            return 0;
        }
        int toCron = _server.MillisecondsToNextCron();
        return _acceptor.IsPaused ? Math.Min(toCron, Acceptor.PauseMs) : toCron;
    }

    private void Handle(int socket, SocketEvents events)
    {
        Client? client = (uint)socket < (uint)_clients.Length ? _clients[socket] : null;
        try
        {
            if (client is not null)
            {
                Serve(client, events);
            }
            else if (socket == SocketPoller.WakeUpHandle)
            {
                RunPosted();
            }
            else if (_acceptor.TryFind(socket, out Listener? listener))
            {
                _acceptor.Accept(listener);
            }
        }
        catch (Exception e) when (e is not InvariantException)
        {
            Recover(client, e);
        }
    }

    private void Serve(Client client, SocketEvents events)
    {
        if ((events & ~(SocketEvents.Readable | SocketEvents.Writable)) != 0)
        {
            if (client.IsWaiting && !client.CloseSoon)
            {
                _server.LogDisconnect(client, null);
                CloseSoon(client);
                return;
            }

            // Reading or writing tells what happened, after what was sent before it. Who waits for neither has work in
            // its input, and is told when that is done.
            events |= client.Interest & (SocketEvents.Readable | SocketEvents.Writable);
        }
        if ((events & SocketEvents.Writable) != 0 && !client.CloseSoon)
        {
            _sender.Flush(client);
            Settle(client);
        }
        if ((events & client.Interest & SocketEvents.Readable) != 0 && !client.CloseSoon)
        {
            Receive(client);
        }
    }

    private void Receive(Client client)
    {
        InputBuffer input = client.Input;
        long missing = client.Parser.BytesWanted - input.Length;
        long limit = _server.Settings.ClientQueryBufferLimit;
        if (missing > 0)
        {
            // An argument beyond the limit is not worth room: the client is closed when it has sent so much of it.
            missing = Math.Min(missing, Math.Max(limit - input.Length, 0) + 1);
        }
        nint room = input.Reserve(Math.Max(missing, 0));
        nint received = _poller.Receive(client.Socket, input.Tail, room);
        if (received <= 0)
        {
            if (received != SocketPoller.WouldBlock)
            {
                _server.LogDisconnect(client, received == 0 ? null : $"Reading from client: {_poller.LastError}");
                CloseSoon(client);
            }
            return;
        }
        BeginTurn();
        input.Received(received);
        _metrics.NetInputBytes += received;
        _metrics.ReadsProcessed++;
        client.LastInteractionMs = _engine.Keyspace.NowMs;
        if (input.Length > limit)
        {
            _metrics.QueryBufferLimitDisconnections++;
            _server.LogQueryBufferLimit(client);
            CloseSoon(client);
            return;
        }
        Execute(client);
    }

    private void Execute(Client client)
    {
        BeginTurn();
        _runner.Execute(client);
    }

    private void BeginTurn()
    {
        if (!_inTurn)
        {
            _inTurn = true;
            _engine.BeginTurn();
        }
    }

    private void SettleUnfinished(Client client)
    {
        if (client.CloseSoon)
        {
            return;
        }
        bool isSent = client.OutputPending == 0;
        if (isSent)
        {
            client.OverSoftLimitSinceMs = 0;
        }
        else if (_server.IsOverOutputLimit(client))
        {
            CloseOverLimit(client);
            return;
        }
        if (client.CloseAfterReply)
        {
            if (isSent)
            {
                CloseSoon(client);
                return;
            }
            Watch(client, SocketEvents.Writable);
            return;
        }
        bool isStalled = RequestRunner.IsStalled(client);
        if (client.HasWork && !client.IsWaiting && !isStalled && !client.IsQueued)
        {
            client.IsQueued = true;
            _unfinished.Add(client);
        }
        SocketEvents interest = isSent ? SocketEvents.None : SocketEvents.Writable;
        if (client.IsWaiting)
        {
            interest |= SocketEvents.PeerClosed;
        }
        else if (!client.HasWork && !isStalled)
        {
            interest |= SocketEvents.Readable;
        }
        Watch(client, interest);
    }

    /// <summary>Gives those a share of this turn whose input was not done with in the one before.</summary>
    private void Continue()
    {
        (_unfinished, _continuing) = (_continuing, _unfinished);
        foreach (Client client in _continuing)
        {
            client.IsQueued = false;
            if (client.CloseSoon || client.IsWaiting || !client.HasWork || RequestRunner.IsStalled(client))
            {
                continue;
            }
            try
            {
                Execute(client);
            }
            catch (Exception e) when (e is not InvariantException)
            {
                Recover(client, e);
            }
        }
        _continuing.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Watch(Client client, SocketEvents interest)
    {
        if (interest != client.Interest && !client.CloseSoon)
        {
            client.Interest = interest;
            _poller.Change(client.Socket, interest);
        }
    }

    private void RunPosted()
    {
        _poller.ClearWakeUp();
        while (_posted.TryDequeue(out Action? action))
        {
            try
            {
                action();
            }
            catch (Exception e) when (e is not InvariantException)
            {
                Recover(null, e);
            }
        }
    }

    /// <summary>One client's fault, such as memory that the system refuses, costs that client only.</summary>
    private void Recover(Client? client, Exception fault)
    {
        _runner.Abandon();
        _server.LogFault(client, fault);
        if (client is not null)
        {
            CloseSoon(client);
        }
    }

    private void SendMail()
    {
        while (_outbox.TryNext(out Client? client))
        {
            if (client.CloseSoon)
            {
                _outbox.Drop(client);
                continue;
            }
            client.LastInteractionMs = _engine.Keyspace.NowMs;
            _runner.SendMail(client);
        }
    }

    private void EndTurn()
    {
        if (!_outbox.IsEmpty)
        {
            SendMail();
        }
        if (_released.Count > 0)
        {
            ResumeReleased();
        }
        _sender.SendGathered();
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
            if (_acceptor.IsPaused)
            {
                _acceptor.Resume();
            }
        }
    }

    private void ResumeReleased()
    {
        foreach (Client client in _released)
        {
            if (!client.CloseSoon)
            {
                Resume(client);
            }
        }
        _released.Clear();
    }

    private void Close(Client client)
    {
        if (client.Socket < 0)
        {
            return;
        }
        _clients[client.Socket] = null;
        _poller.Close(client.Socket);
        client.Socket = -1;
        client.Input.Dispose();
        client.Output?.Dispose();
        _outbox.Drop(client);
        _server.Forget(client);
    }
}
