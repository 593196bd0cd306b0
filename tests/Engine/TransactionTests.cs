using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class TransactionTests
{
    private readonly EngineFixture _fixture = new();

    [Fact]
    public void Commands_are_queued_and_answered_together()
    {
        Assert.Equal("OK", Line("MULTI"));
        Assert.Equal("QUEUED", Line("SET a 1"));
        Assert.Equal("QUEUED", Line("INCR a"));
        Assert.Equal("QUEUED", Line("INCR a"));
        Assert.Equal("QUEUED", Line("GET a"));
        Assert.Equal("[OK, 2, 3, \"3\"]", Line("EXEC"));
        Assert.Equal("-ERR EXEC without MULTI", Line("EXEC"));
        Assert.Equal("-ERR DISCARD without MULTI", Line("DISCARD"));
    }

    [Fact]
    public void An_error_in_one_command_does_not_stop_the_others()
    {
        Lines("SET a text", "MULTI", "INCR a", "SET b 1");
        Assert.Equal("[-ERR value is not an integer or out of range, OK]", Line("EXEC"));
    }

    [Theory]
    [InlineData("GET", "-ERR wrong number of arguments for 'get' command")]
    [InlineData("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: ")]
    [InlineData("OBJECT NOSUCH", "-ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP.")]
    public void A_command_that_cannot_be_queued_aborts_the_transaction(string command, string error)
    {
        Lines("MULTI", "SET a 1");
        Assert.Equal(error, Line(command));
        Assert.Equal("QUEUED", Line("SET b 1"));
        Assert.Equal("-EXECABORT Transaction discarded because of previous errors.", Line("EXEC"));
        Assert.Equal("0", Line("EXISTS a b"));
    }

    [Theory]
    [InlineData("MULTI", "-ERR MULTI calls can not be nested")]
    [InlineData("WATCH a", "-ERR WATCH inside MULTI is not allowed")]
    public void What_is_refused_at_once_does_not_abort_it(string command, string error)
    {
        Lines("MULTI", "SET a 1");
        Assert.Equal(error, Line(command));
        Assert.Equal("[OK]", Line("EXEC"));
    }

    [Fact]
    public void Exec_with_an_argument_ends_the_transaction()
    {
        Lines("MULTI", "SET a 1");
        Assert.Equal(
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
            Line("EXEC x"));
        Assert.Equal("-ERR EXEC without MULTI", Line("EXEC"));
    }

    [Theory]
    [InlineData("SET a 2")]
    [InlineData("INCR a")]
    [InlineData("APPEND a x")]
    [InlineData("SETRANGE a 0 x")]
    [InlineData("DEL a")]
    [InlineData("EXPIRE a 100")]
    [InlineData("EXPIRE a -1")]
    [InlineData("GETEX a EX 100")]
    [InlineData("GETDEL a")]
    [InlineData("RENAME a c")]
    [InlineData("RENAME b a")]
    [InlineData("COPY b a REPLACE")]
    [InlineData("MOVE a 1")]
    [InlineData("FLUSHDB")]
    [InlineData("FLUSHALL")]
    [InlineData("SWAPDB 0 1")]
    public void A_change_of_a_watched_key_fails_the_transaction(string change)
    {
        Lines("SET a 1", "SET b 1", "WATCH x a", change, "MULTI", "GET a");
        Assert.Equal("nil", Line("EXEC"));
        Lines("MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
    }

    [Theory]
    [InlineData("GET a")]
    [InlineData("TOUCH a")]
    [InlineData("SETNX a 5")]
    [InlineData("SET a 5 NX")]
    [InlineData("PERSIST a")]
    [InlineData("COPY a c")]
    [InlineData("SET b 5")]
    [InlineData("DEL x")]
    [InlineData("SWAPDB 1 2")]
    public void What_does_not_change_it_does_not(string command)
    {
        Lines("SET a 1", "SET b 1", "WATCH a x", command, "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
    }

    [Fact]
    public void A_key_is_watched_in_the_database_that_was_selected()
    {
        Lines("WATCH a", "SELECT 1", "SET a 1", "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
        Lines("WATCH a", "SELECT 0", "WATCH a", "WATCH a", "SELECT 1", "SET a 2", "MULTI", "PING");
        Assert.Equal("nil", Line("EXEC"));
    }

    [Fact]
    public void Unwatch_and_discard_forget_the_keys()
    {
        Lines("WATCH a", "SET a 1", "UNWATCH", "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
        Lines("WATCH a", "SET a 2", "MULTI", "DISCARD", "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
        Lines("WATCH a", "MULTI", "DISCARD", "SET a 3", "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
    }

    [Fact]
    public void A_watched_key_that_expires_fails_the_transaction()
    {
        Lines("SET a 1 PX 100", "WATCH a");
        _fixture.NowMs += 100;
        Lines("MULTI", "PING");
        Assert.Equal("nil", Line("EXEC"));
    }

    [Theory]
    [InlineData("PING")]
    [InlineData("DEL a")]
    [InlineData("GET a")]
    [InlineData("FLUSHALL")]
    [InlineData("SWAPDB 0 1")]
    public void One_that_had_expired_when_the_watching_began_does_not(string command)
    {
        Line("SET a 1 PX 100");
        _fixture.NowMs += 100;
        Lines("WATCH a", command, "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
    }

    [Fact]
    public void But_one_that_is_set_again_does()
    {
        Line("SET a 1 PX 100");
        _fixture.NowMs += 100;
        Lines("WATCH a", "SET a 2", "MULTI", "PING");
        Assert.Equal("nil", Line("EXEC"));
    }

    [Fact]
    public void A_swapped_database_with_an_expired_key_changes_nothing_either()
    {
        Lines("SELECT 1", "SET a 1 PX 100", "SELECT 0", "WATCH a");
        _fixture.NowMs += 100;
        Lines("SWAPDB 0 1", "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
    }

    [Fact]
    public void Effects_stand_between_multi_and_exec()
    {
        Lines("MULTI", "SET a 1", "GET a", "EXPIREAT a 33177117420", "EXEC");
        Assert.Equal(["MULTI", "SET a 1", "PEXPIREAT a 33177117420000", "EXEC"], _fixture.Effects());
    }

    [Fact]
    public void A_single_effect_stands_alone()
    {
        Lines("MULTI", "GET a", "SET a 1", "DEL x", "EXEC", "MULTI", "GET a", "EXEC", "MULTI", "EXEC");
        Assert.Equal(["SET a 1"], _fixture.Effects());
    }

    [Fact]
    public void Selects_stand_where_redis_puts_them()
    {
        Lines("SET a 1", "MULTI", "SELECT 1", "SET b 1", "SELECT 2", "SET c 1", "EXEC", "SET d 1", "SELECT 0", "DEL a");
        Assert.Equal(
            ["SET a 1", "SELECT 1", "MULTI", "SET b 1", "SELECT 2", "SET c 1", "EXEC", "SET d 1", "SELECT 0", "DEL a"],
            _fixture.Effects());
    }

    [Fact]
    public void A_command_and_the_expired_key_that_it_met_are_one_unit()
    {
        Lines("SET a 1 PXAT 1700000000100", "SET b 1 PXAT 1700000000100");
        _fixture.Effects();
        _fixture.NowMs += 100;
        Lines("GET a", "SET b 2");
        Assert.Equal(["DEL a", "MULTI", "DEL b", "SET b 2", "EXEC"], _fixture.Effects());
    }

    [Fact]
    public void Without_memory_nothing_is_queued_but_what_ends_the_transaction_runs()
    {
        EngineFixture fixture = new(new EngineOptions());
        fixture.Line("SET a 1");
        fixture.Line("MULTI");
        fixture.Line("SET a 2");
        fixture.Options.MaxMemory = 1;
        Assert.StartsWith("-OOM ", fixture.Line("GET a"));
        Assert.Equal("-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
            + "'maxmemory'.", fixture.Line("EXEC"));
        Assert.Equal("OK", fixture.Line("MULTI"));
        Assert.Equal("OK", fixture.Line("DISCARD"));
        fixture.Options.MaxMemory = 0;
        fixture.Line("MULTI");
        fixture.Line("GET a");
        fixture.Options.MaxMemory = 1;
        Assert.Equal("[\"1\"]", fixture.Line("EXEC"));
    }

    [Fact]
    public void Big_arguments_and_many_commands_are_kept()
    {
        Line("MULTI");
        for (int i = 0; i < 1000; i++)
        {
            _fixture.Run("APPEND", "k", new string((char)('a' + (i % 26)), i));
        }
        string reply = Line("EXEC");
        Assert.EndsWith(", 499500]", reply);
        Assert.Equal($"\"{new string('d', 3)}\"", Line("GETRANGE k 3 5"));
    }

    [Fact]
    public void Reset_forgets_it()
    {
        Lines("WATCH a", "MULTI", "SET a 1");
        _fixture.Session.Reset(_fixture.Engine.Keyspace[0]);
        Assert.Equal("-ERR EXEC without MULTI", Line("EXEC"));
        Lines("SET a 2", "MULTI", "PING");
        Assert.Equal("[PONG]", Line("EXEC"));
    }

    private string Line(string command) => _fixture.Line(command);

    private void Lines(params string[] commands)
    {
        foreach (string command in commands)
        {
            Assert.DoesNotContain("-ERR", Line(command));
        }
    }
}
