using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class StringLcsTests
{
    private readonly EngineFixture _engine = new();

    [Theory]
    [InlineData("ohmytext", "mynewtext", "\"mytext\"")]
    [InlineData("abc", "xyz", "\"\"")]
    [InlineData("12345", "2340", "\"234\"")]
    public void The_subsequence_is_answered(string first, string second, string reply)
    {
        _engine.Run("MSET", "a", first, "b", second);
        Assert.Equal(reply, _engine.Line("LCS a b"));
        Assert.Equal($"{reply.Length - 2}", _engine.Line("LCS a b LEN"));
        Assert.Equal("\"\"", _engine.Line("LCS a missing"));
        Assert.Equal("0", _engine.Line("LCS missing missing LEN"));
    }

    [Theory]
    [InlineData("IDX", "[[4, 7], [5, 8]], [[2, 3], [0, 1]]")]
    [InlineData("idx MINMATCHLEN 4", "[[4, 7], [5, 8]]")]
    [InlineData("IDX MINMATCHLEN -1 WITHMATCHLEN", "[[4, 7], [5, 8], 4], [[2, 3], [0, 1], 2]")]
    [InlineData("IDX MINMATCHLEN 5", "")]
    public void The_matching_ranges_are_answered_last_one_first(string options, string matches)
    {
        _engine.Line("MSET a ohmytext b mynewtext");
        Assert.Equal($"[\"matches\", [{matches}], \"len\", 6]", _engine.Line($"LCS a b {options}"));
        _engine.Session.Protocol = 3;
        Assert.Equal($"{{\"matches\": [{matches}], \"len\": 6}}", _engine.Line($"LCS a b {options}"));
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        _engine.PutList("list");
        Assert.Equal("-ERR The specified keys must contain string values", _engine.Line("LCS list b FOO"));
        Assert.Equal("-ERR syntax error", _engine.Line("LCS a b FOO"));
        Assert.Equal("-ERR syntax error", _engine.Line("LCS a b MINMATCHLEN"));
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("LCS a b MINMATCHLEN x"));
        Assert.Equal(
            "-ERR If you want both the length and indexes, please just use IDX.", _engine.Line("LCS a b LEN IDX"));
    }

    [Fact]
    public void The_table_is_held_to_the_longest_string()
    {
        EngineFixture engine = new(new EngineOptions { ProtoMaxBulkLength = 4 * 11 * 11 });
        engine.Line("MSET a 0123456789 b 0123456789 c 0123456789x");
        Assert.Equal("10", engine.Line("LCS a b LEN"));
        Assert.Equal(
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len", engine.Line("LCS a c"));
    }
}
