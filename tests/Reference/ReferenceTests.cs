using Xunit;

namespace Tidelog.Tests.Reference;

/// <summary>The instruments themselves: what they read is compared with what redis-server is known to answer.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public void A_reply_keeps_the_difference_between_all_kinds_of_nothing()
    {
        string[] wires = ["$-1\r\n", "*-1\r\n", "_\r\n", "*0\r\n", "$0\r\n\r\n"];
        Reply[] nothings = Array.ConvertAll(wires, Reply.Parse);
        Assert.Equal(nothings.Length, nothings.Distinct().Count());
        Assert.Equal(["$-1", "*-1", "_", "*[]", "$\"\""], nothings.Select(n => n.ToString()));
    }

    [Fact]
    public void A_tree_renders_on_one_line_and_equals_its_copy()
    {
        const string wire = "%2\r\n$1\r\na\r\n*2\r\n:1\r\n,1.5\r\n+b\r\n~1\r\n#t\r\n";
        Assert.Equal("%{$\"a\" => *[:1, ,1.5], +b => ~[#t]}", Reply.Parse(wire).ToString());
        Assert.Equal(Reply.Parse(wire), Reply.Parse(wire));
        Assert.NotEqual(Reply.Parse(wire), Reply.Parse(wire.Replace(":1", ":2", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("$3\r\nfooo\r\n")]
    [InlineData("?\r\n")]
    [InlineData("\r\n")]
    [InlineData("$x\r\n")]
    [InlineData("+a\rb\r\n")]
    public void Bytes_that_are_no_reply_are_refused(string wire) =>
        Assert.Throws<InvalidDataException>(() => Reply.Parse(wire));

    [Fact]
    public void A_client_speaks_both_protocols_with_a_redis_server_that_ends_when_stopped()
    {
        using ServerProcess server = ServerProcess.StartRedis("--enable-debug-command", "yes");
        using (RespClient client = server.Connect())
        {
            Assert.Equal("+OK", client.Call("SET", "k\r\n\xff", "v").ToString());
            Assert.Equal("*[$\"v\", $-1]", client.Call("MGET", "k\r\n\xff", "none").ToString());
            Assert.Equal("3", client.Call("HELLO", "3")["proto"].Text);
            Assert.Equal("*[$\"v\", _]", client.Call("MGET", "k\r\n\xff", "none").ToString());
            Assert.Equal(ReplyKind.Attribute, client.Call("DEBUG", "PROTOCOL", "ATTRIB").Kind);
            Assert.False(client.TryRead(TimeSpan.FromMilliseconds(20), out _));
            client.SendRaw("PING\r\nQUIT\r\n");
            Assert.Equal("+PONG\r\n+OK\r\n", client.ReadToEnd());
        }

        server.Stop();
        Assert.Equal(0, server.ExitCode);
        Assert.Contains("ready to exit", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_cannot_start_is_reported_with_its_log()
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => ServerProcess.StartRedis("--no-such-directive", "1"));
        Assert.Contains("no-such-directive", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, ServerProcess.RunToExit(ServerProcess.RedisBinary, "--version").ExitCode);
    }
}
