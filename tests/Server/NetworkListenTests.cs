using System.Net;
using System.Net.Sockets;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>Where connections are awaited, who is let in, and how their sockets are set.</summary>
public sealed class NetworkListenTests
{
    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void Several_addresses_and_a_unix_socket_serve_side_by_side(string poller)
    {
        using TemporarySocketPath path = new();
        using RunningServer server = NetworkServers.Start(
            poller, "--bind", "127.0.0.1", "::1", "--unixsocket", path.Name, "--unixsocketperm", "700");
        using RespClient four = server.Connect();
        using RespClient six = new(new IPEndPoint(IPAddress.IPv6Loopback, server.Port));
        using RespClient unix = new(new UnixDomainSocketEndPoint(path.Name));
        Assert.Equal("OK", four.Call("SET", "k", "v").Text);
        Assert.Equal("v", six.Call("GET", "k").Text);
        Assert.Equal("v", unix.Call("GET", "k").Text);
        string remote = six.Socket.LocalEndPoint!.ToString()!;
        string sixth = six.Call("CLIENT", "INFO").Text;
        string local = unix.Call("CLIENT", "INFO").Text;
        Assert.Contains($"addr={remote} laddr=[::1]:{server.Port} ", sixth, StringComparison.Ordinal);
        Assert.Contains($"addr={path.Name}:0 laddr={path.Name}:0 ", local, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(Convert.ToInt32("700", 8), (int)File.GetUnixFileMode(path.Name));
        }
    }

    [Fact]
    public void Port_0_leaves_the_unix_socket_alone()
    {
        using TemporarySocketPath path = new();
        File.WriteAllText(path.Name, "left behind by a server that was killed");
        using RunningServer server = new("--port", "0", "--unixsocket", path.Name);
        using RespClient client = new(new UnixDomainSocketEndPoint(path.Name));
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.Single(server.Server.Listeners);
    }

    [Fact]
    public void An_address_that_is_not_there_may_be_missing_where_a_minus_says_so()
    {
        using RunningServer server = new("--bind", "localhost", "-203.0.113.77", "-2001:db8::77");
        using RespClient client = server.Connect();
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.Contains("203.0.113.77:" + server.Port, server.Log, StringComparison.Ordinal);
        Assert.Equal("bind localhost -203.0.113.77 -2001:db8::77",
            string.Join(' ', client.Call("CONFIG", "GET", "bind").Items.Select(i => i.Text)));
    }

    [Theory]
    [InlineData("203.0.113.77")]
    [InlineData("2001:db8::77")]
    [InlineData("-no.such.host.invalid")]
    public void An_address_that_must_be_there_stops_the_start_as_it_stops_redis(string address)
    {
        string port = $"{ServerProcess.FreePort()}";
        string[] arguments = ["--port", port, "--bind", "127.0.0.1", address, "--save", ""];
        (int code, string output) = ServerProcess.RunToExit(ServerProcess.TidelogBinary, arguments);
        (int redisCode, string redisOutput) = ServerProcess.RunToExit(ServerProcess.RedisBinary, arguments);
        Assert.Equal(redisCode, code);
        Assert.Equal(Complaints(redisOutput), Complaints(output));
    }

    [Fact]
    public void A_port_in_use_stops_the_start_as_it_stops_redis()
    {
        using RunningServer first = new();
        string[] arguments = ["--port", $"{first.Port}", "--bind", "127.0.0.1", "--save", ""];
        (int code, string output) = ServerProcess.RunToExit(ServerProcess.TidelogBinary, arguments);
        (int redisCode, string redisOutput) = ServerProcess.RunToExit(ServerProcess.RedisBinary, arguments);
        Assert.Equal(redisCode, code);
        Assert.Equal(Complaints(redisOutput), Complaints(output));
    }

    [Fact]
    public void A_port_is_free_again_at_once_after_a_server_that_closed_its_connections()
    {
        RunningServer first = new();
        using (RespClient client = first.Connect())
        {
            // The side that closes first keeps the connection for a minute.
            client.SendRaw("QUIT\r\n");
            Assert.Equal("+OK\r\n", client.ReadToEnd());
        }

        first.Dispose();
        using RunningServer second = new("--port", $"{first.Port}");
        using RespClient again = new(first.Port);
        Assert.Equal("PONG", again.Call("PING").Text);
    }

    [Fact]
    public void A_queue_that_the_system_shortens_is_warned_of_and_more_threads_are_accepted()
    {
        using RunningServer server = new("--tcp-backlog", "2000000000", "--io-threads", "4");
        using RespClient client = server.Connect();
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.Contains(
            "The TCP backlog setting of 2000000000 cannot be enforced", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stranger_is_turned_away_while_there_is_no_password()
    {
        IPAddress? own = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork)
            .FirstOrDefault(address => !IPAddress.IsLoopback(address));
        if (own is null)
        {
            return; // This machine has no other address to come from.
        }

        using RunningServer server = new("--bind", "*");
        using (RespClient stranger = new(new IPEndPoint(own, server.Port)))
        {
            string answer = stranger.ReadToEnd();
            Assert.StartsWith("-DENIED Redis is running in protected mode", answer, StringComparison.Ordinal);
        }

        using RespClient local = server.Connect();
        Assert.Equal("1", InfoField(local, "rejected_connections"));
        local.Call("CONFIG", "SET", "protected-mode", "no");
        using RespClient admitted = new(new IPEndPoint(own, server.Port));
        Assert.Equal("PONG", admitted.Call("PING").Text);
    }

    [Fact]
    public void One_client_more_than_maxclients_is_told_so_and_the_place_of_one_that_left_is_free()
    {
        using RunningServer server = new("--maxclients", "2");
        using RespClient first = server.Connect();
        first.Call("PING");
        using (RespClient second = server.Connect())
        {
            second.Call("PING");
            using RespClient third = server.Connect();
            Assert.Equal("-ERR max number of clients reached\r\n", third.ReadToEnd());
        }

        NetworkServers.WaitFor(() => NetworkServers.CountClients(server) == 1, "a free place");
        using RespClient fourth = server.Connect();
        Assert.Equal("PONG", fourth.Call("PING").Text);
    }

    [Theory]
    [InlineData(NetworkServers.Epoll, 90)]
    [InlineData(NetworkServers.Portable, 90)]
    [InlineData(NetworkServers.Epoll, 0)]
    public void Sockets_send_small_packets_at_once_and_are_kept_alive_as_configured(string poller, int seconds)
    {
        using RunningServer server = NetworkServers.Start(poller, "--tcp-keepalive", $"{seconds}");
        using RespClient client = server.Connect();
        client.Call("PING");
        int file = OwnEndOf(client);
        using Socket socket = new(new SafeSocketHandle(file, ownsHandle: false));
        Assert.True(socket.NoDelay);
        Assert.Equal(seconds > 0 ? 1 : 0, Option(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        if (seconds > 0)
        {
            Assert.Equal(seconds, Option(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
            Assert.Equal(seconds / 3, Option(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
            Assert.Equal(3, Option(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        }
    }

    [Fact]
    public void An_idle_client_is_closed_after_the_timeout_and_a_busy_one_is_not()
    {
        using RunningServer server = new("--timeout", "1");
        using RespClient idle = server.Connect();
        using RespClient busy = server.Connect();
        idle.Call("PING");
        DateTime until = DateTime.UtcNow.AddSeconds(2.5);
        while (DateTime.UtcNow < until)
        {
            busy.Call("PING");
            Thread.Sleep(50);
        }

        Assert.Equal("", idle.ReadToEnd());
        Assert.Equal(1, NetworkServers.CountClients(server));
    }

    /// <summary>
    /// The server's end of a connection: the file of this process that has the two addresses the other way round.
    /// </summary>
    private static int OwnEndOf(RespClient client)
    {
        foreach (string entry in Directory.GetFiles("/proc/self/fd"))
        {
            int file = int.Parse(Path.GetFileName(entry), System.Globalization.CultureInfo.InvariantCulture);
            try
            {
                using Socket socket = new(new SafeSocketHandle(file, ownsHandle: false));
                if (Equals(socket.RemoteEndPoint, client.Socket.LocalEndPoint))
                {
                    return file;
                }
            }
            catch (SocketException)
            {
                // Another kind of file.
            }
        }

        throw new InvalidOperationException("no such connection");
    }

    private static int Option(Socket socket, SocketOptionLevel level, SocketOptionName name) =>
        (int)socket.GetSocketOption(level, name)!;

    private static string InfoField(RespClient client, string name) => client.Call("INFO", "stats").Text
        .Split("\r\n").First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    /// <summary>The warnings of a log, without what differs between two runs.</summary>
    private static string[] Complaints(string log) =>
    [
        .. log.Split('\n').Where(line => line.Contains("listening", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(" # ", StringComparison.Ordinal) + 3)..]),
    ];
}
