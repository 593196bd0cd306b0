using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>MIGRATE between servers: Tidelog and redis in each direction.</summary>
public sealed class MigrateTests(MigrateServers servers) : IClassFixture<MigrateServers>
{
    private const string Host = "127.0.0.1";

    private static readonly string[] Values =
    [
        "SET k 12345", "SET k text", "SET k {big}", "SET k {huge}", "APPEND k raw",
        "RPUSH k a 1 -70000 {big}", "RPUSH k {many}", "SADD k 1 2 -3000000", "SADD k a b 1", "SADD k {many}",
        "HSET k f v g 7", "HSET k {many}", "ZADD k 1 a 2.5 b -inf c", "ZADD k {scores}",
        "XADD k 1-1 f v|XADD k 1-2 f v|XADD k 2-* g w|XDEL k 1-2|XGROUP CREATE k grp 1-1|"
            + "XREADGROUP GROUP grp me COUNT 1 STREAMS k >",
        "XADD k 1-1 f v|XTRIM k MAXLEN 0|XSETID k 9-9 ENTRIESADDED 20 MAXDELETEDID 5-5",
    ];

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Every_type_arrives_as_it_was(bool fromRedis, bool toRedis)
    {
        using RespClient source = servers.Source(fromRedis);
        using RespClient target = servers.Target(toRedis);
        string port = servers.PortOfTarget(toRedis);
        foreach (string commands in Values)
        {
            Fill(source, commands);
            string digest = source.Call("DEBUG", "DIGEST-VALUE", "k")[0].Text;
            string stream = $"{source.Call("XINFO", "STREAM", "k")}";
            Assert.Equal("OK", source.Call("MIGRATE", Host, port, "k", "3", "5000").Text);
            Assert.Equal(0, source.Call("EXISTS", "k").Integer);
            target.Call("SELECT", "3");
            Assert.Equal(digest, target.Call("DEBUG", "DIGEST-VALUE", "k")[0].Text);
            Assert.Equal(stream.Split("last-generated-id")[^1], $"{target.Call("XINFO", "STREAM", "k")}"
                .Split("last-generated-id")[^1]);
            Assert.Equal(-1, target.Call("PTTL", "k").Integer);
            target.Call("FLUSHDB");
        }
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Options_do_what_they_say(bool fromRedis, bool toRedis)
    {
        using RespClient source = servers.Source(fromRedis);
        using RespClient target = servers.Target(toRedis);
        string[] Migrate(string key, params string[] options) =>
            ["MIGRATE", Host, servers.PortOfTarget(toRedis), key, "0", "5000", .. options];

        source.Call("SET", "a", "1", "PX", "100000");
        source.Call("SET", "b", "2");
        Assert.Equal("OK", source.Call(Migrate("a", "COPY")).Text);
        Assert.Equal(1, source.Call("EXISTS", "a").Integer);
        Assert.InRange(target.Call("PTTL", "a").Integer, 90_000, 100_000);
        const string Busy = "ERR Target instance replied with error: BUSYKEY Target key name already exists.";
        Assert.Equal(Busy, source.Call(Migrate("a")).Text);
        Assert.Equal(1, source.Call("EXISTS", "a").Integer);
        source.Call("SET", "a", "new");
        Assert.Equal("OK", source.Call(Migrate("a", "copy", "Replace")).Text);
        Assert.Equal("new", target.Call("GET", "a").Text);
        Assert.Equal(-1, target.Call("PTTL", "a").Integer);

        // What was acknowledged is gone though something else was refused.
        source.Call("SET", "c", "3");
        Assert.Equal(Busy, source.Call(Migrate("", "KEYS", "b", "none", "a", "c")).Text);
        Assert.Equal([0, 1, 0], (long[])[.. "bac".Select(key => source.Call("EXISTS", $"{key}").Integer)]);
        Assert.Equal("3", target.Call("GET", "c").Text);
        Assert.Equal("NOKEY", source.Call(Migrate("", "KEYS", "b", "c")).Text);
        Assert.Equal("NOKEY", source.Call(Migrate("b")).Text);
    }

    [Fact]
    public void The_target_may_want_a_password()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--requirepass", "secret");
        using RunningServer tidelog = new("--requirepass", "secret");
        using RespClient source = servers.Source(isRedis: false);
        foreach (int port in (int[])[redis.Port, tidelog.Port])
        {
            string[] Migrate(params string[] options) => ["MIGRATE", Host, $"{port}", "k", "0", "5000", .. options];

            using RespClient target = new(port);
            target.Call("AUTH", "secret");
            source.Call("SET", "k", "v");
            const string Failed = "ERR Target instance replied with error: ";
            Assert.StartsWith(Failed + "NOAUTH", source.Call(Migrate()).Text, StringComparison.Ordinal);
            foreach (string[] wrong in (string[][])[["AUTH", "x"], ["AUTH2", "default", "x"], ["AUTH2", "x", "secret"]])
            {
                Assert.StartsWith(Failed + "WRONGPASS", source.Call(Migrate(wrong)).Text, StringComparison.Ordinal);
            }
            Assert.Equal((1, 0), (source.Call("DBSIZE").Integer, target.Call("DBSIZE").Integer));
            Assert.Equal("OK", source.Call(Migrate("COPY", "AUTH", "secret")).Text);
            Assert.Equal("OK", source.Call(Migrate("REPLACE", "AUTH2", "default", "secret")).Text);
            Assert.Equal("v", target.Call("GET", "k").Text);
            Assert.Equal(0, source.Call("DBSIZE").Integer);
        }
    }

    [Fact]
    public void A_target_without_memory_or_database_refuses()
    {
        using RespClient source = servers.Source(isRedis: false);
        using RespClient target = servers.Target(isRedis: true);
        string port = servers.PortOfTarget(isRedis: true);
        source.Call("SET", "k", "v");
        target.Call("CONFIG", "SET", "maxmemory", "1");
        Assert.Equal(
            "ERR Target instance replied with error: OOM command not allowed when used memory > 'maxmemory'.",
            source.Call("MIGRATE", Host, port, "k", "0", "5000").Text);
        target.Call("CONFIG", "SET", "maxmemory", "0");
        Assert.Equal("ERR Target instance replied with error: ERR DB index is out of range",
            source.Call("MIGRATE", Host, port, "k", "99", "5000", "REPLACE").Text);
        Assert.Equal("v", source.Call("GET", "k").Text);
    }

    [Fact]
    public void Many_keys_go_together()
    {
        using RespClient source = servers.Source(isRedis: false);
        using RespClient target = servers.Target(isRedis: true);
        string[] keys = [.. Enumerable.Range(0, 5000).Select(i => $"key:{i}")];
        source.Call(["MSET", .. keys.SelectMany(key => (string[])[key, "value of " + key])]);
        source.Call("SET", "key:77", new string('x', 300_000));
        string[] request = ["MIGRATE", Host, servers.PortOfTarget(isRedis: true), "", "0", "5000", "KEYS", .. keys];
        Assert.Equal("OK", source.Call(request).Text);
        Assert.Equal(0, source.Call("DBSIZE").Integer);
        Assert.Equal(5000, target.Call("DBSIZE").Integer);
        Assert.Equal("value of key:4999", target.Call("GET", "key:4999").Text);
        Assert.Equal(300_000, target.Call("STRLEN", "key:77").Integer);
    }

    [Fact]
    public void It_runs_in_a_transaction_and_ends_a_watch()
    {
        using RespClient source = servers.Source(isRedis: false);
        using RespClient watcher = servers.Connect(isRedis: false);
        using RespClient target = servers.Target(isRedis: true);
        source.Call("SET", "k", "v");
        watcher.Call("WATCH", "k");
        source.Call("MULTI");
        source.Call("MIGRATE", Host, servers.PortOfTarget(isRedis: true), "k", "0", "5000");
        source.Call("EXISTS", "k");
        Reply replies = source.Call("EXEC");
        Assert.Equal(("OK", 0), (replies[0].Text, replies[1].Integer));
        watcher.Call("MULTI");
        watcher.Call("PING");
        Assert.True(watcher.Call("EXEC").IsNull);
        Assert.Equal("v", target.Call("GET", "k").Text);
    }

    private static void Fill(RespClient client, string commands)
    {
        string[] many = [.. Enumerable.Range(0, 5000).Select(i => $"element {i}")];
        foreach (string command in commands.Split('|'))
        {
            Reply reply = client.Call([.. command.Split(' ').SelectMany(word => word switch
            {
                "{big}" => [new string('b', 20_000)],
                "{huge}" => [string.Create(3_000_000, 7, (text, seed) => FillRandomly(text, seed))],
                "{many}" => many,
                "{scores}" => many.SelectMany((element, i) => (string[])[$"{i}.25", element]),
                _ => (IEnumerable<string>)[word],
            })]);
            Assert.False(reply.IsError, $"{command}: {reply}");
        }
    }

    private static void FillRandomly(Span<char> text, int seed)
    {
        Random random = new(seed);
        foreach (ref char c in text)
        {
            c = (char)random.Next(256);
        }
    }
}

/// <summary>Two servers of each kind, one that sends and one that receives, empty at the begin of each test.</summary>
public sealed class MigrateServers : IDisposable
{
    private readonly ServerProcess _redisSource = ServerProcess.StartRedis("--enable-debug-command", "yes");
    private readonly ServerProcess _redisTarget = ServerProcess.StartRedis("--enable-debug-command", "yes");
    private readonly RunningServer _source = new("--enable-debug-command", "yes");
    private readonly RunningServer _target = new("--enable-debug-command", "yes");

    internal RespClient Source(bool isRedis) => Emptied(Connect(isRedis));

    internal RespClient Connect(bool isRedis) => isRedis ? _redisSource.Connect() : _source.Connect();

    internal RespClient Target(bool isRedis) => Emptied(isRedis ? _redisTarget.Connect() : _target.Connect());

    internal string PortOfTarget(bool isRedis) => $"{(isRedis ? _redisTarget.Port : _target.Port)}";

    public void Dispose()
    {
        _redisSource.Dispose();
        _redisTarget.Dispose();
        _source.Dispose();
        _target.Dispose();
    }

    private static RespClient Emptied(RespClient client)
    {
        client.Call("FLUSHALL");
        return client;
    }
}
