using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class StringCounterTests
{
    private const string NotAnInteger = "-ERR value is not an integer or out of range";
    private const string NotAFloat = "-ERR value is not a valid float";
    private const string Overflow = "-ERR increment or decrement would overflow";
    private const string WrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    private readonly EngineFixture _engine = new();

    [Fact]
    public void A_missing_key_counts_as_zero()
    {
        Assert.Equal("1", _engine.Line("INCR a"));
        Assert.Equal("-1", _engine.Line("DECR b"));
        Assert.Equal("17", _engine.Line("INCRBY c 17"));
        Assert.Equal("-17", _engine.Line("DECRBY d 17"));
        Assert.Equal("\"0.5\"", _engine.Line("INCRBYFLOAT e 0.5"));
        Assert.Equal("int", _engine.EncodingOf("a"));
        Assert.Equal(["INCR a", "DECR b", "INCRBY c 17", "DECRBY d 17", "SET e 0.5 KEEPTTL"], _engine.Effects());
    }

    [Fact]
    public void A_counter_keeps_its_expiry()
    {
        _engine.Line("SET key 5 PXAT 1700000100000");
        Assert.Equal("6", _engine.Line("INCR key"));
        Assert.Equal("\"6.5\"", _engine.Line("INCRBYFLOAT key 0.5"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
        Assert.Equal(1, _engine.Engine.Keyspace[0].ExpiringCount);
    }

    [Theory]
    [InlineData("9223372036854775807", "INCR key", Overflow)]
    [InlineData("-9223372036854775808", "DECR key", Overflow)]
    [InlineData("-2", "INCRBY key -9223372036854775807", Overflow)]
    [InlineData("-1", "INCRBY key -9223372036854775807", "-9223372036854775808")]
    [InlineData("-9223372036854775808", "INCRBY key 9223372036854775807", "-1")]
    [InlineData("0", "DECRBY key -9223372036854775808", "-ERR decrement would overflow")]
    [InlineData("0", "INCRBY key 9223372036854775808", NotAnInteger)]
    [InlineData("0", "INCRBY key 1.0", NotAnInteger)]
    [InlineData("text", "INCR key", NotAnInteger)]
    [InlineData("", "INCR key", NotAnInteger)]
    [InlineData("01", "INCR key", NotAnInteger)]
    [InlineData("9223372036854775808", "DECR key", NotAnInteger)]
    public void Integers_stay_in_their_range(string value, string command, string reply)
    {
        _engine.Run("SET", "key", value);
        Assert.Equal(reply, _engine.Line(command));
    }

    [Theory]
    [InlineData("INCR key")]
    [InlineData("DECRBY key 1")]
    [InlineData("INCRBYFLOAT key 1")]
    [InlineData("APPEND key 1")]
    [InlineData("SETRANGE key 1 1")]
    public void Another_type_is_an_error(string command)
    {
        _engine.PutList("key");
        Assert.Equal(WrongType, _engine.Line(command));
        Assert.Empty(_engine.Effects());
    }

    [Fact]
    public void A_sum_of_floats_is_never_stored_as_an_integer()
    {
        _engine.Line("SET key 3");
        Assert.Equal("\"4\"", _engine.Line("INCRBYFLOAT key 1"));
        Assert.Equal("embstr", _engine.EncodingOf("key"));
        Assert.Equal("5", _engine.Line("INCR key"));
        Assert.Equal("int", _engine.EncodingOf("key"));
        _engine.Line("INCRBYFLOAT key 1e50");
        Assert.Equal("raw", _engine.EncodingOf("key"));
    }

    [Fact]
    public void Floats_are_refused_when_they_are_none_or_not_finite()
    {
        _engine.Run("SET", "key", "1.5 ");
        Assert.Equal(NotAFloat, _engine.Line("INCRBYFLOAT key 1"));
        _engine.Line("SET key 1");
        Assert.Equal(NotAFloat, _engine.Line("INCRBYFLOAT key x"));
        Assert.Equal(NotAFloat, _engine.Line("INCRBYFLOAT key nan"));
        Assert.Equal("-ERR increment would produce NaN or Infinity", _engine.Line("INCRBYFLOAT key -inf"));
        Assert.Equal(["SET key \"1.5 \"", "SET key 1"], _engine.Effects());
    }
}
