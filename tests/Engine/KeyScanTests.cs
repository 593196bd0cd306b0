using Tidelog.Engine;
using Tidelog.Engine.PubSub;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyScanTests
{
    private readonly EngineFixture _engine = new();

    [Theory]
    [InlineData("SCAN x", "-ERR invalid cursor")]
    [InlineData("SCAN 1x", "-ERR invalid cursor")]
    [InlineData("SCAN -", "-ERR invalid cursor")]
    [InlineData("SCAN 18446744073709551616", "-ERR invalid cursor")]
    [InlineData("SCAN 0 COUNT 0", "-ERR syntax error")]
    [InlineData("SCAN 0 COUNT -1", "-ERR syntax error")]
    [InlineData("SCAN 0 COUNT x", "-ERR value is not an integer or out of range")]
    [InlineData("SCAN 0 COUNT", "-ERR syntax error")]
    [InlineData("SCAN 0 FOO 1", "-ERR syntax error")]
    [InlineData("SCAN 0 COUNT 10 MATCH", "-ERR syntax error")]
    [InlineData("SCAN 0", "[\"0\", []]")]
    [InlineData("SCAN +0", "[\"0\", []]")]
    public void Its_arguments_are_checked(string command, string reply) => Assert.Equal(reply, _engine.Line(command));

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(500)]
    public void It_returns_every_key_at_every_count(int count)
    {
        for (int i = 0; i < 2000; i++)
        {
            _engine.Line($"SET key:{i} {i}");
        }
        List<string> keys = ScanAll($" COUNT {count}");
        Assert.Equal(2000, keys.Count);
        Assert.Equal(2000, keys.Distinct().Count());
        Assert.Equal(111, ScanAll($" MATCH key:11* COUNT {count}").Count);
        Assert.Equal(2000, ScanAll($" MATCH * TYPE STRING COUNT {count}").Count);
        Assert.Empty(ScanAll($" TYPE list COUNT {count}"));
    }

    [Fact]
    public void What_stays_is_returned_while_others_come_and_go()
    {
        for (int i = 0; i < 500; i++)
        {
            _engine.Line($"SET stays:{i} {i}");
        }
        HashSet<string> seen = [];
        string cursor = "0";
        int next = 0;
        do
        {
            (cursor, List<string> keys) = Scan(cursor, " COUNT 5");
            seen.UnionWith(keys);
            for (int i = 0; i < 50; i++, next++)
            {
                _engine.Line(next < 3000 ? $"SET other:{next} 1" : $"DEL other:{next - 3000}");
            }
        }
        while (cursor != "0");
        Assert.Equal(500, seen.Count(key => key.StartsWith("stays", StringComparison.Ordinal)));
    }

    [Fact]
    public void Expired_keys_are_left_out_and_deleted()
    {
        _engine.Line("SET a 1");
        _engine.Line("SET b 1");
        _engine.Line("PEXPIRE b 10");
        _engine.Effects();
        _engine.NowMs += 10;
        Assert.Equal("[\"0\", []]", _engine.Line("SCAN 0 MATCH x COUNT 100"));
        Assert.Empty(_engine.Effects());
        Assert.Equal("[\"0\", [\"a\"]]", _engine.Line("SCAN 0 COUNT 100"));
        Assert.Equal(["DEL b"], _engine.Effects());
    }

    [Fact]
    public void A_long_key_found_expired_is_told_by_its_name()
    {
        Listener listener = new(_engine.Engine);
        _engine.Engine.PubSub.Subscribe(TopicKind.Pattern, listener, "*"u8);
        string key = new('k', 20_000);
        _engine.Line($"SET {key} v PX 1");
        _engine.NowMs += 10;
        _engine.Options.NotifyKeyspaceEvents = NotifyEvents.KeyEvent | NotifyEvents.KeyMiss;
        Assert.Equal("[\"0\", []]", _engine.Line("SCAN 0 TYPE string COUNT 1000"));
        Assert.Equal(
            [$"[\"pmessage\", \"*\", \"__keyevent@0__:keymiss\", \"{key}\"]"], listener.Messages());
    }

    private List<string> ScanAll(string options)
    {
        List<string> all = [];
        string cursor = "0";
        do
        {
            (cursor, List<string> keys) = Scan(cursor, options);
            all.AddRange(keys);
        }
        while (cursor != "0");
        return all;
    }

    private (string Cursor, List<string> Keys) Scan(string cursor, string options)
    {
        string[] words = _engine.Line($"SCAN {cursor}{options}").Split('"');
        return (words[1], [.. words[3..].Where((_, i) => i % 2 == 0 && i + 4 < words.Length)]);
    }
}
