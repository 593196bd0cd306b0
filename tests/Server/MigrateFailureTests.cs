using System.Diagnostics;
using System.Text;
using Tidelog.Server.Migration;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>MIGRATE to targets that fail, and what is left in its source.</summary>
public sealed class MigrateFailureTests : IDisposable
{
    private const string Host = "127.0.0.1";
    private const string ReadFailed = "IOERR error or timeout reading to target instance";
    private const string WriteFailed = "IOERR error or timeout writing to target instance";

    private readonly RunningServer _server = new("--enable-debug-command", "yes", "--notify-keyspace-events", "KEA");
    private readonly RespClient _client;

    public MigrateFailureTests()
    {
        _client = _server.Connect();
        _client.Call("MSET", "a", "1", "b", "2", "c", "3");
    }

    private string Left => string.Join(' ', _client.Call("KEYS", "*").Items.Select(key => key.Text).Order());

    private string CachedSockets =>
        _client.Call("INFO", "stats").Text.Split("migrate_cached_sockets:")[1].Split('\r')[0];

    [Theory]
    [InlineData(ReadFailed, 2)]
    [InlineData(ReadFailed, 1, "+OK\r\n", "+OK\r\n")]
    [InlineData(ReadFailed, 2, "+OK\r\n")]
    [InlineData(ReadFailed, 2, "-ERR max number of clients reached\r\n")]
    [InlineData(ReadFailed, 2, "+OK\r\n", "$5\r\nhello\r\n")]
    [InlineData(ReadFailed, 2, "+OK\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData(ReadFailed, 2, "+OK\r\n", ":1\r\n", "+OK\r\n")]
    [InlineData(ReadFailed, 2, "+OK\r\n", "+OKAY\r\n", "+OK\r\n")]
    [InlineData("ERR Target instance replied with error: ERR no", 1, "+OK\r\n", "-ERR no\r\n")]
    [InlineData("ERR Target instance replied with error: ERR no", 1, "-ERR no\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n")]
    public void A_key_goes_only_when_its_OK_has_come(string error, int connections, params string[] answers)
    {
        using FakeTarget target = FakeTarget.Answering(answers);
        Assert.Equal(error, Migrate(target, "", "KEYS", "a", "b", "c"));
        bool isFirstGone = answers is ["+OK\r\n", "+OK\r\n"];
        Assert.Equal(isFirstGone ? "b c" : "a b c", Left);
        Assert.Equal(connections, target.Connections);
    }

    [Fact]
    public void An_error_for_one_key_leaves_that_one()
    {
        using FakeTarget target = FakeTarget.Answering(
            "+OK\r\n", "+OK\r\n", "-" + new string('x', 5000) + "\r\n", "+OK\r\n");
        Assert.Equal("ERR Target instance replied with error: " + new string('x', 1022),
            Migrate(target, "", "KEYS", "a", "b", "c"));
        Assert.Equal("b", Left);
    }

    [Fact]
    public void Nobody_there_or_no_such_host()
    {
        int port = ServerProcess.FreePort();
        Assert.Equal(WriteFailed, _client.Call("MIGRATE", Host, $"{port}", "a", "0", "1000").Text);
        Assert.Equal(WriteFailed, _client.Call("MIGRATE", Host, "port", "a", "0", "1000").Text);
        Assert.Equal("IOERR error or timeout connecting to the client",
            _client.Call("MIGRATE", "no such host", "1", "a", "0", "1000").Text);
        Assert.Equal("IOERR error or timeout connecting to the client",
            _client.Call("MIGRATE", "", $"{port}", "a", "0", "1000").Text);
        Assert.Equal("a b c", Left);
        Assert.Equal("0", CachedSockets);
    }

    [Fact]
    public void A_silent_target_costs_no_more_than_the_timeout()
    {
        using FakeTarget target = FakeTarget.Silent();
        long began = Stopwatch.GetTimestamp();
        Assert.Equal(ReadFailed, _client.Call("MIGRATE", Host, target.Port, "a", "0", "150").Text);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 140, 2000);
        Assert.Equal("a b c", Left);
        Assert.Equal(1, target.Connections);
        began = Stopwatch.GetTimestamp();
        Assert.Equal(ReadFailed, _client.Call("MIGRATE", Host, target.Port, "a", "0", "-1").Text);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 990, 4000);
    }

    [Fact]
    public void A_target_that_does_not_read_costs_no_more_than_the_timeout()
    {
        using FakeTarget target = new((_, _) => Thread.Sleep(5000));
        _client.Call("SETRANGE", "a", "30000000", "x");
        _client.Call("CONFIG", "SET", "rdbcompression", "no");
        Assert.Equal(WriteFailed, _client.Call("MIGRATE", Host, target.Port, "a", "0", "200").Text);
        Assert.Equal("a b c", Left);
    }

    [Fact]
    public void A_target_that_drips_costs_no_more_than_the_timeout()
    {
        using FakeTarget target = new((target, socket) =>
        {
            while (true)
            {
                socket.Send("x"u8);
                Thread.Sleep(20);
            }
        });
        long began = Stopwatch.GetTimestamp();
        Assert.Equal(ReadFailed, _client.Call("MIGRATE", Host, target.Port, "a", "0", "200").Text);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 190, 3000);
    }

    [Fact]
    public void A_connection_is_used_again_and_selects_only_when_it_must()
    {
        using FakeTarget target = FakeTarget.Obliging();
        Assert.Equal("OK", Migrate(target, "a", "COPY"));
        Assert.Equal("OK", Migrate(target, "a", "COPY", "REPLACE"));
        Assert.Equal("OK", _client.Call("MIGRATE", Host, target.Port, "a", "1", "1000", "COPY").Text);
        Assert.Equal("OK", _client.Call("MIGRATE", Host, target.Port, "b", "1", "1000", "AUTH2", "u", "p").Text);
        Assert.Equal(
            "SELECT 0|RESTORE a 0 ...|RESTORE a 0 ... REPLACE|SELECT 1|RESTORE a 0 ...|AUTH u p|RESTORE b 0 ...|",
            target.Received);
        Assert.Equal(1, target.Connections);
        Assert.Equal("1", CachedSockets);
    }

    [Fact]
    public void A_connection_that_the_target_closed_is_made_anew()
    {
        using FakeTarget target = FakeTarget.Answering("+OK\r\n", "+OK\r\n");
        Assert.Equal("OK", Migrate(target, "a"));
        Thread.Sleep(50);
        Assert.Equal("OK", Migrate(target, "b"));
        Assert.Equal(2, target.Connections);
        Assert.Equal("c", Left);
    }

    [Fact]
    public void Not_more_than_64_connections_are_kept_and_none_for_long()
    {
        using FakeTarget target = FakeTarget.Obliging();
        MovableTime time = new();
        using MigrationTargets targets = new(time, new Random(1));
        for (int zeros = 0; zeros < 70; zeros++)
        {
            Assert.NotNull(targets.Open(Host, new string('0', zeros) + target.Port, TimeSpan.FromSeconds(5)));
        }
        Assert.Equal(64, targets.Count);
        time.Skip(TimeSpan.FromSeconds(8));
        MigrationTarget? kept = targets.Open(Host, new string('0', 69) + target.Port, TimeSpan.FromSeconds(5));
        time.Skip(TimeSpan.FromSeconds(4));
        targets.CloseIdle();
        Assert.Equal(1, targets.Count);
        Assert.Same(kept, targets.Open(Host, new string('0', 69) + target.Port, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void What_went_is_told_as_DEL()
    {
        using FakeTarget target = FakeTarget.Answering("+OK\r\n", "+OK\r\n", "-BUSYKEY\r\n", "+OK\r\n", "+OK\r\n");
        using RespClient listener = _server.Connect();
        listener.Call("PSUBSCRIBE", "__keyevent@0__:*");
        long changes = Changes();
        long offset = _server.Server.Engine.CommandLog.EndOffset;
        Migrate(target, "", "KEYS", "a", "b", "none", "c");
        Assert.Equal("b", Left);
        Assert.Equal(2, Changes() - changes);
        byte[] effects = new byte[_server.Server.Engine.CommandLog.EndOffset - offset];
        _server.Server.Engine.CommandLog.Read(offset, effects);
        Assert.Equal("*3\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nc\r\n", Encoding.Latin1.GetString(effects));
        foreach (string key in (string[])["a", "c"])
        {
            Reply message = listener.Read();
            Assert.Equal(("__keyevent@0__:del", key), (message[2].Text, message[3].Text));
        }
    }

    [Fact]
    public void A_copy_changes_nothing()
    {
        using FakeTarget target = FakeTarget.Obliging();
        long changes = Changes();
        long offset = _server.Server.Engine.CommandLog.EndOffset;
        Assert.Equal("OK", Migrate(target, "a", "COPY"));
        Assert.Equal((changes, offset), (Changes(), _server.Server.Engine.CommandLog.EndOffset));
    }

    [Fact]
    public void Arguments_are_refused_as_in_redis()
    {
        using SameAsRedis pair = new();
        pair.Check($"""
            SET k v
            MIGRATE 127.0.0.1 1 k 0
            MIGRATE 127.0.0.1 1 k 0 10 foo
            MIGRATE 127.0.0.1 1 k 0 10 AUTH
            MIGRATE 127.0.0.1 1 k 0 10 AUTH2 u
            MIGRATE 127.0.0.1 1 k 0 10 COPY KEYS k
            MIGRATE 127.0.0.1 1 "" 0 10 KEYS
            MIGRATE 127.0.0.1 1 "" 0 10 KEYS none
            MIGRATE 127.0.0.1 1 "" 0 10
            MIGRATE 127.0.0.1 1 none x y
            MIGRATE 127.0.0.1 1 none x 10
            MIGRATE 127.0.0.1 1 none 0 10 KEYS a
            MIGRATE 127.0.0.1 1 k 0 100
            COMMAND GETKEYS MIGRATE h 1 k 0 10 COPY
            COMMAND GETKEYS MIGRATE h 1 k 0 10 KEYS a
            COMMAND GETKEYS MIGRATE h 1 "" 0 10 KEYS
            COMMAND GETKEYS MIGRATE h 1 "" 0 10 AUTH2 keys b KEYS a b
            COMMAND GETKEYSANDFLAGS MIGRATE h 1 "" 0 10 AUTH keys KEYS a b
            """);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private string Migrate(FakeTarget target, string key, params string[] options) =>
        _client.Call(["MIGRATE", Host, target.Port, key, "0", "1000", .. options]).Text;

    private long Changes() => long.Parse(
        _client.Call("INFO", "persistence").Text.Split("rdb_changes_since_last_save:")[1].Split('\r')[0]);
}
