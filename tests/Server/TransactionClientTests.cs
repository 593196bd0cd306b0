using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>What transactions have to do with connections: their description, pauses, their end.</summary>
public sealed class TransactionClientTests
{
    [Fact]
    public void Client_list_tells_of_queued_commands_and_touched_keys()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        string id = $"{client.Call("CLIENT", "ID").Integer}";
        client.Call("WATCH", "k");
        Assert.Contains(" flags=N ", Describe());
        Assert.Contains(" multi=-1 ", Describe());
        client.Call("MULTI");
        Assert.Contains(" flags=x ", Describe());
        Assert.Contains(" multi=0 ", Describe());
        client.Call("SET", "k", "v");
        Assert.Contains(" multi=1 ", Describe());
        Assert.Contains(" multi-mem=29 ", Describe());
        other.Call("SET", "k", "w");
        Assert.Contains(" flags=xd ", Describe());
        Assert.Equal(ReplyKind.NullArray, client.Call("EXEC").Kind);
        Assert.Contains(" flags=N ", Describe());

        string Describe() => other.Call("CLIENT", "LIST", "ID", id).Text;
    }

    [Fact]
    public void A_pause_of_writes_holds_back_queued_writes_and_their_exec()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient reading = server.Connect();
        using RespClient writing = server.Connect();
        using RespClient admin = server.Connect();
        writing.Call("MULTI");
        writing.Call("SET", "k", "v");
        Assert.Equal("OK", admin.Call("CLIENT", "PAUSE", "60000", "WRITE").Text);
        reading.Call("MULTI");
        Assert.Equal("QUEUED", reading.Call("GET", "k").Text);
        Assert.True(reading.Call("EXEC")[0].IsNull);
        writing.Send("EXEC");
        while (!admin.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal))
        {
        }
        Assert.True(admin.Call("GET", "k").IsNull);
        admin.Call("CLIENT", "UNPAUSE");
        Assert.Equal("OK", writing.Read()[0].Text);
    }

    [Fact]
    public void A_pause_begins_behind_the_transaction_that_begins_it()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient client = server.Connect();
        client.Call("MULTI");
        client.Call("CLIENT", "PAUSE", "100", "WRITE");
        client.Call("SET", "k", "v");
        Assert.Equal(2, client.Call("EXEC").Items.Count);
    }

    [Fact]
    public void Who_leaves_in_a_transaction_leaves_nothing()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient other = server.Connect();
        using (RespClient client = server.Connect())
        {
            client.Call("WATCH", "k");
            client.Call("MULTI");
            client.Call("SET", "k", "v");
        }
        Assert.Equal("OK", other.Call("SET", "k", "w").Text);
        Assert.Equal("w", other.Call("GET", "k").Text);
    }

    [Fact]
    public void Replies_are_muted_from_where_the_transaction_says_so()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll);
        using RespClient client = server.Connect();
        client.SendRaw("MULTI\r\nPING\r\nCLIENT REPLY SKIP\r\nEXEC\r\nPING hidden\r\nPING shown\r\n");
        Assert.Equal("OK", client.Read().Text);
        Assert.Equal("QUEUED", client.Read().Text);
        Assert.Equal("QUEUED", client.Read().Text);

        // SKIP has no reply of its own, so the array is an item short: redis does the same.
        Reply items = client.Read();
        Assert.Equal("PONG", items[0].Text);
        Assert.Equal("shown", items[1].Text);
    }
}
