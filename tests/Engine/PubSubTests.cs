using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Engine.PubSub;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class PubSubTests
{
    private readonly EngineFixture _fixture = new();
    private readonly Listener _listener;

    public PubSubTests() => _listener = new Listener(_fixture.Engine);

    [Fact]
    public void A_message_goes_to_the_channels_subscribers_and_to_fitting_patterns()
    {
        Subscribe(TopicKind.Channel, _listener, "news");
        Subscribe(TopicKind.Pattern, _listener, "n*");
        Subscribe(TopicKind.ShardChannel, _listener, "news");
        Listener other = new(_fixture.Engine, protocol: 3);
        Subscribe(TopicKind.Channel, other, "news");

        Assert.Equal("3", _fixture.Line("PUBLISH news hello"));
        Assert.Equal(["[\"message\", \"news\", \"hello\"]", "[\"pmessage\", \"n*\", \"news\", \"hello\"]"],
            _listener.Messages());
        Assert.Equal([">[\"message\", \"news\", \"hello\"]"], other.Messages());
        Assert.Equal("1", _fixture.Line("SPUBLISH news hello"));
        Assert.Equal(["[\"smessage\", \"news\", \"hello\"]"], _listener.Messages());
        Assert.Equal("0", _fixture.Line("PUBLISH other hello"));
    }

    [Fact]
    public void Replies_and_counts_are_those_of_redis()
    {
        Assert.Equal([">[\"subscribe\", \"a\", 1]", ">[\"subscribe\", \"b\", 2]", ">[\"subscribe\", \"a\", 2]"],
            Say(3, "SUBSCRIBE a b a"));
        Assert.Equal([">[\"psubscribe\", \"p*\", 3]"], Say(3, "PSUBSCRIBE p*"));
        Assert.Equal([">[\"ssubscribe\", \"a\", 1]"], Say(3, "SSUBSCRIBE a"));
        Assert.Equal([">[\"unsubscribe\", \"nope\", 3]"], Say(3, "UNSUBSCRIBE nope"));
        Assert.Equal([">[\"unsubscribe\", \"a\", 2]", ">[\"unsubscribe\", \"b\", 1]"], Say(3, "UNSUBSCRIBE"));
        Assert.Equal([">[\"unsubscribe\", nil, 1]"], Say(3, "UNSUBSCRIBE"));
        Assert.Equal([">[\"punsubscribe\", \"p*\", 0]"], Say(3, "PUNSUBSCRIBE"));
        Assert.Equal([">[\"sunsubscribe\", \"a\", 0]"], Say(3, "SUNSUBSCRIBE a"));
        Assert.False(_fixture.Session.IsSubscribed);
    }

    [Fact]
    public void A_session_gets_its_own_messages_between_its_replies()
    {
        Say(3, "SUBSCRIBE c");
        Assert.Equal([">[\"message\", \"c\", \"m\"]", "1"], Say(3, "PUBLISH c m"));
    }

    [Fact]
    public void One_that_wants_no_replies_gets_messages_all_the_same()
    {
        _fixture.Session.ReplyMode = ReplyMode.Off;
        Assert.Equal([">[\"subscribe\", \"c\", 1]"], Say(3, "SUBSCRIBE c"));
        Assert.Equal([">[\"message\", \"c\", \"m\"]"], Say(3, "PUBLISH c m"));
        Assert.Equal([], Say(3, "PING"));
    }

    [Fact]
    public void One_in_RESP2_may_do_little_else_while_it_is_subscribed()
    {
        Say(2, "SUBSCRIBE c");
        Assert.Equal(["[\"pong\", \"\"]"], Say(2, "PING"));
        Assert.Equal(["[\"pong\", \"hi\"]"], Say(2, "PING hi"));
        Assert.Equal(["-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
            + "allowed in this context"], Say(2, "GET k"));
        Assert.Equal(["nil"], Say(3, "GET k"));
        Say(2, "UNSUBSCRIBE c");
        Assert.Equal(["nil"], Say(2, "GET k"));
    }

    [Fact]
    public void One_that_is_about_to_end_hears_nothing_more()
    {
        Subscribe(TopicKind.Channel, _listener, "c");
        _listener.CloseAfterReply = true;
        Assert.Equal("1", _fixture.Line("PUBLISH c m"));
        Assert.Equal([], _listener.Messages());
        _fixture.Engine.PubSub.Forget(_listener);
        Assert.Equal("0", _fixture.Line("PUBLISH c m"));
        Assert.Equal(0, _fixture.Engine.PubSub.CountTopics(TopicKind.Channel));
    }

    [Fact]
    public void A_message_is_an_effect_for_those_who_listen_elsewhere()
    {
        _fixture.Line("PUBLISH c m");
        _fixture.Line("SPUBLISH c m");
        _fixture.Line("SUBSCRIBE c");
        Assert.Equal(["PUBLISH c m", "SPUBLISH c m"], _fixture.Effects());
        Assert.Equal(0, _fixture.Engine.Effects.Changes);
    }

    [Fact]
    public void The_registry_holds_what_sets_would()
    {
        StepProperty.Check(100, length: 120, RegistryModel.AnyStep(), RegistryModel.Run);
    }

    private void Subscribe(TopicKind kind, Session session, string name) =>
        _fixture.Engine.PubSub.Subscribe(kind, session, Encoding.Latin1.GetBytes(name));

    /// <summary>All that the fixture's session is sent for a command.</summary>
    private string[] Say(int protocol, string command)
    {
        _fixture.Session.Protocol = protocol;
        byte[] sent = _fixture.Execute(EngineFixture.Request(command.Split(' ')));
        List<string> shown = [];
        for (int at = 0; at < sent.Length;)
        {
            shown.Add(EngineFixture.Show(sent, ref at));
        }
        return [.. shown];
    }
}
