using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyObjectTests
{
    private const string Switch =
        " Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    private readonly EngineFixture _engine = new();

    [Fact]
    public void Encodings_have_rediss_names()
    {
        _engine.Line("SET int 12");
        _engine.Run("SET", "embstr", new string('x', 44));
        _engine.Run("SET", "raw", new string('x', 45));
        Assert.Equal("\"int\"", _engine.Line("OBJECT ENCODING int"));
        Assert.Equal("\"embstr\"", _engine.Line("OBJECT ENCODING embstr"));
        Assert.Equal("\"raw\"", _engine.Line("OBJECT ENCODING raw"));
        Assert.Equal("nil", _engine.Line("OBJECT ENCODING nope"));
    }

    [Fact]
    public void Small_integers_are_shared_unless_the_policy_needs_their_clocks()
    {
        _engine.Line("SET a 9999");
        _engine.Line("SET b 10000");
        Assert.Equal("2147483647", _engine.Line("OBJECT REFCOUNT a"));
        Assert.Equal("1", _engine.Line("OBJECT REFCOUNT b"));
        _engine.Options.MaxMemory = 1L << 40;
        Assert.Equal("2147483647", _engine.Line("OBJECT REFCOUNT a"));
        _engine.Options.MaxMemoryPolicy = MaxMemoryPolicy.AllKeysLru;
        Assert.Equal("1", _engine.Line("OBJECT REFCOUNT a"));
    }

    [Fact]
    public void Idle_time_counts_seconds_since_a_use()
    {
        _engine.Line("SET a 1");
        _engine.NowMs += 7000;
        Assert.Equal("7", _engine.Line("OBJECT IDLETIME a"));
        _engine.Line("TTL a");
        _engine.Line("TYPE a");
        _engine.Line("EXISTS a");
        Assert.Equal("7", _engine.Line("OBJECT IDLETIME a"));
        _engine.Line("COPY a b");
        Assert.Equal("0", _engine.Line("OBJECT IDLETIME b"));
        _engine.NowMs += 3000;
        _engine.Line("RENAME a c");
        _engine.NowMs += 1000;
        Assert.Equal("1", _engine.Line("OBJECT IDLETIME c"));
        _engine.Line("TOUCH c");
        Assert.Equal("0", _engine.Line("OBJECT IDLETIME c"));
        Assert.StartsWith(
            "-ERR An LFU maxmemory policy is not selected", _engine.Line("OBJECT FREQ c"), StringComparison.Ordinal);
    }

    [Fact]
    public void Frequency_is_told_under_lfu_only()
    {
        _engine.Options.MaxMemoryPolicy = MaxMemoryPolicy.AllKeysLfu;
        _engine.Options.LfuLogFactor = 0;
        _engine.Line("SET a 1");
        Assert.Equal("5", _engine.Line("OBJECT FREQ a"));
        for (int i = 0; i < 10; i++)
        {
            _engine.Line("GET a");
        }
        Assert.Equal("15", _engine.Line("OBJECT FREQ a"));
        _engine.NowMs += 3 * 60_000;
        Assert.Equal("12", _engine.Line("OBJECT FREQ a"));
        Assert.Equal(
            "-ERR An LFU maxmemory policy is selected, idle time not tracked." + Switch,
            _engine.Line("OBJECT IDLETIME a"));
        Assert.Equal("nil", _engine.Line("OBJECT IDLETIME nope"));
    }

    [Fact]
    public void Memory_usage_grows_with_the_value()
    {
        _engine.Line("SET small x");
        _engine.Run("SET", "middle", new string('x', 10_000));
        _engine.Run("SET", "big", new string('x', 1_000_000));
        Assert.InRange(Usage("small"), 16, 80);
        Assert.InRange(Usage("middle"), 10_000, 10_100);
        Assert.InRange(Usage("big"), 1_000_000, 1_000_200);
        Assert.Equal("nil", _engine.Line("MEMORY USAGE nope"));
        Assert.Equal("-ERR syntax error", _engine.Line("MEMORY USAGE small SAMPLES -1"));
        Assert.Equal("-ERR syntax error", _engine.Line("MEMORY USAGE small SAMPLES"));
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("MEMORY USAGE small SAMPLES x"));
        Assert.InRange(int.Parse(_engine.Line("MEMORY USAGE small SAMPLES 0"), null), 16, 80);
    }

    [Theory]
    [InlineData(2, "[\"peak.allocated\", ")]
    [InlineData(3, "{\"peak.allocated\": ")]
    public void Memory_stats_is_a_map(int protocol, string start)
    {
        _engine.Line("SET a 1");
        _engine.Session.Protocol = protocol;
        string stats = _engine.Line("MEMORY STATS");
        Assert.StartsWith(start, stats, StringComparison.Ordinal);
        Assert.Contains("\"db.0\"", stats, StringComparison.Ordinal);
        Assert.Contains("\"fragmentation.bytes\"", stats, StringComparison.Ordinal);
    }

    [Fact]
    public void The_others_answer()
    {
        Assert.Equal("OK", _engine.Line("MEMORY PURGE"));
        Assert.Equal("\"Stats not supported for the current allocator\"", _engine.Line("MEMORY MALLOC-STATS"));
        Assert.StartsWith("\"There is next to nothing", _engine.Line("MEMORY DOCTOR"), StringComparison.Ordinal);
        Assert.StartsWith(
            "[MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, ", _engine.Line("memory help"),
            StringComparison.Ordinal);
        Assert.EndsWith(", HELP,     Prints this help.]", _engine.Line("OBJECT HELP"), StringComparison.Ordinal);
    }

    private int Usage(string key) => int.Parse(_engine.Line("MEMORY USAGE " + key), null);
}
