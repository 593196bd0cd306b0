using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class StringRangeTests
{
    private const string TooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";

    private readonly EngineFixture _engine = new();

    [Fact]
    public void Append_makes_a_missing_key_as_set_does()
    {
        Assert.Equal("2", _engine.Line("APPEND number 12"));
        Assert.Equal("4", _engine.Line("APPEND text text"));
        Assert.Equal("int", _engine.EncodingOf("number"));
        Assert.Equal("embstr", _engine.EncodingOf("text"));
    }

    [Fact]
    public void Append_makes_what_is_there_raw_and_keeps_its_expiry()
    {
        _engine.Line("SET key 12 PXAT 1700000100000");
        Assert.Equal("4", _engine.Line("APPEND key 34"));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
        Assert.Equal("\"1234\"", _engine.Line("GET key"));
        Assert.Equal("1235", _engine.Line("INCR key"));
        Assert.Equal("int", _engine.EncodingOf("key"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
    }

    [Fact]
    public void Append_of_nothing_still_is_a_change()
    {
        _engine.Line("SET key 12");
        _engine.Effects();
        Assert.Equal("2", _engine.Run("APPEND", "key", ""));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal(["APPEND key \"\""], _engine.Effects());
    }

    [Fact]
    public void A_string_grows_by_appends_beyond_every_limit_of_its_storage()
    {
        string expected = "";
        for (int i = 0; i < 300; i++)
        {
            string piece = new((char)('a' + (i % 26)), i);
            expected += piece;
            Assert.Equal($"{expected.Length}", _engine.Run("APPEND", "key", piece));
        }
        Assert.Equal($"\"{expected}\"", _engine.Line("GET key"));
        Assert.Equal($"{expected.Length}", _engine.Line("STRLEN key"));
        _engine.Line("DEL key");
        Assert.Equal(0, _engine.Engine.Keyspace[0].Store!.Strings.Bytes);
    }

    [Fact]
    public void A_string_that_grows_out_of_its_record_takes_at_most_a_mebibyte_more()
    {
        _engine.Line("SET key value");
        Assert.Equal("10485765", _engine.Line("SETRANGE key 10485760 value"));
        Assert.InRange(_engine.Engine.Keyspace[0].Store!.Strings.Bytes, 10_485_765, 10_485_765 + (2 << 20));
    }

    [Fact]
    public void Strlen_counts_bytes_as_text()
    {
        _engine.Line("MSET number -9223372036854775808 text value");
        Assert.Equal("20", _engine.Line("STRLEN number"));
        Assert.Equal("5", _engine.Line("STRLEN text"));
        Assert.Equal("0", _engine.Line("STRLEN missing"));
    }

    [Fact]
    public void Setrange_fills_the_gap_with_zeros()
    {
        Assert.Equal("5", _engine.Line("SETRANGE key 3 ab"));
        Assert.Equal("\"\\x00\\x00\\x00ab\"", _engine.Line("GET key"));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal("5", _engine.Line("SETRANGE key 0 xyz"));
        Assert.Equal("\"xyzab\"", _engine.Line("GET key"));
        Assert.Equal(["SETRANGE key 3 ab", "SETRANGE key 0 xyz"], _engine.Effects());
    }

    [Fact]
    public void Setrange_of_a_number_changes_its_digits()
    {
        _engine.Line("SET key 1234 PXAT 1700000100000");
        Assert.Equal("4", _engine.Line("SETRANGE key 1 9"));
        Assert.Equal("\"1934\"", _engine.Line("GET key"));
        Assert.Equal("raw", _engine.EncodingOf("key"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
    }

    [Fact]
    public void Setrange_of_nothing_changes_nothing()
    {
        Assert.Equal("0", _engine.Run("SETRANGE", "key", "1000000000000", ""));
        _engine.Line("SET key 123");
        Assert.Equal("3", _engine.Run("SETRANGE", "key", "10", ""));
        Assert.Equal("int", _engine.EncodingOf("key"));
        Assert.Equal(["SET key 123"], _engine.Effects());
    }

    [Fact]
    public void Setrange_refuses_a_bad_offset()
    {
        Assert.Equal("-ERR offset is out of range", _engine.Line("SETRANGE key -1 a"));
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("SETRANGE key x a"));
        Assert.Equal(TooLong, _engine.Line("SETRANGE key 9223372036854775807 a"));
        Assert.Equal(TooLong, _engine.Line("SETRANGE key 536870911 ab"));
        Assert.Equal(0, _engine.Engine.Keyspace.Count);
    }

    [Fact]
    public void A_string_ends_at_the_configured_length()
    {
        EngineFixture engine = new(new EngineOptions { ProtoMaxBulkLength = 10 });
        Assert.Equal("10", engine.Line("SETRANGE key 5 12345"));
        Assert.Equal(TooLong, engine.Line("SETRANGE key 6 12345"));
        Assert.Equal(TooLong, engine.Line("APPEND key 1"));
        Assert.Equal("10", engine.Run("APPEND", "key", ""));
    }

    [Theory]
    [InlineData("0", "3", "This")]
    [InlineData("0", "-1", "This is a string")]
    [InlineData("-3", "-1", "ing")]
    [InlineData("5", "3", "")]
    [InlineData("5", "5000", "is a string")]
    [InlineData("-5000", "10000", "This is a string")]
    [InlineData("-5", "-100", "")]
    [InlineData("-100", "-50", "T")]
    [InlineData("-50", "-100", "")]
    [InlineData("16", "20", "")]
    [InlineData("-9223372036854775808", "9223372036854775807", "This is a string")]
    public void Getrange_cuts_at_both_ends(string start, string end, string part)
    {
        _engine.Run("SET", "key", "This is a string");
        Assert.Equal($"\"{part}\"", _engine.Run("GETRANGE", "key", start, end));
        Assert.Equal($"\"{part}\"", _engine.Run("SUBSTR", "key", start, end));
        Assert.Equal("\"\"", _engine.Run("GETRANGE", "missing", start, end));
    }

    [Fact]
    public void Getrange_reads_a_numbers_digits()
    {
        _engine.Line("SET key 1234");
        Assert.Equal("\"123\"", _engine.Line("GETRANGE key 0 2"));
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("GETRANGE key 0 x"));
    }
}
