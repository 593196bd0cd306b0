// The seam between the event loop and the system: waiting for sockets, and the calls on them. A socket is a small
// number, the poller's handle, so that the loop finds its client by an index. One thread uses a poller; WakeUp alone
// is for all.

using System.Runtime.InteropServices;

namespace Tidelog.Server.Network;

internal abstract unsafe class SocketPoller : IDisposable
{
    /// <summary>Of <see cref="Receive"/> and <see cref="Send"/>: not now.</summary>
    public const int WouldBlock = -1;

    /// <summary>
    /// Of <see cref="Receive"/> and <see cref="Send"/>: the connection is lost, <see cref="LastError"/> says why.
    /// </summary>
    public const int ConnectionLost = -2;

    /// <summary>The "socket" of the event that <see cref="WakeUp"/> causes.</summary>
    public const int WakeUpHandle = -1;

    /// <summary>Probes without an answer after which keep-alive gives a connection up.</summary>
    protected const int KeepAliveProbes = 3;

    /// <summary>What the last failed call ran into, in the system's words.</summary>
    public abstract string LastError { get; }

    /// <summary>The events of the last <see cref="Wait"/>.</summary>
    public ReadySocket* Ready { get; protected set; }

    /// <summary>The best poller of this system; <c>TIDELOG_POLLER=socket</c> asks for the portable one.</summary>
    public static SocketPoller Create() =>
        OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("TIDELOG_POLLER") != "socket"
            ? new EpollPoller()
            : new SelectPoller();

    /// <summary>Waits until something happens, or for so long.</summary>
    /// <returns>How many of <see cref="Ready"/> are filled.</returns>
    public abstract int Wait(int timeoutMs);

    /// <summary>Ends a <see cref="Wait"/>, or the next one. Safe from any thread.</summary>
    public abstract void WakeUp();

    /// <summary>To be called when <see cref="WakeUpHandle"/> was reported.</summary>
    public abstract void ClearWakeUp();

    /// <summary>Watches a listening socket, which stays its owner's.</summary>
    /// <returns>Its handle, for <see cref="Accept"/>.</returns>
    public abstract int AddListener(System.Net.Sockets.Socket listener);

    /// <summary>Forgets a listening socket; to be called before it is closed.</summary>
    public abstract void RemoveListener(int listener);

    public abstract AcceptOutcome Accept(int listener, out AcceptedSocket accepted);

    /// <summary>Begins to watch an accepted socket.</summary>
    public abstract void Add(int socket, SocketEvents interest);

    public abstract void Change(int socket, SocketEvents interest);

    /// <returns>Bytes received, 0 at the end of the connection, or a negative constant.</returns>
    public abstract nint Receive(int socket, byte* buffer, nint length);

    /// <returns>Bytes taken, or a negative constant.</returns>
    public abstract nint Send(int socket, byte* buffer, nint length);

    /// <summary>
    /// No delay of small packets, and keep-alive probes after so many seconds of silence; 0 for none.
    /// </summary>
    public abstract void SetTcpOptions(int socket, int keepAliveSeconds);

    public abstract void Close(int socket);

    public abstract void Dispose();

    /// <summary>Three probes, a third of the time apart, as redis sets them.</summary>
    protected static int KeepAliveInterval(int keepAliveSeconds) => Math.Max(1, keepAliveSeconds / 3);

    /// <summary>One event; laid out as epoll's.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct ReadySocket
    {
        public SocketEvents Events;
        public long Socket;
    }
}
