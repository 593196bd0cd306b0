using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tidelog.Server.Network;

/// <summary>
/// Any system: .NET's sockets and Select. It asks about every socket in every turn, so it serves development and a few
/// hundred clients. A handle is an index of its table.
/// </summary>
internal sealed unsafe class SelectPoller : SocketPoller
{
    private readonly Socket _wakeUp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Dictionary<Socket, int> _handles = [];
    private readonly Stack<int> _free = new();
    private readonly List<Socket> _reading = [];
    private readonly List<Socket> _writing = [];
    private readonly List<Entry> _entries = [];
    private SocketError _lastError;
    private int _readyCapacity;

    public SelectPoller()
    {
        // Connected to itself: one byte sent is one byte to read.
        _wakeUp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _wakeUp.Connect(_wakeUp.LocalEndPoint!);
        _wakeUp.Blocking = false;
    }

    public override string LastError => new SocketException((int)_lastError).Message;

    public override int Wait(int timeoutMs)
    {
        int count = GatherWatched() ? ReportPeersClosed() : 0;
        Socket.Select(_reading, _writing, null, TimeSpan.FromMilliseconds(count > 0 ? 0 : timeoutMs));
        foreach (Socket socket in _reading)
        {
            count = Report(socket, SocketEvents.Readable, count);
        }
        foreach (Socket socket in _writing)
        {
            count = Report(socket, SocketEvents.Writable, count);
        }
        return count;
    }

    public override void WakeUp() => _wakeUp.Send([1], SocketFlags.None, out _);

    public override void ClearWakeUp()
    {
        Span<byte> ignored = stackalloc byte[16];
        while (_wakeUp.Receive(ignored, SocketFlags.None, out _) > 0)
        {
        }
    }

    public override int AddListener(Socket listener)
    {
        int handle = Register(listener);
        Add(handle, SocketEvents.Readable);
        return handle;
    }

    public override void RemoveListener(int listener) => Unregister(listener);

    public override AcceptOutcome Accept(int listener, out AcceptedSocket accepted)
    {
        accepted = default;
        Socket from = _entries[listener].Socket!;
        while (from.Poll(0, SelectMode.SelectRead))
        {
            try
            {
                Socket socket = from.Accept();
                socket.Blocking = false;
                (string peer, bool isLoopback) = Describe(socket.RemoteEndPoint);
                accepted = new AcceptedSocket(Register(socket), peer, Describe(socket.LocalEndPoint).Text, isLoopback);
                return AcceptOutcome.Accepted;
            }
            catch (SocketException e)
            {
                _lastError = e.SocketErrorCode;
                if (_lastError is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                {
                    return AcceptOutcome.Failed;
                }
            }
        }
        return AcceptOutcome.None;
    }

    public override void Add(int socket, SocketEvents interest) => Change(socket, interest);

    public override void Change(int socket, SocketEvents interest) =>
        _entries[socket] = _entries[socket] with { Interest = interest };

    public override nint Receive(int socket, byte* buffer, nint length)
    {
        Span<byte> room = new(buffer, (int)Math.Min(length, int.MaxValue));
        int received = _entries[socket].Socket!.Receive(room, SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? received : Failed(error);
    }

    public override nint Send(int socket, byte* buffer, nint length)
    {
        ReadOnlySpan<byte> bytes = new(buffer, (int)Math.Min(length, int.MaxValue));
        int sent = _entries[socket].Socket!.Send(bytes, SocketFlags.None, out SocketError error);
        return error == SocketError.Success || sent > 0 ? sent : Failed(error);
    }

    public override void SetTcpOptions(int socket, int keepAliveSeconds)
    {
        Socket target = _entries[socket].Socket!;
        try
        {
            target.NoDelay = true;
            if (keepAliveSeconds > 0)
            {
                target.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                target.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, keepAliveSeconds);
                target.SetSocketOption(
                    SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval(keepAliveSeconds));
                target.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            }
        }
        catch (SocketException)
        {
            // A connection that is lost already, or a system without the option: neither is a reason to refuse it.
        }
    }

    public override void Close(int socket)
    {
        Socket closed = _entries[socket].Socket!;
        Unregister(socket);
        closed.Dispose();
    }

    public override void Dispose()
    {
        _wakeUp.Dispose();
        NativeMemory.Free(Ready);
        Ready = null;
    }

    private static (string Text, bool IsLoopback) Describe(EndPoint? address)
    {
        if (address is not IPEndPoint ip)
        {
            return ("", false);
        }

        // Without the scope that .NET appends: redis prints none.
        IPAddress plain = new(ip.Address.GetAddressBytes());
        string text = ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{plain}]:{ip.Port}" : $"{plain}:{ip.Port}";
        return (text, IPAddress.IsLoopback(plain));
    }

    /// <summary>Fills the lists that Select takes.</summary>
    /// <returns>True if sockets are watched for nothing but the peer's end, which Select cannot tell.</returns>
    private bool GatherWatched()
    {
        bool anyToWatch = false;
        _reading.Clear();
        _writing.Clear();
        _reading.Add(_wakeUp);
        for (int i = 0; i < _entries.Count; i++)
        {
            Entry entry = _entries[i];
            if (entry.Socket is null)
            {
                continue;
            }
            _entries[i] = entry with { ReadyAt = -1 };
            if ((entry.Interest & SocketEvents.Readable) != 0)
            {
                _reading.Add(entry.Socket);
            }
            if ((entry.Interest & SocketEvents.Writable) != 0)
            {
                _writing.Add(entry.Socket);
            }
            anyToWatch |= (entry.Interest & SocketEvents.PeerClosed) != 0;
        }
        int most = _entries.Count + 1;
        if (most > _readyCapacity)
        {
            _readyCapacity = most * 2;
            Ready = (ReadySocket*)NativeMemory.Realloc(Ready, (nuint)(_readyCapacity * sizeof(ReadySocket)));
        }
        return anyToWatch;
    }

    /// <summary>
    /// Readable with nothing to read is the peer's end. Behind unread bytes it stays unseen until those are read; one
    /// that comes while Select waits is seen in the next turn.
    /// </summary>
    private int ReportPeersClosed()
    {
        int count = 0;
        for (int i = 0; i < _entries.Count; i++)
        {
            Entry entry = _entries[i];
            if ((entry.Interest & SocketEvents.PeerClosed) != 0
                && entry.Socket!.Poll(0, SelectMode.SelectRead) && entry.Socket.Available == 0)
            {
                count = Report(entry.Socket, SocketEvents.PeerClosed, count);
            }
        }
        return count;
    }

    private int Report(Socket socket, SocketEvents events, int count)
    {
        if (socket == _wakeUp)
        {
            Ready[count] = new ReadySocket { Events = events, Socket = WakeUpHandle };
            return count + 1;
        }
        int handle = _handles[socket];
        Entry entry = _entries[handle];
        if (entry.ReadyAt >= 0)
        {
            Ready[entry.ReadyAt].Events |= events;
            return count;
        }
        _entries[handle] = entry with { ReadyAt = count };
        Ready[count] = new ReadySocket { Events = events, Socket = handle };
        return count + 1;
    }

    private nint Failed(SocketError error)
    {
        _lastError = error;
        return error is SocketError.WouldBlock or SocketError.Interrupted ? WouldBlock : ConnectionLost;
    }

    private int Register(Socket socket)
    {
        Entry entry = new(socket, SocketEvents.None, -1);
        if (_free.TryPop(out int handle))
        {
            _entries[handle] = entry;
        }
        else
        {
            handle = _entries.Count;
            _entries.Add(entry);
        }
        _handles[socket] = handle;
        return handle;
    }

    private void Unregister(int handle)
    {
        _handles.Remove(_entries[handle].Socket!);
        _entries[handle] = default;
        _free.Push(handle);
    }

    /// <param name="ReadyAt">Where its event is among those of this turn; -1 if it has none.</param>
    private readonly record struct Entry(Socket? Socket, SocketEvents Interest, int ReadyAt);
}
