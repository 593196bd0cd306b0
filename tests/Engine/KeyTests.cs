using Tidelog.Engine.Keyspace;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyTests
{
    private readonly EngineFixture _engine = new();

    [Theory]
    [InlineData(Store.MaxInlineKey)]
    [InlineData(Store.MaxInlineKey + 1)]
    [InlineData(ushort.MaxValue - 1)]
    [InlineData(ushort.MaxValue)]
    [InlineData(ushort.MaxValue + 1)]
    public void A_long_key_is_found_again(int length)
    {
        EngineFixture engine = new();
        string key = new('k', length);
        engine.Run("SET", key, "value");
        Assert.Equal("\"value\"", engine.Run("GET", key));
        engine.Run("SET", key, "other");
        Assert.Equal("1", engine.Line("DBSIZE"));
        Assert.Equal("1", engine.Run("DEL", key));
        Assert.Equal("0", engine.Line("DBSIZE"));
    }

    [Fact]
    public void Del_counts_and_logs_only_when_something_went()
    {
        _engine.Line("SET a 1");
        _engine.Line("SET b 2");
        _engine.Effects();
        Assert.Equal("0", _engine.Line("DEL nope"));
        Assert.Empty(_engine.Effects());
        Assert.Equal("2", _engine.Line("DEL a nope b a"));
        Assert.Equal(["DEL a nope b a"], _engine.Effects());
        _engine.Line("SET a 1");
        Assert.Equal("1", _engine.Line("UNLINK a"));
        Assert.Equal(["SET a 1", "UNLINK a"], _engine.Effects());
    }

    [Fact]
    public void Exists_counts_a_key_as_often_as_it_is_named()
    {
        _engine.Line("SET a 1");
        Assert.Equal("2", _engine.Line("EXISTS a a nope"));
        Assert.Equal("1", _engine.Line("TOUCH a nope"));
        Assert.Equal("string", _engine.Line("TYPE a"));
        Assert.Equal("none", _engine.Line("TYPE nope"));
    }

    [Fact]
    public void Rename_takes_value_and_expiry_along()
    {
        _engine.Line("SET a hello");
        _engine.Line("SET b other");
        _engine.Line("PEXPIREAT a 1700000100000");
        _engine.Effects();
        Assert.Equal("OK", _engine.Line("RENAME a b"));
        Assert.Equal("\"hello\"", _engine.Line("GET b"));
        Assert.Equal("1700000100000", _engine.Line("PEXPIRETIME b"));
        Assert.Equal("0", _engine.Line("EXISTS a"));
        Assert.Equal("-ERR no such key", _engine.Line("RENAME a b"));
        Assert.Equal("-ERR no such key", _engine.Line("RENAME a a"));
        Assert.Equal(["RENAME a b"], _engine.Effects());
    }

    [Fact]
    public void Rename_to_itself_changes_nothing()
    {
        _engine.Line("SET a hello");
        _engine.Effects();
        Assert.Equal("OK", _engine.Line("RENAME a a"));
        Assert.Equal("0", _engine.Line("RENAMENX a a"));
        Assert.Equal("\"hello\"", _engine.Line("GET a"));
        Assert.Empty(_engine.Effects());
    }

    [Fact]
    public void Renamenx_leaves_a_taken_name()
    {
        _engine.Line("SET a 1");
        _engine.Line("SET b 2");
        _engine.Effects();
        Assert.Equal("0", _engine.Line("RENAMENX a b"));
        Assert.Equal("1", _engine.Line("RENAMENX a c"));
        Assert.Equal(["RENAMENX a c"], _engine.Effects());
    }

    [Fact]
    public void Rename_keeps_long_values_and_long_keys()
    {
        string value = new('v', 40_000);
        string key = new('k', 20_000);
        _engine.Run("SET", key, value);
        Assert.Equal("OK", _engine.Run("RENAME", key, "short"));
        Assert.Equal($"\"{value}\"", _engine.Run("GET", "short"));
        Assert.Equal("1", _engine.Run("COPY", "short", key));
        Assert.Equal("1", _engine.Run("DEL", "short"));
        Assert.Equal($"\"{value}\"", _engine.Run("GET", key));
    }

    [Fact]
    public void Move_goes_to_another_database_once()
    {
        _engine.Line("SET a 1");
        Assert.Equal("-ERR source and destination objects are the same", _engine.Line("MOVE a 0"));
        Assert.Equal("-ERR DB index is out of range", _engine.Line("MOVE a 16"));
        Assert.Equal("-ERR DB index is out of range", _engine.Line("MOVE a -1"));
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("MOVE a x"));
        Assert.Equal(
            "-ERR value is out of range, value must between -2147483648 and 2147483647",
            _engine.Line("MOVE a 3000000000"));
        _engine.Effects();
        Assert.Equal("1", _engine.Line("MOVE a 3"));
        Assert.Equal("0", _engine.Line("MOVE a 3"));
        _engine.Line("SET a 2");
        Assert.Equal("0", _engine.Line("MOVE a 3"));
        Assert.Equal(["MOVE a 3", "SET a 2"], _engine.Effects());
        _engine.Line("SELECT 3");
        Assert.Equal("\"1\"", _engine.Line("GET a"));
    }

    [Fact]
    public void Copy_replaces_only_when_asked()
    {
        _engine.Line("SET a hello");
        _engine.Line("SET b 1");
        _engine.Line("PEXPIREAT a 1700000100000");
        Assert.Equal("0", _engine.Line("COPY a b"));
        Assert.Equal("1", _engine.Line("COPY a b REPLACE"));
        Assert.Equal("1", _engine.Line("COPY a a DB 2"));
        Assert.Equal("0", _engine.Line("COPY nope x"));
        Assert.Equal("-ERR source and destination objects are the same", _engine.Line("COPY a a"));
        Assert.Equal("-ERR syntax error", _engine.Line("COPY a b DB"));
        Assert.Equal("\"hello\"", _engine.Line("GET b"));
        Assert.Equal("1700000100000", _engine.Line("PEXPIRETIME b"));
        _engine.Line("SELECT 2");
        Assert.Equal("1700000100000", _engine.Line("PEXPIRETIME a"));
    }

    [Fact]
    public void Swapdb_changes_what_a_session_sees()
    {
        _engine.Line("SET a 1");
        _engine.Effects();
        Assert.Equal("OK", _engine.Line("SWAPDB 0 1"));
        Assert.Equal("nil", _engine.Line("GET a"));
        _engine.Line("SELECT 1");
        Assert.Equal("\"1\"", _engine.Line("GET a"));
        Assert.Equal("-ERR invalid first DB index", _engine.Line("SWAPDB x 1"));
        Assert.Equal("-ERR invalid second DB index", _engine.Line("SWAPDB 1 99999999999"));
        Assert.Equal("-ERR DB index is out of range", _engine.Line("SWAPDB 1 16"));
        Assert.Equal(["SWAPDB 0 1"], _engine.Effects());
    }

    [Fact]
    public void Swapdb_takes_the_average_time_to_live_along()
    {
        _engine.Line("SET a 1 PX 5000");
        KeySpace keyspace = _engine.Engine.Keyspace;
        keyspace.SampleExpiries();
        Assert.Equal((5000, 0), (keyspace[0].AverageTtl, keyspace[1].AverageTtl));
        _engine.Line("SWAPDB 0 1");
        Assert.Equal((0, 5000), (keyspace[0].AverageTtl, keyspace[1].AverageTtl));
    }

    [Fact]
    public void Flush_is_logged_even_when_there_was_nothing()
    {
        Assert.Equal("OK", _engine.Line("FLUSHALL"));
        Assert.Equal("OK", _engine.Line("FLUSHDB ASYNC"));
        Assert.Equal(["FLUSHALL", "FLUSHDB ASYNC"], _engine.Effects());
        Assert.Equal(0, _engine.Engine.Effects.Changes);
        Assert.Equal("-ERR syntax error", _engine.Line("FLUSHALL NOW"));
        Assert.Equal("-ERR syntax error", _engine.Line("FLUSHDB SYNC SYNC"));
        _engine.Line("SET a 1");
        _engine.Line("SET b 1");
        _engine.Line("COPY a a DB 1");
        Assert.Equal("OK", _engine.Line("FLUSHDB"));
        Assert.Equal(1, _engine.Engine.Keyspace.Count);
        Assert.Equal(5, _engine.Engine.Effects.Changes);
        Assert.Equal("OK", _engine.Line("FLUSHALL SYNC"));
        Assert.Equal(0, _engine.Engine.Keyspace.Count);
        Assert.Equal("0", _engine.Line("DBSIZE"));
    }

    [Fact]
    public void Keys_matches_and_leaves_expired_ones_out()
    {
        _engine.Line("SET one 1");
        _engine.Line("SET two 2");
        _engine.Line("PEXPIRE two 100");
        Assert.Equal("[\"one\"]", _engine.Line("KEYS o*"));
        Assert.Equal("[]", _engine.Line("KEYS x*"));
        _engine.NowMs += 100;
        Assert.Equal("[\"one\"]", _engine.Line("KEYS *"));
        Assert.Equal("2", _engine.Line("DBSIZE"));
    }

    [Fact]
    public void Randomkey_passes_over_expired_keys_and_deletes_them()
    {
        Assert.Equal("nil", _engine.Line("RANDOMKEY"));
        for (int i = 0; i < 50; i++)
        {
            _engine.Line($"SET k{i} 1");
            _engine.Line($"PEXPIRE k{i} 100");
        }
        _engine.Line("SET stays 1");
        _engine.NowMs += 1000;
        Assert.Equal("\"stays\"", _engine.Line("RANDOMKEY"));
        _engine.Line("DEL stays");
        Assert.Equal("nil", _engine.Line("RANDOMKEY"));
        Assert.Equal("0", _engine.Line("DBSIZE"));
    }

    [Fact]
    public void An_expired_key_is_deleted_in_the_log_before_the_command_that_found_it()
    {
        _engine.Line("SET a 1");
        _engine.Line("PEXPIRE a 100");
        _engine.Effects();
        _engine.NowMs += 100;
        Assert.Equal("nil", _engine.Line("GET a"));
        _engine.Line("SET a 2");
        Assert.Equal(["DEL a", "SET a 2"], _engine.Effects());
        _engine.Options.LazyFreeExpire = true;
        _engine.Line("PEXPIRE a 100");
        _engine.NowMs += 100;
        _engine.Engine.Cron();
        _engine.NowMs += 16;
        _engine.Engine.Cron();
        Assert.Equal(["PEXPIREAT a 1700000000200", "UNLINK a"], _engine.Effects());
    }
}
