namespace Tidelog.Server.Network;

/// <summary>
/// What a socket is watched for, and what became of it. The values are epoll's, which takes them as they are.
/// </summary>
[Flags]
internal enum SocketEvents : uint
{
    None = 0,

    /// <summary>There is something to read, or the peer has ended its side.</summary>
    Readable = 0x001,

    Writable = 0x004,

    /// <summary>The connection is lost. Reported whether watched or not.</summary>
    Lost = 0x008 | 0x010,

    /// <summary>The peer has ended its side: to be watched where nothing is read for a while.</summary>
    PeerClosed = 0x2000,
}
