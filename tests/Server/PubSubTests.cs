using Tidelog.Engine.PubSub;
using Tidelog.Tests.Reference;
using Xunit;
using static Tidelog.Tests.Server.NetworkServers;

namespace Tidelog.Tests.Server;

/// <summary>Messages over sockets: who gets them when, and what happens to those who do not read.</summary>
public sealed class PubSubTests
{
    [Theory]
    [InlineData(Epoll)]
    [InlineData(Portable)]
    public void Many_listeners_hear_every_message_in_order(string poller)
    {
        using RunningServer server = Start(poller);
        RespClient[] listeners = [.. Enumerable.Range(0, 50).Select(i => Listen(server, "c", i % 2 == 0 ? 2 : 3))];
        using RespClient client = server.Connect();
        for (int i = 0; i < 200; i++)
        {
            client.Send("PUBLISH", "c", i % 50 == 0 ? $"{i} {new string('m', 40_000)}" : $"{i} ");
        }
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(50, client.Read().Integer);
            Assert.All(listeners, listener =>
                Assert.StartsWith($"{i} ", listener.Read()[2].Text, StringComparison.Ordinal));
        }
        Assert.All(listeners, listener => listener.Dispose());
        WaitFor(() => CountTopics(server) == 0, "the channel is forgotten with its last listener");
    }

    [Fact]
    public void What_came_before_a_command_is_sent_before_its_reply()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        using RespClient listener = Listen(server, "c", 3);
        for (int i = 0; i < 300; i++)
        {
            client.SendRaw("PUBLISH c m\r\nGET k\r\n");
            client.Read();

            // The message is on its way by now.
            listener.Send("ECHO", "x");
            Assert.Equal("m", listener.Read()[2].Text);
            Assert.Equal("x", listener.Read().Text);
            client.Read();
        }
    }

    [Fact]
    public void A_listener_over_the_hard_limit_is_closed_and_the_others_go_on()
    {
        using RunningServer server = new("--client-output-buffer-limit", "pubsub", "100kb", "0", "0");
        using RespClient client = server.Connect();
        using RespClient lazy = Listen(server, "c", 2);
        using RespClient eager = Listen(server, "c", 2);
        string message = new('m', 10_000);
        int sent = 0;
        while (CountClients(server) == 3 && sent++ < 5000)
        {
            client.Call("PUBLISH", "c", message);
            Assert.Equal(message, eager.Read()[2].Text);
        }
        Assert.Equal(2, CountClients(server));
        Assert.Equal("c", client.Call("PUBSUB", "NUMSUB", "c")[0].Text);
        Assert.Equal(1, client.Call("PUBSUB", "NUMSUB", "c")[1].Integer);
        Assert.Contains("scheduled to be closed ASAP for overcoming of output buffer limits", server.Log,
            StringComparison.Ordinal);

        // One message that is too much by itself.
        client.Call("PUBLISH", "c", new string('m', 200_000));
        WaitFor(() => CountClients(server) == 1, "nobody listens any more");
        Assert.Equal(0, client.Call("PUBLISH", "c", "m").Integer);
    }

    [Fact]
    public void A_listener_over_the_soft_limit_is_closed_after_its_time()
    {
        using RunningServer server = new("--client-output-buffer-limit", "pubsub", "0", "100kb", "1");
        using RespClient client = server.Connect();
        using RespClient lazy = Listen(server, "c", 2);
        string message = new('m', 100_000);
        while (LongestOutput(server) < 200_000)
        {
            client.Call("PUBLISH", "c", message);
        }
        Assert.Equal(2, CountClients(server));
        WaitFor(() => CountClients(server) == 1, "the soft limit is enforced without traffic");
    }

    [Fact]
    public void The_list_of_clients_tells_who_listens_to_what()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        using RespClient listener = Listen(server, "c", 2);
        listener.Call("PSUBSCRIBE", "p1", "p2");
        listener.Read();
        listener.Call("SSUBSCRIBE", "s");
        string line = client.Call("CLIENT", "LIST", "TYPE", "pubsub").Text;
        Assert.Contains(" flags=P ", line, StringComparison.Ordinal);
        Assert.Contains(" sub=1 psub=2 ssub=1 ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("flags=P", client.Call("CLIENT", "LIST", "TYPE", "normal").Text,
            StringComparison.Ordinal);
        string info = client.Call("INFO", "stats").Text;
        Assert.Contains("pubsub_channels:1\r\npubsub_patterns:2\r\npubsubshard_channels:1\r\n", info,
            StringComparison.Ordinal);
        Assert.Equal(1, client.Call("CLIENT", "KILL", "TYPE", "pubsub").Integer);
        Assert.Equal(0, client.Call("PUBLISH", "c", "m").Integer);
        Assert.Equal("", listener.ReadToEnd());
    }

    [Fact]
    public void An_idle_listener_is_not_closed_by_timeout()
    {
        using RunningServer server = new("--timeout", "1");
        using RespClient listener = Listen(server, "c", 2);
        using RespClient idle = server.Connect();
        Assert.Equal("", idle.ReadToEnd());
        using RespClient client = server.Connect();
        Assert.Equal(1, client.Call("PUBLISH", "c", "m").Integer);
    }

    [Fact]
    public void Another_thread_may_send_to_a_client()
    {
        using RunningServer server = new();
        using RespClient listener = Listen(server, "c", 2);
        foreach (int round in Enumerable.Range(0, 100))
        {
            Ask(server, s => s.LiveClients.Single()).Deliver("+hello\r\n"u8);
            Assert.Equal("hello", listener.Read().Text);
        }
    }

    private static int CountTopics(RunningServer server) =>
        Ask(server, s => s.Engine.PubSub.CountTopics(TopicKind.Channel));

    private static RespClient Listen(RunningServer server, string channel, int protocol)
    {
        RespClient client = server.Connect();
        client.Call("HELLO", $"{protocol}");
        client.Call("SUBSCRIBE", channel);
        return client;
    }
}
