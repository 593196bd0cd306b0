using System.Diagnostics;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class DebugTurnsTests : IDisposable
{
    private readonly RunningServer _server = new("--enable-debug-command", "yes");
    private readonly RespClient _client;

    public DebugTurnsTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void A_turn_that_sleeps_is_kept_and_used_no_processor_time_for_it()
    {
        Assert.Equal("+OK", Call("TURNS", "ON", "20000"));
        Call("SLEEP", "0.05");
        Dictionary<string, long> turn = Slept();
        Assert.InRange(turn["wall-us"], 50_000, 10_000_000);
        Assert.InRange(turn["cpu-us"], 0, 20_000);
        Assert.Equal(1, turn["commands"]);
        Assert.InRange(turn["cleaner-us"], 0, turn["wall-us"] / 2);
    }

    [Fact]
    public void What_growth_costs_is_told()
    {
        Assert.Equal("+OK", Call("TURNS", "ON", "0"));
        Call("POPULATE", "20000", "key", "1000");
        Dictionary<string, long> turn = Slept();
        Assert.InRange(turn["index-us"], 1, turn["wall-us"]);
        Assert.InRange(turn["pages-us"], 1, turn["wall-us"]);
    }

    [Fact]
    public void Nothing_is_kept_that_is_shorter_or_comes_after_off()
    {
        Call("TURNS", "ON", "60000000");
        Call("SLEEP", "0.01");
        Call("TURNS", "OFF");
        Call("SLEEP", "0.01");
        Assert.Empty(_client.Call("DEBUG", "TURNS", "REPORT").Items);
    }

    [Fact]
    public void A_collection_of_garbage_is_a_pause_of_the_turn_that_it_fell_into()
    {
        // The server is in this process, so its garbage is ours.
        Call("TURNS", "ON", "0");
        Call("GC-PAUSES", "START");
        _client.Call("MEMORY", "PURGE");
        Stopwatch waited = Stopwatch.StartNew();
        Dictionary<string, long> pauses;
        do
        {
            Thread.Sleep(20);
            pauses = Fields(_client.Call("DEBUG", "GC-PAUSES"));
        }
        while (pauses["count"] == 0 && waited.ElapsedMilliseconds < 10_000);
        Assert.InRange(pauses["longest-us"], 1, pauses["total-us"]);
        Assert.InRange(Slept()["gc-us"], 1, 10_000_000);
        Assert.Equal("+OK", Call("GC-PAUSES", "STOP"));
        Assert.StartsWith("-ERR Nobody watches", Call("GC-PAUSES"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-ERR value is not an integer or out of range", "TURNS", "ON", "x")]
    [InlineData("-ERR syntax error", "TURNS", "ON")]
    [InlineData("-ERR syntax error", "TURNS", "MAYBE")]
    [InlineData("-ERR syntax error", "GC-PAUSES", "MAYBE")]
    public void A_mistake_is_answered(string error, params string[] arguments) => Assert.Equal(error, Call(arguments));

    private string Call(params string[] arguments) => _client.Call(["DEBUG", .. arguments]).ToString();

    /// <summary>The longest of the turns.</summary>
    private Dictionary<string, long> Slept() => _client.Call("DEBUG", "TURNS", "REPORT").Items
        .Select(Fields).MaxBy(turn => turn["wall-us"])!;

    private static Dictionary<string, long> Fields(Reply map)
    {
        Dictionary<string, long> fields = [];
        for (int i = 0; i < map.Items.Count; i += 2)
        {
            if (long.TryParse(map.Items[i + 1].Text, out long value))
            {
                fields.Add(map.Items[i].Text, value);
            }
        }
        return fields;
    }
}
