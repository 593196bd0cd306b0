using System.Diagnostics;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>WAIT, the first command that blocks, and what happens to a client that waits.</summary>
public sealed class WaitTests
{
    [Fact]
    public void It_waits_for_its_time_and_tells_that_no_replica_acknowledged()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient client = server.Connect();
        Assert.Equal(0, client.Call("WAIT", "0", "0").Integer);
        long began = Stopwatch.GetTimestamp();
        Assert.Equal(0, client.Call("WAIT", "1", "120").Integer);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 110, 5000);
    }

    [Theory]
    [InlineData("x", "1", "ERR value is not an integer or out of range")]
    [InlineData("1", "x", "ERR timeout is not an integer or out of range")]
    [InlineData("0", "-1", "ERR timeout is negative")]
    public void Bad_arguments_get_the_errors_of_redis(string replicas, string timeout, string error)
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient client = server.Connect();
        Assert.Equal(error, client.Call("WAIT", replicas, timeout).Text);
    }

    [Fact]
    public void What_is_sent_behind_it_is_answered_behind_it()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient client = server.Connect();
        client.SendRaw("SET k v\r\nWAIT 3 60\r\nGET k\r\n");
        Assert.Equal("OK", client.Read().Text);
        Assert.Equal(0, client.Read().Integer);
        Assert.Equal("v", client.Read().Text);
    }

    [Fact]
    public void Client_unblock_ends_the_waiting()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient waiting = server.Connect();
        using RespClient other = server.Connect();
        string id = $"{waiting.Call("CLIENT", "ID").Integer}";
        Assert.Equal(0, other.Call("CLIENT", "UNBLOCK", id).Integer);
        waiting.Send("WAIT", "1", "0");
        NetworkServers.WaitFor(() => other.Call("CLIENT", "UNBLOCK", id, "ERROR").Integer == 1, "the client to block");
        Assert.Equal("UNBLOCKED client unblocked via CLIENT UNBLOCK", waiting.Read().Text);
        Assert.Equal("PONG", waiting.Call("PING").Text);
    }

    [Fact]
    public void A_client_that_leaves_while_it_waits_is_forgotten()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient other = server.Connect();
        using (RespClient waiting = server.Connect())
        {
            waiting.Send("WAIT", "1", "0");
            NetworkServers.WaitFor(
                () => other.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal),
                "the client to block");
        }
        NetworkServers.WaitFor(() => NetworkServers.CountClients(server) == 1, "nobody but the other");
        Assert.Contains("blocked_clients:0", other.Call("INFO", "clients").Text, StringComparison.Ordinal);
    }
}
