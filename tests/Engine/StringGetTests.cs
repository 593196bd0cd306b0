using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class StringGetTests
{
    private const string WrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    private readonly EngineFixture _engine = new();

    [Theory]
    [InlineData("GET key")]
    [InlineData("GETDEL key")]
    [InlineData("GETEX key")]
    [InlineData("STRLEN key")]
    [InlineData("GETRANGE key 0 1")]
    public void Another_type_is_an_error(string command)
    {
        _engine.PutList("key");
        Assert.Equal(WrongType, _engine.Line(command));
    }

    [Fact]
    public void Mget_answers_null_for_a_missing_key_and_for_another_type()
    {
        _engine.PutList("list");
        _engine.Line("SET key 1");
        Assert.Equal("[\"1\", nil, nil, \"1\"]", _engine.Line("MGET key list missing key"));
    }

    [Fact]
    public void Null_is_its_own_type_in_resp3()
    {
        _engine.Session.Protocol = 3;
        Assert.Equal("_\r\n"u8.ToArray(), _engine.Execute(EngineFixture.Request("GET", "missing")));
        _engine.Session.Protocol = 2;
        Assert.Equal("$-1\r\n"u8.ToArray(), _engine.Execute(EngineFixture.Request("GET", "missing")));
    }

    [Fact]
    public void Hits_and_misses_are_counted()
    {
        _engine.Line("SET key 1");
        _engine.Line("MGET key missing");
        _engine.Line("GET key");
        _engine.Line("INCR other");
        Assert.Equal(2, _engine.Engine.Metrics.KeyspaceHits);
        Assert.Equal(1, _engine.Engine.Metrics.KeyspaceMisses);
    }

    [Fact]
    public void Getdel_answers_and_deletes()
    {
        _engine.Line("SET key 1");
        Assert.Equal("\"1\"", _engine.Line("GETDEL key"));
        Assert.Equal("nil", _engine.Line("GETDEL key"));
        Assert.Equal(["SET key 1", "DEL key"], _engine.Effects());
    }

    [Fact]
    public void Lazy_freeing_shows_in_the_effects()
    {
        EngineFixture engine = new(new EngineOptions { LazyFreeUserDel = true, LazyFreeExpire = true });
        engine.Line("MSET a 1 b 2 c 3");
        engine.Effects();
        engine.Line("GETDEL a");
        engine.Line("GETEX b PXAT 1");
        Assert.Equal(["UNLINK a", "UNLINK b"], engine.Effects());
    }

    [Fact]
    public void Getex_without_options_is_get()
    {
        _engine.Line("SET key 1 PXAT 1700000100000");
        _engine.Effects();
        Assert.Equal("\"1\"", _engine.Line("GETEX key"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
        Assert.Equal("nil", _engine.Line("GETEX missing EX 10"));
        Assert.Empty(_engine.Effects());
    }

    [Theory]
    [InlineData("EX 10", 1_700_000_010_000)]
    [InlineData("PX 1500", 1_700_000_001_500)]
    [InlineData("EXAT 1700000100", 1_700_000_100_000)]
    [InlineData("PXAT 1700000100001", 1_700_000_100_001)]
    public void Getex_sets_the_expiry(string options, long expiry)
    {
        _engine.Line("SET key value");
        _engine.Effects();
        Assert.Equal("\"value\"", _engine.Line($"GETEX key {options}"));
        Assert.Equal(expiry, _engine.ExpiryOf("key"));
        Assert.Equal([$"PEXPIREAT key {expiry}"], _engine.Effects());
        Assert.Equal("\"value\"", _engine.Line("GETEX key PERSIST"));
        Assert.Equal("\"value\"", _engine.Line("GETEX key PERSIST"));
        Assert.Equal(-1, _engine.ExpiryOf("key"));
        Assert.Equal(["PERSIST key"], _engine.Effects());
    }

    [Fact]
    public void Getex_with_a_time_in_the_past_deletes()
    {
        _engine.Line("SET key value");
        _engine.Effects();
        Assert.Equal("\"value\"", _engine.Line("GETEX key EXAT 1700000000"));
        Assert.Equal(0, _engine.Engine.Keyspace[0].Count);
        Assert.Equal(["DEL key"], _engine.Effects());
    }

    [Theory]
    [InlineData("GETEX key EX 10 PERSIST", "-ERR syntax error")]
    [InlineData("GETEX key PERSIST EX 10", "-ERR syntax error")]
    [InlineData("GETEX key KEEPTTL", "-ERR syntax error")]
    [InlineData("GETEX key NX", "-ERR syntax error")]
    [InlineData("GETEX key EX", "-ERR syntax error")]
    [InlineData("GETEX key EX 0", "-ERR invalid expire time in 'getex' command")]
    [InlineData("GETEX key EX x", "-ERR value is not an integer or out of range")]
    [InlineData("GETEX missing EX x", "nil")]
    public void Getex_refuses_what_it_cannot_do(string command, string reply)
    {
        _engine.Line("SET key value");
        Assert.Equal(reply, _engine.Line(command));
    }
}
