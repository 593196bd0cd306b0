using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>What commands on streams leave in the log.</summary>
public sealed class StreamEffectTests
{
    private const string Now = "1700000000000";
    private readonly EngineFixture _fixture = new();

    [Fact]
    public void An_entry_has_the_ID_that_was_made()
    {
        _fixture.Line("XADD s * f v");
        _fixture.Line("XADD s * f v");
        _fixture.Line("XADD s 1800000000000-* f v");
        _fixture.Line("XADD s 1800000000000-7 f v");
        Assert.Equal(
            [
                $"XADD s {Now}-0 f v", $"XADD s {Now}-1 f v", "XADD s 1800000000000-0 f v",
                "XADD s 1800000000000-7 f v",
            ],
            _fixture.Effects());
    }

    [Fact]
    public void Trimming_about_is_exact_in_the_log()
    {
        _fixture.Options.StreamNodeMaxEntries = 10;
        for (int i = 1; i < 25; i++)
        {
            _fixture.Line($"XADD s 1-{i} f v");
        }
        _fixture.Effects();
        _fixture.Line("XADD s MAXLEN ~ 12 1-25 f v");
        _fixture.Line("XADD s MINID ~ 1-15 LIMIT 30 1-26 f v");
        _fixture.Line("XTRIM s MINID ~ 1-22");
        _fixture.Line("XTRIM s MAXLEN ~ 1");
        _fixture.Line("XTRIM s MAXLEN = 3");
        _fixture.Line("XTRIM s MAXLEN 3");
        Assert.Equal(
            [
                "XADD s MAXLEN = 15 1-25 f v", "XADD s MINID = 1-11 LIMIT 30 1-26 f v", "XTRIM s MINID = 1-21",
                "XTRIM s MAXLEN = 3",
            ],
            _fixture.Effects());
    }

    [Fact]
    public void What_a_group_was_given_is_claimed_in_the_log()
    {
        _fixture.Line("XADD s 1-1 f v");
        _fixture.Line("XADD s 1-2 f v");
        _fixture.Line("XGROUP CREATE s g 0");
        _fixture.Effects();
        _fixture.Line("XREADGROUP GROUP g c COUNT 1 STREAMS s >");
        _fixture.Line("XREADGROUP GROUP g c STREAMS s 0");
        _fixture.Line("XREADGROUP GROUP g d NOACK STREAMS s >");
        _fixture.Line("XREADGROUP GROUP g d STREAMS s >");
        _fixture.Line("XCLAIM s g e 0 1-1 JUSTID");
        _fixture.Line("XDEL s 1-1");
        _fixture.Line("XAUTOCLAIM s g d 0 0");
        Assert.Equal(
            [
                $"XCLAIM s g c 0 1-1 TIME {Now} RETRYCOUNT 1 FORCE JUSTID LASTID 1-1",
                "MULTI", "XGROUP CREATECONSUMER s g d", "XGROUP SETID s g 1-2 ENTRIESREAD 2", "EXEC",
                $"XCLAIM s g e 0 1-1 TIME {Now} RETRYCOUNT 2 FORCE JUSTID LASTID 1-2",
                "XDEL s 1-1",
                $"XCLAIM s g e 0 1-1 TIME {Now} RETRYCOUNT 2 FORCE JUSTID LASTID 1-2",
            ],
            _fixture.Effects());
    }

    [Fact]
    public void Nothing_is_left_where_nothing_changed()
    {
        _fixture.Line("XADD s 1-1 f v");
        _fixture.Line("XGROUP CREATE s g $");
        _fixture.Effects();
        _fixture.Line("XREADGROUP GROUP g c STREAMS s >");
        _fixture.Line("XREADGROUP GROUP g c STREAMS s 0");
        _fixture.Line("XREAD STREAMS s 0");
        _fixture.Line("XTRIM s MAXLEN 5");
        _fixture.Line("XDEL s 1-7");
        _fixture.Line("XACK s g 1-1");
        _fixture.Line("XCLAIM s g c 0 1-1");
        _fixture.Line("XGROUP DESTROY s h");
        _fixture.Line("XADD t NOMKSTREAM * f v");
        Assert.Equal([], _fixture.Effects());

        // What was kept back for one command is not kept back for the next.
        _fixture.Line("XDEL s 1-1");
        Assert.Equal(["XDEL s 1-1"], _fixture.Effects());
    }

    [Fact]
    public void A_waiting_reader_is_served_like_one_who_did_not_wait()
    {
        _fixture.Line("XGROUP CREATE s g $ MKSTREAM");
        _fixture.Effects();
        Session own = _fixture.Session;
        _fixture.Session = _fixture.Engine.OpenSession();
        _fixture.Execute(EngineFixture.Request("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">"));
        Assert.NotNull(_fixture.Session.Blocked);
        _fixture.Session = own;
        _fixture.Line("XADD s 5-1 f v");
        Assert.Equal(
            ["XADD s 5-1 f v", $"XCLAIM s g c 0 5-1 TIME {Now} RETRYCOUNT 1 FORCE JUSTID LASTID 5-1"],
            _fixture.Effects());
        Assert.Equal(0, _fixture.Engine.Blocked.Count);
    }

    [Fact]
    public void Who_watches_the_key_does_not_notice_what_groups_are_given()
    {
        _fixture.Line("XADD s 1-1 f v");
        _fixture.Line("XGROUP CREATE s g 0");
        Session own = _fixture.Session;
        Session other = _fixture.Engine.OpenSession();
        foreach ((string command, bool isNoticed) in new[]
            {
                ("XREADGROUP GROUP g c STREAMS s >", false), ("XACK s g 1-1", false), ("XGROUP CREATE s h 0", false),
                ("XADD s 1-2 f v", true), ("XDEL s 1-2", true), ("XDEL s 1-2", false), ("XTRIM s MAXLEN 9", false),
                ("XTRIM s MAXLEN 0", true), ("XSETID s 7-7", false),
            })
        {
            _fixture.Session = other;
            _fixture.Line("WATCH s");
            _fixture.Session = own;
            _fixture.Line(command);
            _fixture.Session = other;
            _fixture.Line("MULTI");
            Assert.Equal(command + (isNoticed ? " nil" : " []"), command + " " + _fixture.Line("EXEC"));
        }
        _fixture.Session = own;
    }

    [Fact]
    public void Trimming_behind_a_chunk_whose_last_entry_was_deleted_removes_nothing()
    {
        _fixture.Options.StreamNodeMaxEntries = 10;
        _fixture.Options.NotifyKeyspaceEvents = NotifyEvents.Stream | NotifyEvents.KeyEvent;
        for (int i = 1; i <= 11; i++)
        {
            _fixture.Line($"XADD s {i}-0 f v");
        }
        _fixture.Line("XDEL s 10-0");
        Assert.Equal("9", _fixture.Line("XTRIM s MINID 10-0"));
        _fixture.Effects();
        Session own = _fixture.Session;
        Session other = _fixture.Engine.OpenSession();
        _fixture.Session = other;
        _fixture.Line("WATCH s");
        Listener listener = new(_fixture.Engine);
        _fixture.Session = listener;
        _fixture.Line("PSUBSCRIBE *");
        listener.Messages();
        _fixture.Session = own;
        Assert.Equal("0", _fixture.Line("XTRIM s MINID ~ 10-5"));
        Assert.Equal("0", _fixture.Line("XTRIM s MINID 10-5"));
        Assert.Equal([], _fixture.Effects());
        Assert.Empty(listener.Messages());
        _fixture.Session = other;
        _fixture.Line("MULTI");
        Assert.Equal("[]", _fixture.Line("EXEC"));
        _fixture.Session = own;
        Assert.Equal("1", _fixture.Line("XTRIM s MINID 11-1"));
        Assert.Equal(["XTRIM s MINID 11-1"], _fixture.Effects());
    }

    private static readonly Gen<string> Id = Gen.Choose(0, 40).Select(n => $"1-{n}");
    private static readonly Gen<string> Consumer = Gen.Elements("alice", "bob");

    private static readonly Gen<string> Command = Gen.Frequency(
        (8, Gen.Elements("XADD s 1-* f v", "XADD s 1-* f 1 g 2", "XADD s 1-* g 3")),
        (3, Gen.Choose(0, 20).SelectMany(n => Gen.Elements(
            $"XADD s MAXLEN ~ {n} 1-* f v", $"XADD s MAXLEN {n} 1-* f v", $"XTRIM s MAXLEN ~ {n} LIMIT 5",
            $"XTRIM s MINID ~ 1-{n}", $"XADD s MINID ~ 1-{n} LIMIT 4 1-* f v", $"XTRIM s MINID 1-{n}"))),
        (3, Id.Select(id => $"XDEL s {id}")),
        (1, Gen.Elements("XGROUP CREATE s g 0 MKSTREAM", "XGROUP CREATE s g $", "XGROUP DELCONSUMER s g bob")),
        (5, Consumer.SelectMany(name => Gen.Elements(
            $"XREADGROUP GROUP g {name} COUNT 3 STREAMS s >", $"XREADGROUP GROUP g {name} NOACK COUNT 1 STREAMS s >",
            $"XAUTOCLAIM s g {name} 0 0 COUNT 2"))),
        (3, Id.SelectMany(id => Consumer.Select(name => $"XCLAIM s g {name} 0 {id} FORCE"))),
        (3, Id.Select(id => $"XACK s g {id}")));

    [Fact]
    public void Effects_replayed_make_the_same_stream() => StepProperty.Check(100, length: 60, Command, commands =>
    {
        EngineFixture first = new();
        EngineFixture second = new();
        second.Session = new Session(second.Engine.Keyspace[0]) { Authenticated = true, SendsEffects = true };
        first.Options.StreamNodeMaxEntries = 4;
        second.Options.StreamNodeMaxEntries = 7;
        foreach (string command in commands)
        {
            first.Line(command);
            foreach (string effect in first.Effects())
            {
                Assert.DoesNotContain("ERR", second.Line(effect), StringComparison.Ordinal);
            }
        }
        foreach (string look in new[] { "XRANGE s - +", "XPENDING s g - + 100", "XPENDING s g" })
        {
            Assert.Equal(first.Line(look), second.Line(look));
        }
    });
}
