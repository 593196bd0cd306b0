using System.Net;
using System.Net.Sockets;

namespace Tidelog.Server.Network;

/// <summary>A socket that connections arrive at.</summary>
internal sealed class Listener : IDisposable
{
    private Listener(Socket socket, bool isUnixSocket, string? path)
    {
        Socket = socket;
        IsUnixSocket = isUnixSocket;
        Path = path;
    }

    public Socket Socket { get; }

    /// <summary>What the poller that watches it calls it.</summary>
    public int Handle { get; set; } = -1;

    public bool IsUnixSocket { get; }

    /// <summary>Of a unix socket.</summary>
    public string? Path { get; }

    /// <param name="address">
    /// An IP address or a name; "*" for all of IPv4, "::*" for all of IPv6. One with a colon is of IPv6, any other of
    /// IPv4.
    /// </param>
    /// <exception cref="SocketException">
    /// The address is not this machine's, its port is taken, or the name is unknown.
    /// </exception>
    public static Listener Tcp(string address, int port, int backlog)
    {
        AddressFamily family = address.Contains(':', StringComparison.Ordinal)
            ? AddressFamily.InterNetworkV6
            : AddressFamily.InterNetwork;
        IPAddress ip = address switch
        {
            "*" => IPAddress.Any,
            "::*" => IPAddress.IPv6Any,
            _ => Resolve(address, family),
        };

        // No option for the address's reuse: on Unix, .NET sets the one that redis sets before it binds, and its own
        // would let two servers share a port.
        Socket socket = new(family, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (family == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }
            socket.Bind(new IPEndPoint(ip, port));
            return Open(socket, backlog, null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <param name="mode">File mode, 0 for what the umask leaves.</param>
    /// <exception cref="SocketException">The path cannot be bound.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is longer than the system's sockets can have.</exception>
    public static Listener Unix(string path, int mode, int backlog)
    {
        UnixDomainSocketEndPoint address = new(path);
        File.Delete(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(address);
            if (mode != 0 && !OperatingSystem.IsWindows())
            {
                // Before anybody can connect.
                File.SetUnixFileMode(path, (UnixFileMode)mode);
            }
            return Open(socket, backlog, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Socket.Dispose();
        if (Path is not null)
        {
            File.Delete(Path);
        }
    }

    private static Listener Open(Socket socket, int backlog, string? path)
    {
        socket.Listen(backlog);
        socket.Blocking = false;
        return new Listener(socket, path is not null, path);
    }

    private static IPAddress Resolve(string name, AddressFamily family)
    {
        if (IPAddress.TryParse(name, out IPAddress? parsed) && parsed.AddressFamily == family)
        {
            return parsed;
        }
        IPAddress[] found = Dns.GetHostAddresses(name, family);
        return found.Length > 0 ? found[0] : throw new SocketException((int)SocketError.HostNotFound);
    }
}
