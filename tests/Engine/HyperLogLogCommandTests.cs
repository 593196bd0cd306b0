using System.Globalization;
using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class HyperLogLogCommandTests
{
    private const string Corrupt = "-INVALIDOBJ Corrupted HLL object detected";
    private const string NotOne = "-WRONGTYPE Key is not a valid HyperLogLog string value.";

    private readonly EngineFixture _engine = new();

    [Fact]
    public void Elements_are_counted_once()
    {
        Assert.Equal("1", _engine.Line("PFADD key a b c"));
        Assert.Equal("0", _engine.Line("PFADD key c b a"));
        Assert.Equal("3", _engine.Line("PFCOUNT key"));
        Assert.Equal("3", _engine.Line("PFCOUNT key"));
        Assert.Equal("1", _engine.Line("PFADD other"));
        Assert.Equal("0", _engine.Line("PFCOUNT other"));
        Assert.Equal("0", _engine.Line("PFCOUNT missing"));

        // The estimate that a PFCOUNT stores is a change; that it reads one is none.
        Assert.Equal(["PFADD key a b c", "PFCOUNT key", "PFADD other", "PFCOUNT other"], _engine.Effects());
    }

    [Fact]
    public void The_bytes_are_those_of_redis()
    {
        _engine.Line("PFADD key a b c");
        string zeros = string.Concat(Enumerable.Repeat("\\x00", 10));
        Assert.Equal($"\"HYLL\\x01{zeros}\\x80\"", _engine.Line("GETRANGE key 0 15"));
        Assert.Equal("sparse", _engine.Line("PFDEBUG ENCODING key"));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal("1", _engine.Line("PFDEBUG TODENSE key"));
        Assert.Equal("0", _engine.Line("PFDEBUG TODENSE key"));
        Assert.Equal("12304", _engine.Line("STRLEN key"));
        Assert.Equal("-ERR HLL encoding is not sparse", _engine.Line("PFDEBUG DECODE key"));
    }

    [Fact]
    public void A_union_counts_common_elements_once()
    {
        _engine.Line("PFADD a 1 2 3");
        _engine.Line("PFADD b 3 4 5");
        _engine.Line("PFDEBUG TODENSE b");
        Assert.Equal("5", _engine.Line("PFCOUNT a b missing"));
        _engine.Line("SET c x");
        Assert.Equal(NotOne, _engine.Line("PFCOUNT a c"));
        Assert.Equal(NotOne, _engine.Line("PFMERGE c a"));
        Assert.Equal("OK", _engine.Line("PFMERGE d a a"));
        Assert.Equal("sparse", _engine.Line("PFDEBUG ENCODING d"));
        Assert.Equal("OK", _engine.Line("PFMERGE d b"));
        Assert.Equal("dense", _engine.Line("PFDEBUG ENCODING d"));
        Assert.Equal("5", _engine.Line("PFCOUNT d"));
    }

    [Fact]
    public void Many_elements_leave_the_sparse_encoding_at_its_limit()
    {
        EngineFixture engine = new(new EngineOptions { HllSparseMaxBytes = 100 });
        int longest = 0;
        for (int i = 0; engine.Line("PFDEBUG ENCODING key") != "dense"; i++)
        {
            engine.Line($"PFADD key {i}");
            int length = int.Parse(engine.Line("STRLEN key"), CultureInfo.InvariantCulture);
            longest = length < 12304 ? Math.Max(longest, length) : longest;
        }
        Assert.InRange(longest, 98, 100);
    }

    [Fact]
    public void What_is_no_hyperloglog_is_refused()
    {
        _engine.Line("SET number 12345678901234567");
        _engine.Line("PFADD key a");
        Assert.Equal(NotOne, _engine.Line("PFADD number a"));
        Assert.Equal("-ERR The specified key does not exist", _engine.Line("PFDEBUG junk missing"));
        Assert.Equal("-ERR Unknown PFDEBUG subcommand 'junk'", _engine.Line("PFDEBUG junk key"));
        _engine.Run("SETRANGE", "key", "4", "\x02");
        Assert.Equal(NotOne, _engine.Line("PFCOUNT key"));
        _engine.Run("SETRANGE", "key", "4", "\0");
        Assert.Equal(NotOne, _engine.Line("PFCOUNT key"));
    }

    [Theory]
    [InlineData("\x7f")]
    [InlineData("\x7f\xff\x80")]
    [InlineData("\x7f\xff\x7f\xff")]
    [InlineData("\x00")]
    [InlineData("\x7f\xfe")]
    [InlineData("")]
    public void A_corrupt_one_answers_an_error_and_stays_as_it_was(string registers)
    {
        string value = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80" + registers;
        _engine.Run("SET", "key", value);
        string before = _engine.Line("GET key");
        _engine.Effects();
        foreach (string command in (string[])["PFCOUNT key", "PFCOUNT key key", "PFMERGE key", "PFMERGE other key",
            "PFDEBUG GETREG key", "PFDEBUG TODENSE key"])
        {
            Assert.Equal(Corrupt, _engine.Line(command));
        }
        Assert.DoesNotContain("internal", _engine.Line("PFDEBUG DECODE key"));
        Assert.Equal(before, _engine.Line("GET key"));
        Assert.Empty(_engine.Effects());
    }
}
