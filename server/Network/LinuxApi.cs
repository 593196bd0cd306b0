using System.Runtime.InteropServices;

namespace Tidelog.Server.Network;

/// <summary>
/// The system calls of the event loop. Those that never wait keep the thread in the runtime's cooperative mode: the
/// switch would cost more than their bookkeeping.
/// </summary>
internal static unsafe partial class LinuxApi
{
    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;
    public const int EpollCloseOnExec = 0x80000;

    public const int Again = 11;
    public const int Interrupted = 4;

    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int NoSignal = 0x4000;
    public const int DontWait = 0x40;

    public const int LevelTcp = 6;
    public const int LevelSocket = 1;
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int KeepAlive = 9;

    public const int FamilyInet = 2;
    public const int FamilyInet6 = 10;

    private const int NoNetwork = 64;
    private const int ProtocolFailure = 71;
    private const int ProtocolUnavailable = 92;
    private const int NotSupported = 95;
    private const int NetworkDown = 100;
    private const int NetworkUnreachable = 101;
    private const int ConnectionAborted = 103;
    private const int HostDown = 112;
    private const int HostUnreachable = 113;

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    [SuppressGCTransition]
    public static partial int EpollControl(int epoll, int operation, int file, SocketPoller.ReadySocket* change);

    /// <summary>Waits, so it lets a collection pass meanwhile.</summary>
    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int epoll, SocketPoller.ReadySocket* events, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "recv")]
    [SuppressGCTransition]
    public static partial nint Receive(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send")]
    [SuppressGCTransition]
    public static partial nint Send(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "accept4")]
    [SuppressGCTransition]
    public static partial int Accept(int socket, byte* address, int* addressLength, int flags);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    public static partial int GetLocalName(int socket, byte* address, int* addressLength);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    public static partial int SetOption(int socket, int level, int option, int* value, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    public static partial int EventFile(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    public static partial nint Read(int file, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write")]
    public static partial nint Write(int file, byte* buffer, nint length);

    /// <summary>The error of the last call, if that failed.</summary>
    public static int LastError => Marshal.GetLastSystemError();

    /// <summary>
    /// Tells whether a failure to accept is the end of that one connection, so that the next may be tried: a network
    /// error that came before it was accepted, or a signal.
    /// </summary>
    public static bool IsOfThePeer(int error) => error is Interrupted or ConnectionAborted or ProtocolFailure
        or ProtocolUnavailable or NotSupported or NetworkDown or NetworkUnreachable or NoNetwork or HostDown
        or HostUnreachable;
}
