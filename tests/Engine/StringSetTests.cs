using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class StringSetTests
{
    private const string Syntax = "-ERR syntax error";
    private const string WrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    private readonly EngineFixture _engine = new();

    [Fact]
    public void Set_keeps_the_value_for_get()
    {
        Assert.Equal("OK", _engine.Run("SET", "key", "some value"));
        Assert.Equal("\"some value\"", _engine.Run("GET", "key"));
        Assert.Equal("nil", _engine.Run("GET", "missing"));
        Assert.Equal(["SET key \"some value\""], _engine.Effects());
        Assert.Empty(_engine.Effects());
    }

    [Theory]
    [InlineData("0", "int")]
    [InlineData("-9223372036854775808", "int")]
    [InlineData("9223372036854775808", "embstr")]
    [InlineData("01", "embstr")]
    [InlineData("+1", "embstr")]
    [InlineData("-0", "embstr")]
    [InlineData("1.0", "embstr")]
    [InlineData("12345678901234567890123456789012345678901234", "embstr")]
    [InlineData("123456789012345678901234567890123456789012345", "raw")]
    public void Set_chooses_the_encoding_by_the_value(string value, string encoding)
    {
        _engine.Run("SET", "key", value);
        Assert.Equal(encoding, _engine.EncodingOf("key"));
        Assert.Equal($"\"{value}\"", _engine.Run("GET", "key"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(1_000_000)]
    public void Values_of_any_length_come_back(int length)
    {
        string value = new('v', length);
        _engine.Run("SET", "key", "before");
        _engine.Run("SET", "key", value);
        Assert.Equal($"\"{value}\"", _engine.Run("GET", "key"));
        _engine.Run("SET", "key", "after");
        Assert.Equal("\"after\"", _engine.Run("GET", "key"));
        Assert.Equal(0, _engine.Engine.Keyspace[0].Store!.Strings.Bytes);
    }

    [Fact]
    public void Nx_sets_only_a_missing_key_and_xx_only_one_that_is_there()
    {
        Assert.Equal("nil", _engine.Line("SET key 1 XX"));
        Assert.Equal("OK", _engine.Line("SET key 2 nx"));
        Assert.Equal("nil", _engine.Line("SET key 3 NX"));
        Assert.Equal("OK", _engine.Line("SET key 4 xx"));
        Assert.Equal("4", _engine.Line("GET key").Trim('"'));
        Assert.Equal(["SET key 2 nx", "SET key 4 xx"], _engine.Effects());
    }

    [Fact]
    public void Get_answers_the_old_value_and_stays_out_of_the_effect()
    {
        Assert.Equal("nil", _engine.Line("SET key 1 GET"));
        Assert.Equal("\"1\"", _engine.Line("SET key 2 GET XX get"));
        Assert.Equal("\"2\"", _engine.Line("SET key 3 GET NX"));
        Assert.Equal("nil", _engine.Line("SET other get GET XX"));
        Assert.Equal("nil", _engine.Line("SET other get GET NX"));
        Assert.Equal("\"2\"", _engine.Line("SET key 4 GET EX 10"));
        Assert.Equal(
            ["SET key 1", "SET key 2 XX", "SET other get NX", "SET key 4 PXAT 1700000010000"], _engine.Effects());
    }

    [Fact]
    public void Set_replaces_another_type_but_does_not_read_it()
    {
        _engine.PutList("key");
        Assert.Equal(WrongType, _engine.Line("SET key 1 GET"));
        Assert.Equal(WrongType, _engine.Line("GETSET key 1"));
        Assert.Equal("OK", _engine.Line("SET key 1"));
        Assert.Equal("\"1\"", _engine.Line("GET key"));
    }

    [Theory]
    [InlineData("EX 10", 1_700_000_010_000)]
    [InlineData("px 1500", 1_700_000_001_500)]
    [InlineData("EXAT 1700000100", 1_700_000_100_000)]
    [InlineData("pxat 1700000100001", 1_700_000_100_001)]
    [InlineData("EX 10 EX 20", 1_700_000_020_000)]
    public void A_time_becomes_an_absolute_one_in_the_effect(string options, long expiry)
    {
        Assert.Equal("OK", _engine.Line($"SET key value {options}"));
        Assert.Equal(expiry, _engine.ExpiryOf("key"));
        Assert.Equal([$"SET key value PXAT {expiry}"], _engine.Effects());
    }

    [Theory]
    [InlineData("SETEX key 10 value")]
    [InlineData("PSETEX key 10000 value")]
    public void Setex_and_psetex_are_set_with_a_time(string command)
    {
        Assert.Equal("OK", _engine.Line(command));
        Assert.Equal(1_700_000_010_000, _engine.ExpiryOf("key"));
        Assert.Equal(["SET key value PXAT 1700000010000"], _engine.Effects());
        _engine.NowMs += 10_000;
        Assert.Equal("nil", _engine.Line("GET key"));
        Assert.Equal(["DEL key"], _engine.Effects());
    }

    [Fact]
    public void A_time_in_the_past_is_set_and_found_expired()
    {
        Assert.Equal("OK", _engine.Line("SET key value PXAT 1"));
        Assert.Equal(1, _engine.Engine.Keyspace[0].Count);
        Assert.Equal("nil", _engine.Line("GET key"));
        Assert.Equal(["SET key value PXAT 1", "DEL key"], _engine.Effects());
    }

    [Fact]
    public void Set_takes_the_expiry_away_unless_told_to_keep_it()
    {
        _engine.Line("SET key 1 PXAT 1700000100000");
        Assert.Equal("OK", _engine.Line("SET key 2 KEEPTTL"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
        Assert.Equal("OK", _engine.Line("SET key 3"));
        Assert.Equal(-1, _engine.ExpiryOf("key"));
        Assert.Equal(0, _engine.Engine.Keyspace[0].ExpiringCount);
        _engine.Line("SET key 1 PXAT 1700000100000");
        _engine.Line("GETSET key 4");
        Assert.Equal(-1, _engine.ExpiryOf("key"));
    }

    [Theory]
    [InlineData("NX XX")]
    [InlineData("XX NX")]
    [InlineData("EX 1 PX 1")]
    [InlineData("EX 1 EXAT 1")]
    [InlineData("PXAT 1 PX 1")]
    [InlineData("KEEPTTL EX 1")]
    [InlineData("EX 1 KEEPTTL")]
    [InlineData("EX")]
    [InlineData("PERSIST")]
    [InlineData("FOO")]
    public void Options_that_contradict_each_other_are_a_syntax_error(string options)
    {
        Assert.Equal(Syntax, _engine.Line($"SET key value {options}"));
        Assert.Empty(_engine.Effects());
    }

    [Theory]
    [InlineData("SET key v EX 0", "set")]
    [InlineData("SET key v PX -1", "set")]
    [InlineData("SET key v EX 9223372036854776", "set")]
    [InlineData("SET key v EX 9223372036854775", "set")]
    [InlineData("SET key v PX 9223372036854775807", "set")]
    [InlineData("SET key v PXAT 0", "set")]
    [InlineData("SETEX key 0 v", "setex")]
    [InlineData("PSETEX key -5 v", "psetex")]
    [InlineData("PSETEX key 9223372036854775807 v", "psetex")]
    public void A_time_that_is_not_positive_or_too_far_is_refused(string command, string name)
    {
        Assert.Equal($"-ERR invalid expire time in '{name}' command", _engine.Line(command));
    }

    [Fact]
    public void A_time_is_an_integer()
    {
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("SET key v EX 1.5"));
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("SETEX key x v"));
    }

    [Fact]
    public void Setnx_sets_only_a_missing_key()
    {
        Assert.Equal("1", _engine.Line("SETNX key 1"));
        Assert.Equal("0", _engine.Line("SETNX key 2"));
        Assert.Equal("\"1\"", _engine.Line("GET key"));
        Assert.Equal(["SETNX key 1"], _engine.Effects());
    }

    [Fact]
    public void Getset_answers_the_old_value()
    {
        Assert.Equal("nil", _engine.Line("GETSET key 1"));
        Assert.Equal("\"1\"", _engine.Line("GETSET key 2"));
        Assert.Equal(["SET key 1", "SET key 2"], _engine.Effects());
    }

    [Fact]
    public void Mset_sets_all_and_the_last_of_equal_keys_stays()
    {
        _engine.Line("SET a 0 EX 10");
        _engine.Effects();
        Assert.Equal("OK", _engine.Line("MSET a 1 b 2 a 3"));
        Assert.Equal("[\"3\", \"2\", nil]", _engine.Line("MGET a b c"));
        Assert.Equal(-1, _engine.ExpiryOf("a"));
        Assert.Equal(["MSET a 1 b 2 a 3"], _engine.Effects());
        Assert.Equal("-ERR wrong number of arguments for 'mset' command", _engine.Line("MSET a 1 b"));
    }

    [Fact]
    public void Msetnx_sets_all_or_nothing()
    {
        Assert.Equal("1", _engine.Line("MSETNX a 1 b 2"));
        Assert.Equal("0", _engine.Line("MSETNX c 3 b 4"));
        Assert.Equal("[\"1\", \"2\", nil]", _engine.Line("MGET a b c"));
        Assert.Equal(["MSETNX a 1 b 2"], _engine.Effects());
        Assert.Equal("-ERR wrong number of arguments for 'msetnx' command", _engine.Line("MSETNX a 1 b"));
    }
}
