using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyExpireTests
{
    private readonly EngineFixture _engine = new();

    [Fact]
    public void Keys_that_go_before_their_time_leave_nothing_behind()
    {
        for (int i = 0; i < 100_000; i++)
        {
            _engine.Run("SET", "key", "value", "EX", $"{100_000 + i}");
            _engine.Run("DEL", "key");
        }
        Assert.InRange(_engine.Engine.Keyspace[0].Store!.Expiring.EntryCount, 0, 10_000);
    }

    public KeyExpireTests()
    {
        _engine.Line("SET a 1");
        _engine.Effects();
    }

    [Theory]
    [InlineData("EXPIRE a 100", "PEXPIREAT a 1700000100000")]
    [InlineData("PEXPIRE a 100", "PEXPIREAT a 1700000000100")]
    [InlineData("EXPIREAT a 1700000100", "PEXPIREAT a 1700000100000")]
    [InlineData("PEXPIREAT a 1700000000100", "PEXPIREAT a 1700000000100")]
    [InlineData("pexpireat a 1700000000100 nx", "pexpireat a 1700000000100 nx")]
    [InlineData("EXPIRE a 100 LT", "PEXPIREAT a 1700000100000 LT")]
    [InlineData("EXPIRE a 0", "DEL a")]
    [InlineData("PEXPIREAT a 1700000000000", "DEL a")]
    [InlineData("EXPIRE a -9223372036854775", "DEL a")]
    public void Its_effect_is_a_time_or_a_deletion(string command, string effect)
    {
        Assert.Equal("1", _engine.Line(command));
        Assert.Equal([effect], _engine.Effects());
    }

    [Fact]
    public void A_past_time_unlinks_when_lazy()
    {
        _engine.Options.LazyFreeExpire = true;
        Assert.Equal("1", _engine.Line("EXPIRE a -1"));
        Assert.Equal(["UNLINK a"], _engine.Effects());
        Assert.Equal("-2", _engine.Line("TTL a"));
    }

    [Theory]
    [InlineData("EXPIRE a 9223372036854776", "-ERR invalid expire time in 'expire' command")]
    [InlineData("EXPIRE a -9223372036854776", "-ERR invalid expire time in 'expire' command")]
    [InlineData("PEXPIRE a 9223372036854775807", "-ERR invalid expire time in 'pexpire' command")]
    [InlineData("EXPIREAT a 9223372036854776", "-ERR invalid expire time in 'expireat' command")]
    [InlineData("EXPIRE a 1.5", "-ERR value is not an integer or out of range")]
    [InlineData("EXPIRE a 1 FOO", "-ERR Unsupported option FOO")]
    [InlineData("EXPIRE nope x", "-ERR value is not an integer or out of range")]
    [InlineData("EXPIRE a 1 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible")]
    [InlineData("EXPIRE a 1 GT NX", "-ERR NX and XX, GT or LT options at the same time are not compatible")]
    [InlineData("EXPIRE a 1 GT LT", "-ERR GT and LT options at the same time are not compatible")]
    [InlineData("EXPIRE nope 1", "0")]
    public void What_it_refuses_has_no_effect(string command, string reply)
    {
        Assert.Equal(reply, _engine.Line(command));
        Assert.Empty(_engine.Effects());
        Assert.Equal("-1", _engine.Line("TTL a"));
    }

    [Theory]
    [InlineData("NX", "1", "0", "0", "0")]
    [InlineData("XX", "0", "1", "1", "1")]
    [InlineData("GT", "0", "0", "0", "1")]
    [InlineData("LT", "1", "1", "0", "0")]
    [InlineData("XX GT", "0", "0", "0", "1")]
    [InlineData("XX LT", "0", "1", "0", "0")]
    [InlineData("xx lt", "0", "1", "0", "0")]
    public void Conditions_look_at_the_present_expiry(
        string options, string none, string earlier, string equal, string later)
    {
        Assert.Equal(none, _engine.Line("EXPIRE a 100 " + options));
        foreach ((string seconds, string reply) in new[] { ("99", earlier), ("100", equal), ("101", later) })
        {
            _engine.Line("EXPIRE a 100");
            Assert.Equal(reply, _engine.Line($"EXPIRE a {seconds} {options}"));
        }
    }

    [Fact]
    public void Times_are_told_in_seconds_rounded_and_in_milliseconds()
    {
        _engine.Line("PEXPIRE a 1499");
        Assert.Equal("1", _engine.Line("TTL a"));
        Assert.Equal("1499", _engine.Line("PTTL a"));
        Assert.Equal("1700000001", _engine.Line("EXPIRETIME a"));
        Assert.Equal("1700000001499", _engine.Line("PEXPIRETIME a"));
        _engine.Line("PEXPIRE a 1500");
        Assert.Equal("2", _engine.Line("TTL a"));
        Assert.Equal("1700000002", _engine.Line("EXPIRETIME a"));
        foreach (string command in new[] { "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME" })
        {
            Assert.Equal("-2", _engine.Line(command + " nope"));
        }
    }

    [Fact]
    public void Persist_takes_it_away_once()
    {
        _engine.Line("EXPIRE a 100");
        _engine.Effects();
        Assert.Equal("1", _engine.Line("PERSIST a"));
        Assert.Equal("0", _engine.Line("PERSIST a"));
        Assert.Equal("0", _engine.Line("PERSIST nope"));
        Assert.Equal(["PERSIST a"], _engine.Effects());
        Assert.Equal("-1", _engine.Line("PTTL a"));
        foreach (string command in new[] { "TTL", "EXPIRETIME", "PEXPIRETIME" })
        {
            Assert.Equal("-1", _engine.Line(command + " a"));
        }
    }

    [Fact]
    public void A_key_whose_expiry_goes_to_and_fro_expires_once_and_leaves_nothing_behind()
    {
        for (int i = 0; i < 1000; i++)
        {
            _engine.Line("EXPIRE a 100");
            _engine.Line("EXPIRE a 50");
        }
        for (int second = 0; second < 60; second++)
        {
            _engine.NowMs += 1000;
            _engine.Line("EXPIRE a 100");
            while (!_engine.Engine.Cron())
            {
            }
        }

        // Each early firing passes over all entries but the newest and those that share its number.
        Assert.Equal("1", _engine.Line("EXISTS a"));
        Assert.InRange(_engine.Engine.Keyspace[0].Store!.Expiring.EntryCount, 1, 300);
        _engine.NowMs += 101_000;
        while (!_engine.Engine.Cron())
        {
        }
        Assert.Equal("0", _engine.Line("DBSIZE"));
        Assert.Equal(0, _engine.Engine.Keyspace[0].Store!.Expiring.EntryCount);
    }
}
