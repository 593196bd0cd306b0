using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class BitmapTests
{
    private const string BadOffset = "-ERR bit offset is not an integer or out of range";

    private readonly EngineFixture _engine = new();

    [Fact]
    public void Setbit_makes_a_string_and_answers_the_old_bit()
    {
        Assert.Equal("0", _engine.Line("SETBIT key 7 1"));
        Assert.Equal("1", _engine.Line("SETBIT key 7 1"));
        Assert.Equal("0", _engine.Line("SETBIT key 9 1"));
        Assert.Equal("\"\\x01@\"", _engine.Line("GET key"));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal(["SETBIT key 7 1", "SETBIT key 9 1"], _engine.Effects());
    }

    [Fact]
    public void Setbit_of_a_number_changes_its_digits_and_keeps_its_expiry()
    {
        _engine.Line("SET key 1 PXAT 1700000100000");
        Assert.Equal("0", _engine.Line("SETBIT key 6 1"));
        Assert.Equal("\"3\"", _engine.Line("GET key"));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
    }

    [Fact]
    public void Bits_end_at_the_configured_length()
    {
        EngineFixture engine = new(new EngineOptions { ProtoMaxBulkLength = 10 });
        Assert.Equal("0", engine.Line("SETBIT key 79 1"));
        Assert.Equal(BadOffset, engine.Line("SETBIT key 80 1"));
        Assert.Equal(BadOffset, engine.Line("GETBIT key 80"));
        Assert.Equal(BadOffset, engine.Line("BITFIELD key GET u8 #10"));
        Assert.Equal("[-9223372036854775808]", engine.Line("BITFIELD key SET i64 79 5"));
        Assert.Equal("18", engine.Line("STRLEN key"));
    }

    [Fact]
    public void A_limit_beyond_what_a_string_can_be_ends_at_that()
    {
        EngineFixture engine = new(new EngineOptions { ProtoMaxBulkLength = long.MaxValue });
        Assert.Equal(BadOffset, engine.Line("SETBIT key 17179869184 1"));
        Assert.Equal(BadOffset, engine.Line("BITFIELD key SET i64 17179869100 1"));
        Assert.Equal(BadOffset, engine.Line("BITFIELD key GET i64 #9223372036854775807"));
        Assert.Equal(0, engine.Engine.Keyspace.Count);
    }

    [Theory]
    [InlineData("AND", "\\x01\\x00\\x00")]
    [InlineData("OR", "\\x07\\xff\\x10")]
    [InlineData("XOR", "\\x06\\xff\\x10")]
    public void Bitop_reads_a_short_string_as_if_zeros_followed(string operation, string expected)
    {
        _engine.Run("SET", "long", "\x03\xff\x10");
        _engine.Run("SET", "short", "\x05");
        foreach (string target in (string[])["other", "short", "long"])
        {
            _engine.Run("SET", "long", "\x03\xff\x10");
            _engine.Run("SET", "short", "\x05", "PXAT", "1700000100000");
            Assert.Equal("3", _engine.Line($"BITOP {operation} {target} long short"));
            Assert.Equal($"\"{expected}\"", _engine.Line($"GET {target}"));
            Assert.Equal("raw", _engine.EncodingOf(target));
            Assert.Equal(-1, _engine.ExpiryOf(target));
        }
    }

    [Fact]
    public void Bitop_of_many_and_of_long_strings()
    {
        string[] sources = [.. Enumerable.Range(0, 100).Select(i => $"key{i}")];
        for (int i = 0; i < sources.Length; i++)
        {
            _engine.Run("SETBIT", sources[i], $"{i * 1709}", "1");
        }
        int length = (99 * 1709 / 8) + 1;
        Assert.Equal($"{length}", _engine.Run(["BITOP", "OR", "key50", .. sources]));
        Assert.Equal("100", _engine.Line("BITCOUNT key50"));
        Assert.Equal($"{length}", _engine.Line("BITOP NOT other key50"));
        Assert.Equal($"{(8 * length) - 100}", _engine.Line("BITCOUNT other"));
        Assert.Equal($"{length}", _engine.Line("BITOP XOR key50 key50 key50"));
        Assert.Equal("0", _engine.Line("BITCOUNT key50"));
        Assert.Equal("-1", _engine.Line("BITPOS key50 1"));
    }

    [Fact]
    public void Bitop_of_nothing_deletes_the_target()
    {
        _engine.Line("SET target 1");
        _engine.Effects();
        Assert.Equal("0", _engine.Line("BITOP AND target missing1 missing2"));
        Assert.Equal("0", _engine.Line("BITOP AND target missing1 missing2"));
        Assert.Equal(["BITOP AND target missing1 missing2"], _engine.Effects());
        Assert.Equal(0, _engine.Engine.Keyspace.Count);
    }

    [Theory]
    [InlineData("BITPOS ones 0", "24")]
    [InlineData("BITPOS ones 0 0", "24")]
    [InlineData("BITPOS ones 0 0 -1", "-1")]
    [InlineData("BITPOS ones 0 0 -1 BIT", "-1")]
    [InlineData("BITPOS ones 0 5", "-1")]
    [InlineData("BITPOS ones 1 7 9 BIT", "7")]
    [InlineData("BITPOS empty 0", "-1")]
    [InlineData("BITPOS missing 0 junk", "0")]
    [InlineData("BITPOS missing 1", "-1")]
    [InlineData("BITPOS ones 2", "-ERR The bit argument must be 1 or 0.")]
    [InlineData("BITPOS ones 1 0 0 junk", "-ERR syntax error")]
    [InlineData("BITPOS ones 1 0 0 BIT more", "-ERR syntax error")]
    [InlineData("BITCOUNT ones", "24")]
    [InlineData("BITCOUNT ones 1", "-ERR syntax error")]
    [InlineData("BITCOUNT ones -1 -2 junk", "0")]
    [InlineData("BITCOUNT ones 5 -2 BIT", "18")]
    [InlineData("BITCOUNT missing junk", "0")]
    public void Ranges_are_as_redis_reads_them(string command, string expected)
    {
        _engine.Run("SET", "ones", "\xff\xff\xff");
        _engine.Run("SET", "empty", "");
        Assert.Equal(expected, _engine.Line(command));
    }

    [Fact]
    public void Bitfield_changes_nothing_if_any_operation_is_wrong()
    {
        Assert.Equal(
            "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
            _engine.Line("BITFIELD key SET u8 0 1 GET u64 0"));
        Assert.Equal("-ERR Invalid OVERFLOW type specified", _engine.Line("BITFIELD key SET u8 0 1 OVERFLOW x"));
        Assert.Equal("-ERR syntax error", _engine.Line("BITFIELD key SET u8 0 1 GET u8"));
        Assert.Equal("-ERR BITFIELD_RO only supports the GET subcommand",
            _engine.Line("BITFIELD_RO key GET u8 0 SET u8 0 1"));
        Assert.Equal("[]", _engine.Line("BITFIELD key OVERFLOW SAT"));
        Assert.Equal(0, _engine.Engine.Keyspace.Count);
        Assert.Equal([], _engine.Effects());
    }

    [Fact]
    public void Bitfield_does_its_operations_in_order()
    {
        Assert.Equal("[0, 1, 1, 3, nil]",
            _engine.Line("BITFIELD key SET u2 0 1 GET u2 0 INCRBY i5 #1 1 OVERFLOW SAT INCRBY u2 0 9 "
                + "OVERFLOW FAIL INCRBY u2 0 1"));
        Assert.Equal("[3]", _engine.Line("BITFIELD_RO key GET u2 0"));
        Assert.Single(_engine.Effects());
        Assert.Equal("[3]", _engine.Line("BITFIELD key SET u2 0 3"));
        Assert.Empty(_engine.Effects());
    }

    [Theory]
    [InlineData("SETBIT bits 0 1", true)]
    [InlineData("SETBIT bits 0 0", false)]
    [InlineData("BITFIELD bits SET u8 0 98", false)]
    [InlineData("BITFIELD bits OVERFLOW FAIL SET u8 0 300 GET u8 0", false)]
    [InlineData("BITFIELD bits SET u8 0 98 SET u8 0 99", true)]
    [InlineData("PFADD sparse a", false)]
    [InlineData("PFADD dense a", false)]
    [InlineData("PFADD dense b", true)]
    [InlineData("PFCOUNT sparse", true)]
    [InlineData("PFCOUNT dense", false)]
    [InlineData("PFDEBUG ENCODING dense", false)]
    public void A_watched_key_is_touched_only_by_a_change(string command, bool changes)
    {
        _engine.Run("SET", "bits", "b");
        _engine.Line("PFADD sparse a");
        _engine.Line("PFADD dense a");
        _engine.Line("PFDEBUG TODENSE dense");
        _engine.Line("PFCOUNT dense");
        _engine.Line("WATCH bits sparse dense");
        Session watching = _engine.Session;
        _engine.Session = _engine.Engine.OpenSession();
        _engine.Line(command);
        _engine.Session = watching;
        _engine.Line("MULTI");
        Assert.Equal(changes ? "nil" : "[]", _engine.Line("EXEC"));
    }
}
