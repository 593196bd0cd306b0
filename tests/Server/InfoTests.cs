using System.Globalization;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class InfoTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Theory]
    [InlineData("everything")]
    [InlineData("all")]
    [InlineData("default")]
    [InlineData("")]
    [InlineData("SERVER keyspace")]
    [InlineData("cpu Stats")]
    [InlineData("commandstats")]
    [InlineData("module_list")]
    [InlineData("modules nosuch")]
    [InlineData("nosuch")]
    public void Sections_and_fields_are_those_of_redis_in_its_order(string sections)
    {
        string[] command = ["INFO", .. sections.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        pair.Check("SET a b\nNOSUCH");
        using RespClient ours = pair.ConnectOurs();
        Assert.Equal(Fields(pair.CallRedis(command).Text), Fields(ours.Call(command).Text));
    }

    [Fact]
    public void Values_are_true()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        client.Call("SET", "a", "b");
        client.Call("GET", "a");
        client.Call("GET", "nokey");
        client.Call("GET");
        client.Call("NOSUCH");
        Dictionary<string, string> info = Read(client, "everything");
        Assert.Equal($"{Environment.ProcessId}", info["process_id"]);
        Assert.Equal($"{server.Port}", info["tcp_port"]);
        Assert.Equal(Environment.ProcessPath, info["executable"]);
        Assert.Matches("^[0-9a-f]{40}$", info["run_id"]);
        Assert.Matches("^[0-9a-f]{40}$", info["master_replid"]);
        Assert.Equal("1", info["connected_clients"]);
        Assert.Equal("3", info["total_commands_processed"]);
        Assert.Equal("1", info["keyspace_hits"]);
        Assert.Equal("1", info["keyspace_misses"]);
        Assert.Equal("2", info["total_error_replies"]);
        Assert.Equal("count=2", info["errorstat_ERR"]);
        Assert.Equal("keys=1,expires=0,avg_ttl=0", info["db0"]);
        Assert.Equal("1", info["rdb_changes_since_last_save"]);
        Assert.Equal("50", info["master_repl_offset"]);
        Assert.StartsWith("calls=2,usec=", info["cmdstat_get"], StringComparison.Ordinal);
        Assert.EndsWith(",rejected_calls=1,failed_calls=0", info["cmdstat_get"], StringComparison.Ordinal);
        Assert.InRange(long.Parse(info["used_memory"], CultureInfo.InvariantCulture), 1 << 20, 1L << 33);
    }

    [Fact]
    public void Resetstat_sets_the_counters_to_zero()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        client.Call("GET", "a");
        client.Call("NOSUCH");
        client.Call("CONFIG", "RESETSTAT");
        Dictionary<string, string> info = Read(client, "all");
        Assert.Equal("0", info["keyspace_misses"]);
        Assert.Equal("0", info["total_error_replies"]);
        Assert.Equal("0", info["total_connections_received"]);
        Assert.DoesNotContain("cmdstat_get", info.Keys);
    }

    [Fact]
    public void Rates_and_the_average_time_to_live_are_sampled_on_the_way()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        server.Server.Loop.Post(() =>
        {
            Tidelog.Engine.StorageEngine engine = server.Server.Engine;
            engine.BeginTurn();
            engine.Keyspace[3].PutString("a"u8, default, "b"u8, engine.Keyspace.NowMs + 100_000);
            engine.EndTurn();
        });
        Dictionary<string, string> info = [];
        for (int i = 0; i < 1000 && info.GetValueOrDefault("instantaneous_ops_per_sec", "0") == "0"; i++)
        {
            info = Read(client, "everything");
            Thread.Sleep(2);
        }
        Assert.InRange(int.Parse(info["instantaneous_ops_per_sec"], CultureInfo.InvariantCulture), 1, 1_000_000);
        string average = info["db3"].Split("avg_ttl=")[1];
        Assert.InRange(int.Parse(average, CultureInfo.InvariantCulture), 50_000, 100_000);
    }

    private static Dictionary<string, string> Read(RespClient client, string section) =>
        client.Call("INFO", section).Text.Split("\r\n").Where(line => line.Contains(':', StringComparison.Ordinal))
            .Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    // Commands are listed in whatever order a server keeps them; latencies of commands are not kept here. What a cut
    // cost is ours.
    private static string[] Fields(string info) => [.. info.Split("\r\n").Select(line => line.Split(':')[0])
        .Where(field => !field.StartsWith("cmdstat_", StringComparison.Ordinal)
            && !field.StartsWith("latency_percentiles_", StringComparison.Ordinal)
            && field is not ("rdb_last_cut_usec" or "rdb_max_cut_usec"))];
}
