using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>Connections as they come, break and end, on both pollers.</summary>
public sealed class NetworkConnectionTests
{
    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_command_of_a_client_that_closes_at_once_is_executed(string poller)
    {
        using RunningServer server = NetworkServers.Start(poller);
        using RespClient reader = server.Connect();
        for (int i = 0; i < 50; i++)
        {
            using RespClient hasty = server.Connect();
            hasty.Send("INCR", "counter");
        }

        NetworkServers.WaitFor(() => reader.Call("GET", "counter").Text == "50", "every increment");
        NetworkServers.WaitFor(() => NetworkServers.CountClients(server) == 1, "nobody connected but the reader");
    }

    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_client_that_ends_its_side_gets_its_replies_and_then_the_end(string poller)
    {
        using RunningServer server = NetworkServers.Start(poller);
        using RespClient client = server.Connect();
        client.SendRaw("SET k v\r\nGET k\r\nECHO unfin");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("+OK\r\n$1\r\nv\r\n", client.ReadToEnd());
    }

    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_pipeline_of_a_client_that_has_closed_already_is_executed(string poller)
    {
        using TemporarySocketPath path = new();
        using RunningServer server = NetworkServers.Start(poller, "--unixsocket", path.Name);
        using RespClient reader = server.Connect();
        using ManualResetEventSlim closed = new();

        // The loop sleeps until the other end is gone, so that it finds the bytes and the end of the connection at
        // once.
        server.Server.Loop.Post(closed.Wait);
        using (RespClient hasty = new(new UnixDomainSocketEndPoint(path.Name)))
        {
            hasty.SendRaw(string.Concat(Enumerable.Repeat("INCR counter\r\n", 1000)));
        }

        closed.Set();
        NetworkServers.WaitFor(() => reader.Call("GET", "counter").Text == "1000", "every increment");
    }

    [Fact]
    public void A_connection_that_breaks_while_replies_wait_is_forgotten()
    {
        using RunningServer server = new();
        using RespClient observer = server.Connect();
        observer.Call("SET", "big", new string('x', 1 << 20));
        using (RespClient broken = server.Connect())
        {
            broken.SendRaw(string.Concat(Enumerable.Repeat("GET big\r\n", 40)));
            NetworkServers.WaitFor(() => NetworkServers.LongestOutput(server) > 1 << 20, "replies that wait");
            broken.Socket.LingerState = new LingerOption(true, 0);
        }

        NetworkServers.WaitFor(() => NetworkServers.CountClients(server) == 1, "nobody connected but the observer");
        Assert.Equal("PONG", observer.Call("PING").Text);
    }

    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_long_pipeline_sent_whole_before_anything_is_read_is_answered_in_order(string poller)
    {
        const int count = 300_000;
        using RunningServer server = NetworkServers.Start(poller);
        using RespClient client = server.Connect();
        StringBuilder pipeline = new();
        for (int i = 0; i < count; i++)
        {
            pipeline.Append("*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n");
        }

        client.SendRaw(pipeline.ToString());
        for (int i = 1; i <= count; i++)
        {
            Assert.Equal(i, client.Read().Integer);
        }
    }

    [Theory]
    [InlineData("SET k v\r\nGET k\r\n*1\r\n%4\r\n", "+OK\r\n$1\r\nv\r\n-ERR Protocol error: expected '$', got '%'\r\n")]
    [InlineData(
        "PING\r\nSET \"a b\" \"c\r\nPING\r\n",
        "+PONG\r\n-ERR Protocol error: unbalanced quotes in request\r\n")]
    [InlineData("PING\r\n*1x\r\nPING\r\n", "+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n")]
    [InlineData("*2\r\n$4\r\nECHO\r\n$-7\r\nPING\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    public void Commands_before_a_protocol_error_are_answered_then_the_error_then_the_end(string sent, string expected)
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        client.SendRaw(sent);
        Assert.Equal(expected, client.ReadToEnd());
    }

    [Fact]
    public void Quoted_inline_commands_keep_their_meaning_in_a_pipeline_and_in_a_pause()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        client.SendRaw("PING\r\nSET \"a b\" \"c\\x41 d\"\r\nGET 'a b'\r\nPING\r\nQUIT\r\n");
        Assert.Equal("+PONG\r\n+OK\r\n$4\r\ncA d\r\n+PONG\r\n+OK\r\n", client.ReadToEnd());
        other.Call("CLIENT", "PAUSE", "300", "WRITE");
        other.SendRaw("PING\r\nSET \"a b\" \"e\\\" f\"\r\nGET 'a b'\r\n");
        Assert.Equal("PONG", other.Read().Text);
        Assert.Equal("OK", other.Read().Text);
        Assert.Equal("e\" f", other.Read().Text);
    }

    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_client_that_goes_in_a_pause_is_forgotten_and_its_command_too(string poller)
    {
        using RunningServer server = NetworkServers.Start(poller);
        using RespClient pausing = server.Connect();
        using RespClient patient = server.Connect();
        RespClient leaving = server.Connect();
        pausing.Call("CLIENT", "PAUSE", "60000", "WRITE");
        patient.Send("SET", "patient", "1");
        leaving.Send("SET", "left", "1");
        NetworkServers.WaitFor(() => NetworkServers.Ask(server, s => s.PausedClients.Count) == 2, "two paused clients");
        leaving.Dispose();
        NetworkServers.WaitFor(() => NetworkServers.CountClients(server) == 2, "the client that left is forgotten");
        pausing.Call("CLIENT", "UNPAUSE");
        Assert.Equal("OK", patient.Read().Text);
        Assert.Equal("*[$\"1\", $-1]", patient.Call("MGET", "patient", "left").ToString());
    }

    [Fact]
    public void A_paused_client_is_answered_all_it_sent_when_the_pause_ends()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        client.Call("CLIENT", "PAUSE", "200");
        for (int i = 0; i < 100; i++)
        {
            client.Send("INCR", "n");
        }

        for (int i = 1; i <= 100; i++)
        {
            Assert.Equal(i, client.Read().Integer);
        }
    }

    [Fact]
    public void A_fault_in_a_handler_is_answered_and_the_batch_goes_on()
    {
        Command faulty = new("faulty", 1, CommandFlags.None, AclCategories.None, static context =>
        {
            context.Reply.Ok();
            throw new InvalidOperationException("on purpose");
        });
        StorageEngine engine = new(
            new EngineOptions(), [faulty], NullLogger.Instance, TimeProvider.System, new Random(1));
        Session session = engine.OpenSession();
        using ReplyWriter reply = new();
        foreach (string request in (string[])["SET k v\r\n", "FAULTY\r\n", "GET k\r\n"])
        {
            engine.Dispatcher.Execute(session, Encoding.ASCII.GetBytes(request), reply);
        }

        Assert.Equal("+OK\r\n-ERR internal error\r\n$1\r\nv\r\n", Encoding.ASCII.GetString(reply.Written));
    }

    [Fact]
    public void A_fault_outside_a_handler_costs_its_client_only()
    {
        using RunningServer server = new();
        using RespClient faulty = server.Connect();
        using RespClient other = server.Connect();
        other.Call("SET", "k", "v");
        server.Server.Engine.ProtectedCommandRefusal = (_, _) => throw new InvalidOperationException("on purpose");
        faulty.SendRaw("GET k\r\nDEBUG SLEEP 0\r\n");
        Assert.Equal("", faulty.ReadToEnd());
        Assert.Equal("v", other.Call("GET", "k").Text);
        Assert.Contains("on purpose", server.Log, StringComparison.Ordinal);
    }
}
