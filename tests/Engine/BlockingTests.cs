using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>Sessions that wait for keys, without sockets and with the commands of <see cref="FakeWaits"/>.</summary>
public sealed class BlockingTests
{
    private readonly EngineFixture _fixture = new(commands: FakeWaits.Table);
    private readonly List<string> _answers = [];
    private readonly Session _own;

    public BlockingTests()
    {
        _own = _fixture.Session;
        _own.Protocol = 3;
    }

    [Fact]
    public void Who_came_first_is_served_first()
    {
        Wait("A", "take list k 0");
        Wait("B", "take list k 0");
        Wait("C", "take list k 0");
        Line("put list k xy");
        Assert.Equal(["A [\"k\", \"x\"]", "B [\"k\", \"y\"]"], Answers());
        Line("put list k z");
        Assert.Equal(["C [\"k\", \"z\"]"], Answers());
        Assert.Equal("0", Line("EXISTS k"));
    }

    [Fact]
    public void The_key_that_became_ready_first_is_served_first()
    {
        Wait("A", "take list one two 0");
        Wait("B", "take list two one 0");
        Line("MULTI");
        Line("put list two x");
        Line("put list one y");
        Line("EXEC");
        Assert.Equal(["A [\"two\", \"x\"]", "B [\"one\", \"y\"]"], Answers());
    }

    [Fact]
    public void Nobody_is_served_in_the_middle_of_a_transaction()
    {
        Wait("A", "take list k 0");
        Line("MULTI");
        Line("put list k x");
        Line("take list k 0");
        Line("EXEC");
        Assert.Empty(Answers());
        Assert.Equal(1, _fixture.Engine.Blocked.Count);
        Line("MULTI");
        Line("put list k x");
        Line("put list k y");
        Line("EXEC");
        Assert.Equal(["A [\"k\", \"x\"]"], Answers());
        Assert.Equal(0, _fixture.Engine.Blocked.Count);
    }

    [Fact]
    public void Effects_of_those_served_follow_that_of_the_command_that_served_them()
    {
        Wait("A", "take list k 0");
        Wait("B", "shift k l 0");
        Wait("C", "take list l 0");
        Line("put list k xyz");
        Assert.Equal(["A [\"k\", \"x\"]", "B \"y\"", "C [\"l\", \"y\"]"], Answers());
        Assert.Equal(["put list k xyz", "take List k", "shift k l", "take List l"], _fixture.Effects());
    }

    [Fact]
    public void In_a_transaction_a_blocking_command_answers_as_at_its_deadline()
    {
        Line("MULTI");
        Line("take list k 0");
        Line("follow k 0");
        Line("WAIT 1 0");
        Assert.Equal("[nil, nil, 0]", Line("EXEC"));
    }

    [Theory]
    [InlineData("0.1", 100)]
    [InlineData("0.0001", 1)]
    [InlineData("2", 2000)]
    [InlineData("1.0005", 1001)]
    [InlineData("0x2", 2000)]
    public void The_deadline_is_counted_in_milliseconds_rounded_up(string timeout, int milliseconds)
    {
        Wait("A", $"take list k {timeout}");
        _fixture.Engine.Blocked.EndOverdue(_fixture.NowMs + milliseconds - 1);
        Assert.Empty(Answers());
        _fixture.Engine.Blocked.EndOverdue(_fixture.NowMs + milliseconds);
        Assert.Equal(["A nil"], Answers());
        Line("put list k x");
        Assert.Empty(Answers());
    }

    [Theory]
    [InlineData("-1", "timeout is negative")]
    [InlineData("1e300", "timeout is negative")]
    [InlineData("inf", "timeout is negative")]
    [InlineData("nan", "timeout is not a float or out of range")]
    [InlineData("x", "timeout is not a float or out of range")]
    public void A_bad_timeout_is_refused(string timeout, string error) =>
        Assert.Equal($"-ERR {error}", Line($"take list k {timeout}"));

    [Fact]
    public void Deadlines_pass_in_their_order()
    {
        Wait("A", "take list k 3");
        Wait("B", "take list k 1");
        Wait("C", "take list k 0");
        Wait("D", "take list k 2");
        Assert.Equal(_fixture.NowMs + 1000, _fixture.Engine.Blocked.NextDeadlineMs);
        _fixture.Engine.Blocked.EndOverdue(_fixture.NowMs + 5000);
        Assert.Equal(["B nil", "D nil", "A nil"], Answers());
        Assert.Equal(1, _fixture.Engine.Blocked.Count);
        Assert.Equal(long.MaxValue, _fixture.Engine.Blocked.NextDeadlineMs);
    }

    [Fact]
    public void A_session_that_is_gone_takes_nothing()
    {
        Session gone = Wait("A", "take list k k other 0");
        Wait("B", "take list k 0");
        _fixture.Engine.Forget(gone);
        Line("put list k x");
        Line("put list other x");
        Assert.Equal(["B [\"k\", \"x\"]"], Answers());
        Assert.Equal("1", Line("EXISTS k other"));
    }

    [Fact]
    public void Waiting_ends_before_its_time_with_the_timeouts_reply_or_an_error()
    {
        Session first = Wait("A", "take list k 0");
        Session second = Wait("B", "take list k 10");
        Assert.True(_fixture.Engine.Blocked.TryEnd(first, withError: false));
        Assert.True(_fixture.Engine.Blocked.TryEnd(second, withError: true));
        Assert.False(_fixture.Engine.Blocked.TryEnd(second, withError: true));
        Assert.Equal(["A nil", "B -UNBLOCKED client unblocked via CLIENT UNBLOCK"], Answers());
    }

    [Fact]
    public void A_value_of_another_type_serves_nobody()
    {
        Wait("A", "take list k 0");
        Wait("B", "take sortedset k 0");
        Line("SET k string");
        Assert.Empty(Answers());
        Line("DEL k");
        Line("put sortedset k z");
        Assert.Equal(["B [\"k\", \"z\"]"], Answers());
        Line("put list k l");
        Assert.Equal(["A [\"k\", \"l\"]"], Answers());
    }

    [Theory]
    [InlineData("RENAME from k")]
    [InlineData("RENAMENX from k")]
    [InlineData("COPY from k")]
    [InlineData("SELECT 1", "MOVE k 0")]
    [InlineData("SWAPDB 0 1")]
    [InlineData("SWAPDB 1 0")]
    public void A_value_that_comes_from_elsewhere_serves_too(params string[] commands)
    {
        Line("put list from x");
        Line("SELECT 1");
        Line("put list k x");
        Line("SELECT 0");
        Wait("A", "take list k 0");
        foreach (string command in commands)
        {
            Line(command);
        }
        Assert.Equal(["A [\"k\", \"x\"]"], Answers());
    }

    [Theory]
    [InlineData("DEL k")]
    [InlineData("SET k string")]
    [InlineData("FLUSHALL")]
    [InlineData("FLUSHDB")]
    [InlineData("RENAME k other")]
    [InlineData("SWAPDB 0 1")]
    [InlineData("PEXPIREAT k 1")]
    public void A_reader_of_a_stream_is_told_of_its_end(string command)
    {
        Wait("B", "take list k 0");
        Line("put stream k x");
        Wait("A", "follow k 0");
        Line("put stream k y");
        Assert.Empty(Answers());
        Line(command);
        Assert.Equal(["A -UNBLOCKED the stream key no longer exists"], Answers());
    }

    [Fact]
    public void One_that_is_not_satisfied_yet_keeps_waiting()
    {
        Wait("A", "follow k 1000");
        Line("put stream k x");
        Line("put stream k y");
        Assert.Empty(Answers());
        Line("put stream k z");
        Assert.Equal(["A \"xyz\""], Answers());
    }

    [Fact]
    public void Who_wants_no_reply_gets_none_and_goes_on()
    {
        Wait("A", "take list k 0").ReplyMode = ReplyMode.Off;
        Line("put list k x");
        Assert.Equal(["A "], Answers());
    }

    private string Line(string command) => _fixture.Line(command);

    private Session Wait(string name, string command)
    {
        Session session = new Waiting(name, _answers, _own.Database) { Authenticated = true };
        _fixture.Session = session;
        Assert.Equal("", Encoding.Latin1.GetString(_fixture.Execute(EngineFixture.Request(command.Split(' ')))));
        Assert.NotNull(session.Blocked);
        _fixture.Session = _own;
        return session;
    }

    private string[] Answers()
    {
        string[] answers = [.. _answers];
        _answers.Clear();
        return answers;
    }

    private sealed class Waiting : Session
    {
        private readonly string _name;
        private readonly List<string> _answers;

        public Waiting(string name, List<string> answers, Database database)
            : base(database)
        {
            _name = name;
            _answers = answers;
            Protocol = 3;
        }

        protected internal override void WaitEnded(ReplyWriter answer)
        {
            int at = 0;
            _answers.Add($"{_name} {(answer.Length == 0 ? "" : EngineFixture.Show(answer.Written, ref at))}");
        }
    }
}
