using System.Net;
using System.Net.Sockets;

namespace Tidelog.Server.Network;

/// <summary>A socket that connections arrive at.</summary>
internal sealed class Listener : IDisposable
{
    private readonly Socket _socket;

    private Listener(Socket socket, bool isUnixSocket, string? path)
    {
        _socket = socket;
        IsUnixSocket = isUnixSocket;
        Path = path;
    }

    public int File => (int)_socket.Handle;

    public bool IsUnixSocket { get; }

    /// <summary>Of a unix socket.</summary>
    public string? Path { get; }

    /// <param name="address">An IP address; "*" for all of IPv4, "::*" for all of IPv6.</param>
    /// <exception cref="SocketException">The address is not this machine's, or its port is taken.</exception>
    /// <exception cref="FormatException">It is no address.</exception>
    public static Listener Tcp(string address, int port, int backlog)
    {
        IPAddress ip = address switch
        {
            "*" => IPAddress.Any,
            "::*" => IPAddress.IPv6Any,
            _ => IPAddress.TryParse(address, out IPAddress? parsed) ? parsed : Resolve(address),
        };
        Socket socket = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            AllowRestart(socket);
            if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }
            socket.Bind(new IPEndPoint(ip, port));
            socket.Listen(backlog);
            return new Listener(socket, false, null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <param name="mode">File mode, 0 for what the umask leaves.</param>
    /// <exception cref="SocketException">The path cannot be bound.</exception>
    public static Listener Unix(string path, int mode, int backlog)
    {
        System.IO.File.Delete(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(backlog);
            if (mode != 0 && !OperatingSystem.IsWindows())
            {
                System.IO.File.SetUnixFileMode(path, (UnixFileMode)mode);
            }
            return new Listener(socket, true, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (Path is not null)
        {
            System.IO.File.Delete(Path);
        }
    }

    /// <summary>
    /// Lets the port be bound while connections of an earlier server linger. Not by the runtime's ReuseAddress: that also
    /// lets a second server bind the port of one that runs.
    /// </summary>
    private static unsafe void AllowRestart(Socket socket)
    {
        int on = 1;
        _ = LinuxApi.SetOption((int)socket.Handle, LinuxApi.LevelSocket, LinuxApi.ReuseAddress, &on, sizeof(int));
    }

    private static IPAddress Resolve(string name)
    {
        IPAddress[] found = Dns.GetHostAddresses(name);
        return found.Length > 0 ? found[0] : throw new FormatException($"no address for {name}");
    }
}
