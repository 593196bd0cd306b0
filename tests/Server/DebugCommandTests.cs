using System.Diagnostics;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class DebugCommandTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Fact]
    public void Every_subcommand_answers_as_redis_does_and_digests_are_equal() => pair.Check("""
        DEBUG
        DEBUG foo
        DEBUG SLEEP
        DEBUG SLEEP 0.001
        DEBUG SLEEP x
        DEBUG LOG hello
        DEBUG ERROR FOO\x0abar
        DEBUG DIGEST
        SET a b
        SET b 123
        SET c -99999
        SET d \xff\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        DEBUG DIGEST
        DEBUG DIGEST-VALUE a b c d nokey
        DEBUG DIGEST-VALUE
        DEBUG POPULATE 10
        DEBUG POPULATE 10 pre 3
        DEBUG POPULATE 10 pre2 100
        DEBUG POPULATE x
        DEBUG POPULATE -1
        DEBUG POPULATE 1 a -1
        DEBUG POPULATE 1 a 1 2
        GET pre:3
        GET pre2:9
        DEBUG DIGEST
        DEBUG OBJECT nokey
        DEBUG SET-ACTIVE-EXPIRE 0
        DEBUG SET-ACTIVE-EXPIRE 1
        DEBUG PAUSE-CRON 1
        DEBUG PAUSE-CRON 0
        DEBUG REPLYBUFFER PEAK-RESET-TIME never
        DEBUG REPLYBUFFER PEAK-RESET-TIME x
        DEBUG REPLYBUFFER foo 1
        DEBUG REPLYBUFFER RESIZING 0
        DEBUG QUICKLIST-PACKED-THRESHOLD 200b
        DEBUG QUICKLIST-PACKED-THRESHOLD 5gb
        DEBUG QUICKLIST-PACKED-THRESHOLD x
        DEBUG SET-DISABLE-DENY-SCRIPTS 1
        DEBUG CHANGE-REPL-ID
        DEBUG HTSTATS 99
        DEBUG HTSTATS 5
        DEBUG HTSTATS-KEY a
        DEBUG HTSTATS-KEY nokey
        DEBUG CLIENT-EVICTION
        """);

    [Theory]
    [InlineData("string")]
    [InlineData("integer")]
    [InlineData("double")]
    [InlineData("bignum")]
    [InlineData("null")]
    [InlineData("array")]
    [InlineData("set")]
    [InlineData("map")]
    [InlineData("attrib")]
    [InlineData("push")]
    [InlineData("verbatim")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("foo")]
    public void Each_kind_of_reply_has_redis_bytes_in_both_protocols(string kind) =>
        pair.CheckWire($"DEBUG PROTOCOL {kind}\r\nHELLO 3\r\nDEBUG PROTOCOL {kind}\r\n");

    [Theory]
    [InlineData("12", "refcount:2147483647 encoding:int serializedlength:2 ")]
    [InlineData("-70000", "refcount:1 encoding:int serializedlength:5 ")]
    [InlineData("abc", "refcount:1 encoding:embstr serializedlength:4 ")]
    public void An_object_is_described(string value, string expected)
    {
        using RunningServer server = new("--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        client.Call("SET", "described", value);
        string text = client.Call("DEBUG", "OBJECT", "described").ToString();
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Matches(
            @"^\+Value at:0x[0-9a-f]+ refcount:\d+ encoding:\w+ serializedlength:\d+ "
            + @"lru:\d+ lru_seconds_idle:\d+$", text);
    }

    [Fact]
    public void Sleep_stops_everybody()
    {
        using RespClient sleeper = pair.ConnectOurs();
        using RespClient other = pair.ConnectOurs();
        other.Call("CLIENT", "ID");
        Stopwatch clock = Stopwatch.StartNew();
        sleeper.Send("DEBUG", "SLEEP", "0.3");
        Thread.Sleep(50);
        other.Call("CLIENT", "ID");
        Assert.InRange(clock.ElapsedMilliseconds, 250, 10_000);
        Assert.Equal("+OK", sleeper.Read().ToString());
    }

    [Theory]
    [InlineData("SEGFAULT")]
    [InlineData("PANIC")]
    [InlineData("LOADAOF")]
    public void What_this_server_cannot_or_will_not_do_is_refused(string subcommand)
    {
        using RespClient client = pair.ConnectOurs();
        string error = client.Call("DEBUG", subcommand).ToString();
        Assert.StartsWith($"-ERR DEBUG {subcommand} is not ", error, StringComparison.Ordinal);
    }
}
