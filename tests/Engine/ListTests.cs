using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class ListTests
{
    private readonly EngineFixture _fixture = new();

    [Fact]
    public void Both_ends_are_pushed_to_and_popped_from()
    {
        Assert.Equal("3", Line("RPUSH l a b c"));
        Assert.Equal("5", Line("LPUSH l x y"));
        Assert.Equal("[\"y\", \"x\", \"a\", \"b\", \"c\"]", Line("LRANGE l 0 -1"));
        Assert.Equal("\"y\"", Line("LPOP l"));
        Assert.Equal("[\"c\", \"b\"]", Line("RPOP l 2"));
        Assert.Equal("[\"x\", \"a\"]", Line("LPOP l 10"));
        Assert.Equal("0", Line("EXISTS l"));
    }

    [Fact]
    public void An_element_moves_within_one_list_and_between_two()
    {
        string longText = new('x', 5000);
        _fixture.Run("RPUSH", "l", "1", "two", longText);
        Assert.Equal($"\"{longText}\"", Line("RPOPLPUSH l l"));
        Assert.Equal($"[\"{longText}\", \"1\", \"two\"]", Line("LRANGE l 0 -1"));
        Assert.Equal($"\"{longText}\"", Line("LMOVE l other LEFT RIGHT"));
        Assert.Equal("\"1\"", Line("LMOVE l other LEFT RIGHT"));
        Assert.Equal("\"two\"", Line("LMOVE l other LEFT LEFT"));
        Assert.Equal("0", Line("EXISTS l"));
        Assert.Equal($"[\"two\", \"{longText}\", \"1\"]", Line("LRANGE other 0 -1"));
        Assert.Equal("\"two\"", Line("LMOVE other other LEFT LEFT"));
    }

    [Fact]
    public void A_missing_list_is_null_of_the_right_kind()
    {
        byte[] request = EngineFixture.Request("LPOP", "l", "1");
        Assert.Equal("*-1\r\n", Encoding.Latin1.GetString(_fixture.Execute(request)));
        Assert.Equal("$-1\r\n", Encoding.Latin1.GetString(_fixture.Execute(EngineFixture.Request("LPOP", "l"))));
        _fixture.Session.Protocol = 3;
        Assert.Equal("_\r\n", Encoding.Latin1.GetString(_fixture.Execute(request)));
    }

    [Fact]
    public void Elements_that_wait_are_handed_over_with_the_effects_of_the_commands_that_do_not()
    {
        List<string> answers = [];
        Wait("A", answers, "BLPOP", "k", "0");
        Wait("B", answers, "BLMPOP", "0", "2", "j", "k", "RIGHT", "COUNT", "2");
        Wait("C", answers, "BLMOVE", "k", "m", "LEFT", "RIGHT", "0");
        Wait("D", answers, "BRPOPLPUSH", "m", "n", "0");
        Assert.Equal("4", Line("RPUSH k 1 2 3 4"));
        Assert.Equal(["A [\"k\", \"1\"]", "B [\"k\", [\"4\", \"3\"]]", "C \"2\"", "D \"2\""], answers);
        Assert.Equal(
            ["RPUSH k 1 2 3 4", "LPOP k", "RPOP k 2", "LMOVE k m left right", "RPOPLPUSH m n"], _fixture.Effects());
        Assert.Equal("[\"2\"]", Line("LRANGE n 0 -1"));
        Assert.Equal("0", Line("EXISTS k m"));
    }

    [Fact]
    public void Who_waits_to_move_to_something_else_gets_an_error_and_the_element_stays()
    {
        List<string> answers = [];
        Wait("A", answers, "BLMOVE", "k", "text", "LEFT", "RIGHT", "0");
        Line("SET text value");
        Line("RPUSH k 1");
        Assert.StartsWith("A -WRONGTYPE", Assert.Single(answers), StringComparison.Ordinal);
        Assert.Equal("[\"1\"]", Line("LRANGE k 0 -1"));
        Assert.Equal(["SET text value", "RPUSH k 1"], _fixture.Effects());
    }

    [Theory]
    [InlineData("LPUSHX none a")]
    [InlineData("LREM l 0 none")]
    [InlineData("LINSERT l BEFORE none a")]
    [InlineData("LPOP l 0")]
    [InlineData("LTRIM l 0 -1")]
    [InlineData("LSET l 9 a")]
    [InlineData("BLPOP l -1")]
    [InlineData("SORT l ALPHA")]
    public void What_changes_nothing_has_no_effect(string command)
    {
        Line("RPUSH l a b c");
        _ = _fixture.Effects();
        Line(command);
        Assert.Empty(_fixture.Effects());
    }

    [Fact]
    public void A_list_keeps_its_time_and_its_copy_is_its_own()
    {
        for (int i = 0; i < 2000; i++)
        {
            Line($"RPUSH l element:{i}");
        }
        Line("EXPIRE l 100");
        Line("COPY l m");
        Line("LSET l 1000 changed");
        Line("RENAME l r");
        Assert.Equal("\"element:1000\"", Line("LINDEX m 1000"));
        Assert.Equal("\"changed\"", Line("LINDEX r 1000"));
        Assert.Equal("100", Line("TTL r"));
        Line("FLUSHALL");
        Assert.Equal(0, _fixture.Engine.Keyspace[0].Count);
    }

    private string Line(string command) => _fixture.Line(command);

    private void Wait(string name, List<string> answers, params string[] command)
    {
        Session own = _fixture.Session;
        _fixture.Session = new Waiting(name, answers, own.Database) { Authenticated = true };
        Assert.Empty(_fixture.Execute(EngineFixture.Request(command)));
        _fixture.Session = own;
    }

    private sealed class Waiting(string name, List<string> answers, Database database) : Session(database)
    {
        protected internal override void WaitEnded(ReplyWriter answer)
        {
            int at = 0;
            answers.Add($"{name} {EngineFixture.Show(answer.Written, ref at)}");
        }
    }
}
