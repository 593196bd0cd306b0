using System.Runtime.InteropServices;

namespace Tidelog.Server.Network;

/// <summary>Linux: epoll, level-triggered, and the calls themselves. A handle is the file descriptor.</summary>
internal sealed unsafe class EpollPoller : SocketPoller
{
    private const int MaxEvents = 1024;
    private readonly int _epoll;
    private readonly int _wakeUp;
    private int _lastError;

    public EpollPoller()
    {
        Ready = (ReadySocket*)NativeMemory.Alloc(MaxEvents, (nuint)sizeof(ReadySocket));
        _epoll = LinuxApi.EpollCreate(LinuxApi.EpollCloseOnExec);
        _wakeUp = LinuxApi.EventFile(0, LinuxApi.NonBlocking | LinuxApi.CloseOnExec);
        Control(LinuxApi.EpollAdd, _wakeUp, SocketEvents.Readable, WakeUpHandle);
    }

    public override string LastError => Marshal.GetPInvokeErrorMessage(_lastError);

    public override int Wait(int timeoutMs) => LinuxApi.EpollWait(_epoll, Ready, MaxEvents, timeoutMs);

    public override void WakeUp()
    {
        long one = 1;
        _ = LinuxApi.Write(_wakeUp, (byte*)&one, sizeof(long));
    }

    public override void ClearWakeUp()
    {
        long ignored;
        _ = LinuxApi.Read(_wakeUp, (byte*)&ignored, sizeof(long));
    }

    public override int AddListener(System.Net.Sockets.Socket listener)
    {
        int file = (int)listener.Handle;
        Add(file, SocketEvents.Readable);
        return file;
    }

    public override void RemoveListener(int listener) =>
        Control(LinuxApi.EpollDelete, listener, SocketEvents.None, listener);

    public override AcceptOutcome Accept(int listener, out AcceptedSocket accepted)
    {
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        accepted = default;
        while (true)
        {
            int length = SocketAddress.MaxLength;
            int socket = LinuxApi.Accept(listener, address, &length, LinuxApi.NonBlocking | LinuxApi.CloseOnExec);
            if (socket >= 0)
            {
                (string peer, bool isLoopback) = SocketAddress.Read(new ReadOnlySpan<byte>(address, length));
                accepted = new AcceptedSocket(socket, peer, LocalAddress(socket), isLoopback);
                return AcceptOutcome.Accepted;
            }
            _lastError = LinuxApi.LastError;
            if (_lastError == LinuxApi.Again)
            {
                return AcceptOutcome.None;
            }
            if (!LinuxApi.IsOfThePeer(_lastError))
            {
                return AcceptOutcome.Failed;
            }
        }
    }

    public override void Add(int socket, SocketEvents interest) => Control(LinuxApi.EpollAdd, socket, interest, socket);

    public override void Change(int socket, SocketEvents interest) =>
        Control(LinuxApi.EpollModify, socket, interest, socket);

    public override nint Receive(int socket, byte* buffer, nint length)
    {
        nint received = LinuxApi.Receive(socket, buffer, length, LinuxApi.DontWait);
        return received >= 0 ? received : Failed();
    }

    public override nint Send(int socket, byte* buffer, nint length)
    {
        nint sent = LinuxApi.Send(socket, buffer, length, LinuxApi.NoSignal | LinuxApi.DontWait);
        return sent >= 0 ? sent : Failed();
    }

    public override void SetTcpOptions(int socket, int keepAliveSeconds)
    {
        int on = 1;
        _ = LinuxApi.SetOption(socket, LinuxApi.LevelTcp, LinuxApi.TcpNoDelay, &on, sizeof(int));
        if (keepAliveSeconds > 0)
        {
            int interval = KeepAliveInterval(keepAliveSeconds);
            int probes = KeepAliveProbes;
            _ = LinuxApi.SetOption(socket, LinuxApi.LevelSocket, LinuxApi.KeepAlive, &on, sizeof(int));
            _ = LinuxApi.SetOption(socket, LinuxApi.LevelTcp, LinuxApi.TcpKeepIdle, &keepAliveSeconds, sizeof(int));
            _ = LinuxApi.SetOption(socket, LinuxApi.LevelTcp, LinuxApi.TcpKeepInterval, &interval, sizeof(int));
            _ = LinuxApi.SetOption(socket, LinuxApi.LevelTcp, LinuxApi.TcpKeepCount, &probes, sizeof(int));
        }
    }

    public override void Close(int socket) => _ = LinuxApi.Close(socket);

    public override void Dispose()
    {
        _ = LinuxApi.Close(_wakeUp);
        _ = LinuxApi.Close(_epoll);
        NativeMemory.Free(Ready);
        Ready = null;
    }

    private static string LocalAddress(int socket)
    {
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        int length = SocketAddress.MaxLength;
        return LinuxApi.GetLocalName(socket, address, &length) == 0
            ? SocketAddress.Read(new ReadOnlySpan<byte>(address, length)).Text
            : "";
    }

    private nint Failed()
    {
        _lastError = LinuxApi.LastError;
        return _lastError is LinuxApi.Again or LinuxApi.Interrupted ? WouldBlock : ConnectionLost;
    }

    private void Control(int operation, int file, SocketEvents interest, int handle)
    {
        ReadySocket change = new() { Events = interest, Socket = handle };
        _ = LinuxApi.EpollControl(_epoll, operation, file, &change);
    }
}
