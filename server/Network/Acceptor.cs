using System.Diagnostics.CodeAnalysis;

namespace Tidelog.Server.Network;

/// <summary>The listening sockets of a loop, and the clients that arrive at them.</summary>
internal sealed class Acceptor(EventLoop loop, SocketPoller poller, TidelogServer server)
{
    /// <summary>
    /// Milliseconds without accepting after the system refused; then a file descriptor may be free again.
    /// </summary>
    public const int PauseMs = 100;

    private const int MaxAcceptsPerTurn = 1000;
    private readonly Dictionary<int, Listener> _listeners = [];
    private long _pausedAt;
    private bool _complained;

    /// <summary>Connections wait in the system's queue, and nobody looks at it.</summary>
    public bool IsPaused { get; private set; }

    public void Add(Listener listener)
    {
        listener.Handle = poller.AddListener(listener.Socket);
        _listeners.Add(listener.Handle, listener);
        if (IsPaused)
        {
            poller.Change(listener.Handle, SocketEvents.None);
        }
    }

    public void Remove(Listener listener)
    {
        if (_listeners.Remove(listener.Handle))
        {
            poller.RemoveListener(listener.Handle);
        }
    }

    public bool TryFind(int handle, [NotNullWhen(true)] out Listener? listener) =>
        _listeners.TryGetValue(handle, out listener);

    /// <summary>Takes the connections that wait; those that the server admits become clients of the loop.</summary>
    public void Accept(Listener listener)
    {
        for (int i = 0; i < MaxAcceptsPerTurn; i++)
        {
            switch (poller.Accept(listener.Handle, out AcceptedSocket accepted))
            {
                case AcceptOutcome.None:
                    return;
                case AcceptOutcome.Failed:
                    Pause();
                    return;
            }
            _complained = false;
            if (server.Admit(loop, listener, accepted) is Client client)
            {
                loop.Add(client);
            }
        }
    }

    /// <summary>Ends the pause when its time is over.</summary>
    public void ResumeIfDue()
    {
        if (server.Time.GetElapsedTime(_pausedAt).TotalMilliseconds >= PauseMs)
        {
            Resume();
        }
    }

    /// <summary>Accepts again: the time is over, or a client went and left a file descriptor.</summary>
    public void Resume()
    {
        IsPaused = false;
        WatchAll(SocketEvents.Readable);
    }

    // A listener stays readable while a connection waits: watching it would keep the loop busy with failing to accept.
    private void Pause()
    {
        if (!_complained)
        {
            server.LogAcceptFailure(poller.LastError);
            _complained = true;
        }
        IsPaused = true;
        _pausedAt = server.Time.GetTimestamp();
        WatchAll(SocketEvents.None);
    }

    private void WatchAll(SocketEvents interest)
    {
        foreach (int handle in _listeners.Keys)
        {
            poller.Change(handle, interest);
        }
    }
}
