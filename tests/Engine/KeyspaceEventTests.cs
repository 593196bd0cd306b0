using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.PubSub;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyspaceEventTests
{
    private readonly EngineFixture _fixture = new();
    private readonly Listener _listener;

    public KeyspaceEventTests()
    {
        _listener = new Listener(_fixture.Engine);
        _fixture.Engine.PubSub.Subscribe(TopicKind.Pattern, _listener, "*"u8);
    }

    [Theory]
    [InlineData("SET a 1", "new:a set:a")]
    [InlineData("SET key 1 EX 10", "set:key expire:key")]
    [InlineData("SET key 1 NX", "")]
    [InlineData("SETNX a 1", "new:a set:a")]
    [InlineData("SETEX a 10 v", "new:a set:a expire:a")]
    [InlineData("GETSET a 1", "keymiss:a new:a set:a")]
    [InlineData("MSET a 1 key 2 a 3", "new:a set:a set:key set:a")]
    [InlineData("INCR a", "new:a incrby:a")]
    [InlineData("INCRBYFLOAT a 1", "new:a incrbyfloat:a")]
    [InlineData("APPEND key x", "append:key")]
    [InlineData("SETRANGE a 1 x", "new:a setrange:a")]
    [InlineData("SETRANGE a 1 ", "")]
    [InlineData("GETEX key EX 10", "expire:key")]
    [InlineData("GETEX key EXAT 1", "del:key")]
    [InlineData("GETEX brief PERSIST", "persist:brief")]
    [InlineData("GETDEL key", "del:key")]
    [InlineData("GET a", "keymiss:a")]
    [InlineData("MGET a key b", "keymiss:a keymiss:b")]
    [InlineData("OBJECT ENCODING a", "")]
    [InlineData("TTL a", "keymiss:a")]
    [InlineData("DEL key a brief", "del:key del:brief")]
    [InlineData("UNLINK key", "del:key")]
    [InlineData("EXPIRE key 10", "expire:key")]
    [InlineData("EXPIRE key -1", "del:key")]
    [InlineData("PERSIST brief", "persist:brief")]
    [InlineData("PERSIST key", "")]
    [InlineData("RENAME key a", "new:a rename_from:key rename_to:a")]
    [InlineData("RENAME key brief", "new:brief rename_from:key rename_to:brief")]
    [InlineData("RENAME key key", "")]
    [InlineData("COPY key brief REPLACE", "new:brief copy_to:brief")]
    [InlineData("FLUSHALL", "")]
    public void A_command_tells_what_it_did_in_redis_order(string command, string events)
    {
        _fixture.Line("SET key value");
        _fixture.Line("SET brief value PX 100");
        _fixture.Options.NotifyKeyspaceEvents =
            NotifyEvents.All | NotifyEvents.KeyEvent | NotifyEvents.New | NotifyEvents.KeyMiss;
        _fixture.Line(command);
        Assert.Equal(events.Split(' ', StringSplitOptions.RemoveEmptyEntries), Events());
    }

    [Fact]
    public void Each_event_names_its_own_database()
    {
        _fixture.Line("SET key value");
        _fixture.Options.NotifyKeyspaceEvents = NotifyEvents.Generic | NotifyEvents.Keyspace | NotifyEvents.KeyEvent;
        _fixture.Line("MOVE key 12");
        Assert.Equal(
            [
                "[\"pmessage\", \"*\", \"__keyspace@0__:key\", \"move_from\"]",
                "[\"pmessage\", \"*\", \"__keyevent@0__:move_from\", \"key\"]",
                "[\"pmessage\", \"*\", \"__keyspace@12__:key\", \"move_to\"]",
                "[\"pmessage\", \"*\", \"__keyevent@12__:move_to\", \"key\"]",
            ],
            _listener.Messages());
    }

    [Fact]
    public void A_key_that_time_removes_has_its_event_whoever_notices()
    {
        _fixture.Line("SET seen value PX 100");
        _fixture.Line("SET unseen value PX 100");
        _fixture.Options.NotifyKeyspaceEvents = NotifyEvents.Expired | NotifyEvents.KeyEvent;
        _fixture.NowMs += 1000;
        _fixture.Line("GET seen");
        Assert.Equal(["expired:seen"], Events());
        _fixture.Engine.Cron();
        Assert.Equal(["expired:unseen"], Events());
    }

    [Fact]
    public void Only_the_classes_asked_for_are_told()
    {
        _fixture.Options.NotifyKeyspaceEvents = NotifyEvents.String | NotifyEvents.KeyEvent;
        _fixture.Line("SET a 1 EX 10");
        Assert.Equal(["set:a"], Events());
        _fixture.Options.NotifyKeyspaceEvents = NotifyEvents.String;
        _fixture.Line("SET a 1");
        Assert.Equal([], Events());
    }

    [Fact]
    public void What_is_no_command_tells_by_the_engine()
    {
        _fixture.Options.NotifyKeyspaceEvents = NotifyEvents.Evicted | NotifyEvents.KeyEvent;
        byte[] key = Encoding.Latin1.GetBytes("k\xff\0");
        _fixture.Engine.Notify(NotifyEvents.Evicted, "evicted"u8, key, _fixture.Engine.Keyspace[0]);
        Assert.Equal(["evicted:k\\xff\\x00"], Events());
    }

    /// <summary>The events since the last call, as "event:key".</summary>
    private string[] Events()
    {
        const string Before = "[\"pmessage\", \"*\", \"__keyevent@0__:";
        return
        [
            .. _listener.Messages().Select(message =>
            {
                Assert.StartsWith(Before, message, StringComparison.Ordinal);
                return message[Before.Length..^2].Replace("\", \"", ":", StringComparison.Ordinal);
            }),
        ];
    }
}
