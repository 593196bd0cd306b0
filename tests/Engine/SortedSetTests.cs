using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class SortedSetTests
{
    private readonly EngineFixture _engine = new();

    [Fact]
    public void Scores_are_doubles_in_resp3_and_bulk_strings_in_resp2()
    {
        Line("ZADD z 1.5 a 2 b inf c");
        Assert.Equal("\"1.5\"", Line("ZSCORE z a"));
        Assert.Equal("[\"a\", \"1.5\", \"b\", \"2\", \"c\", \"inf\"]", Line("ZRANGE z 0 -1 WITHSCORES"));
        _engine.Session.Protocol = 3;
        Assert.Equal(",1.5", Line("ZSCORE z a"));
        Assert.Equal("[[\"a\", ,1.5], [\"b\", ,2], [\"c\", ,inf]]", Line("ZRANGE z 0 -1 WITHSCORES"));
        Assert.Equal("[\"c\", ,inf]", Line("ZPOPMAX z"));
        Assert.Equal("[[\"b\", ,2]]", Line("ZPOPMAX z 1"));
        Assert.Equal("[\"z\", [[\"a\", ,1.5]]]", Line("ZMPOP 2 y z MIN"));
        Assert.Equal("nil", Line("ZMPOP 2 y z MIN"));
    }

    [Theory]
    [InlineData("ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible")]
    [InlineData("ZADD z GT LT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible")]
    [InlineData("ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair")]
    [InlineData("ZADD z 1 a 2", "-ERR syntax error")]
    [InlineData("ZADD z 1 a nan b", "-ERR value is not a valid float")]
    [InlineData("ZINCRBY infinite -inf m", "-ERR resulting score is not a number (NaN)")]
    [InlineData("ZRANGEBYSCORE z 1 x", "-ERR min or max is not a float")]
    [InlineData("ZRANGEBYLEX z 1 x", "-ERR min or max not valid string range item")]
    [InlineData("ZUNION 0 z", "-ERR at least 1 input key is needed for 'zunion' command")]
    [InlineData("ZUNION 2 z", "-ERR syntax error")]
    [InlineData("ZMPOP 0 z MIN", "-ERR numkeys should be greater than 0")]
    [InlineData("ZMPOP 1 z MIN COUNT 0", "-ERR count should be greater than 0")]
    [InlineData("ZPOPMIN z -1", "-ERR value is out of range, must be positive")]
    [InlineData("ZINTERCARD 1 z LIMIT -1", "-ERR LIMIT can't be negative")]
    [InlineData("GEOADD g 181 0 x", "-ERR invalid longitude,latitude pair 181.000000,0.000000")]
    [InlineData("GEOSEARCH g FROMLONLAT 0 0 ASC DESC ASC",
        "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH")]
    [InlineData("GEODIST g a b yd", "-ERR unsupported unit provided. please use M, KM, FT, MI")]
    [InlineData("ZCARD string", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    public void Mistakes_are_answered_with_rediss_errors(string command, string reply)
    {
        Line("SET string x");
        Line("ZADD infinite inf m");
        Assert.Equal(reply, Line(command));
    }

    [Fact]
    public void Effects_are_those_that_redis_propagates()
    {
        Line("ZADD z NX CH 1 a 2 b");
        Line("ZADD z 1 a");
        Line("ZINCRBY z 0.1 a");
        Line("ZMPOP 2 y z MIN COUNT 10");
        Line("ZREM z nothing");
        Line("GEOADD g CH 13.361389 38.115556 p");
        Line("GEOADD g XX 1 1 other");
        Line("ZADD z 1 a");
        Line("BZPOPMAX y z 0");
        Line("ZADD z 1 a 2 b");
        Line("BZMPOP 0 1 z MAX COUNT 1");
        Line("ZUNIONSTORE d 1 z");
        Line("ZINTERSTORE d 2 z y");
        Assert.Equal(
            [
                "ZADD z NX CH 1 a 2 b", "ZINCRBY z 0.1 a", "ZPOPMIN z 2", "zadd g CH 3479099956230698 p", "ZADD z 1 a",
                "ZPOPMAX z", "ZADD z 1 a 2 b", "ZPOPMAX z 1", "ZUNIONSTORE d 1 z", "ZINTERSTORE d 2 z y",
            ],
            _engine.Effects());
    }

    [Fact]
    public void Who_waits_is_served_by_whatever_makes_a_sorted_set()
    {
        Waiting first = new(_engine.Engine.Keyspace[0]) { Authenticated = true };
        Waiting second = new(_engine.Engine.Keyspace[0]) { Authenticated = true };
        Execute(first, "BZPOPMIN y z 0");
        Execute(second, "BZMPOP 0 1 z MAX COUNT 2");
        Line("ZADD z 1 a 2 b 3 c 4 d");
        Assert.Equal("[\"z\", \"a\", \"1\"]", first.Answer);
        Assert.Equal("[\"z\", [[\"d\", \"4\"], [\"c\", \"3\"]]]", second.Answer);
        Assert.Equal(["ZADD z 1 a 2 b 3 c 4 d", "ZPOPMIN z", "ZPOPMAX z 2"], _engine.Effects());
        Execute(first, "BZPOPMAX q 0");
        Line("ZUNIONSTORE q 1 z");
        Assert.Equal("[\"q\", \"b\", \"2\"]", first.Answer);
        Assert.Equal("0", Line("EXISTS q"));
    }

    [Fact]
    public void Thresholds_decide_what_the_encoding_is_called()
    {
        _engine.Options.ZsetMaxListpackEntries = 3;
        Line("ZADD z 1 a 2 b 3 c");
        Assert.Equal("\"listpack\"", Line("OBJECT ENCODING z"));
        Line("ZADD z 4 d");
        Assert.Equal("\"skiplist\"", Line("OBJECT ENCODING z"));
        Line("ZREM z a b");
        Assert.Equal("\"skiplist\"", Line("OBJECT ENCODING z"));
        Line("ZUNIONSTORE d 1 z");
        Assert.Equal("\"listpack\"", Line("OBJECT ENCODING d"));
        Line("ZADD long 1 " + new string('x', 65));
        Assert.Equal("\"skiplist\"", Line("OBJECT ENCODING long"));
        _engine.Options.ZsetMaxListpackEntries = 100_000;
        _engine.Options.ZsetMaxListpackValue = 100_000;
        Line("ZADD long2 1 " + new string('x', 6500));
        for (int i = 0; i < 3000; i++)
        {
            Line($"ZADD many {i} member:{i}");
        }
        Assert.Equal("\"listpack\"", Line("OBJECT ENCODING long2"));
        Assert.Equal("\"listpack\"", Line("OBJECT ENCODING many"));
        Assert.Equal("\"1999\"", Line("ZSCORE many member:1999"));
        _engine.Options.ZsetMaxListpackEntries = 128;
        Line("ZADD many 1 one-more");
        Assert.Equal("\"skiplist\"", Line("OBJECT ENCODING many"));
        Assert.Equal("3001", Line("ZCARD many"));
    }

    [Fact]
    public void Random_members_are_members_and_differ_from_each_other()
    {
        foreach (int size in (int[])[5, 500])
        {
            for (int i = 0; i < size; i++)
            {
                Line($"ZADD z{size} {i} {i}");
            }
            foreach (int count in (int[])[1, size / 5, size / 2, size - 1, size, size + 3])
            {
                string[] members = Items(Line($"ZRANDMEMBER z{size} {count}"));
                Assert.Equal(Math.Min(count, size), members.Distinct().Count());
                Assert.All(members, m => Assert.InRange(int.Parse(m.Trim('"'), null), 0, size - 1));
            }
            Assert.Equal(3 * size, Items(Line($"ZRANDMEMBER z{size} {-3 * size}")).Length);
        }
    }

    [Theory]
    [InlineData("ZRANDMEMBER z -2147483647 WITHSCORES")]
    [InlineData("ZRANDMEMBER z -9223372036854775807")]
    [InlineData("SRANDMEMBER s -9223372036854775807")]
    [InlineData("HRANDFIELD h -4611686018427387903 WITHVALUES")]
    public void A_reply_without_end_is_broken_off_when_it_is_too_long_for_its_client(string command)
    {
        Line("ZADD z 1 a");
        Line("SADD s a");
        Line("HSET h a 1");
        LimitedSession session = new(_engine.Engine);
        _engine.Session = session;
        byte[] reply = _engine.Execute(EngineFixture.Request(command.Split(' ')));
        Assert.True(session.CloseAfterReply);
        Assert.InRange(reply.Length, LimitedSession.Limit, 3 * LimitedSession.Limit);
    }

    [Fact]
    public void A_count_that_has_no_opposite_is_an_error()
    {
        foreach (string command in (string[])["ZRANDMEMBER z", "SRANDMEMBER z", "HRANDFIELD z"])
        {
            Assert.Equal(
                "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
                Line(command + " -9223372036854775808"));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1000)]
    public void A_union_is_in_order_whatever_its_scores_were_on_the_way(int size)
    {
        Dictionary<string, double> expected = [];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < size; j++)
            {
                string member = (j % 3) switch
                {
                    0 => $"{j * (i + 1)}",
                    1 => $"m{j + i}",
                    _ => new string('x', (size > 3 ? 240 : 1) + (j % 7)) + $"{j * (i + 1)}",
                };
                string score = $"{(j * 7919 % 13) - 6}";
                Line($"ZADD z{i} {score} {member}");
            }
            string[] items = Items(Line($"ZRANGE z{i} 0 -1 WITHSCORES"));
            for (int j = 0; j < items.Length; j += 2)
            {
                expected[items[j]] = expected.GetValueOrDefault(items[j]) + int.Parse(items[j + 1].Trim('"'), null);
            }
        }
        string[] inOrder =
        [
            .. expected.OrderBy(e => e.Value).ThenBy(e => e.Key.Trim('"'), StringComparer.Ordinal)
                .SelectMany(e => (string[])[e.Key, $"\"{e.Value}\""]),
        ];
        Assert.Equal(inOrder, Items(Line("ZUNION 3 z0 z1 z2 WITHSCORES")));
        Assert.Equal($"{expected.Count}", Line("ZUNIONSTORE z1 3 z0 z1 z2"));
        Assert.Equal(inOrder, Items(Line("ZRANGE z1 0 -1 WITHSCORES")));
        Assert.Equal(size == 3 ? "\"listpack\"" : "\"skiplist\"", Line("OBJECT ENCODING z1"));
        Line("DEL z0 z1 z2");
        Assert.Equal(0, _engine.Engine.Keyspace[0].Values.Bytes);
    }

    [Fact]
    public void The_nearest_and_the_farthest_are_the_first_of_all()
    {
        for (int i = 0; i < 5000; i++)
        {
            Line($"ZADD places {3479099956230698L + (i * 7919L % 5000 * 1000)} p{i}");
        }
        const string All = "GEOSEARCH places FROMLONLAT 13.36 38.11 BYRADIUS 5000 km";
        foreach (string order in (string[])[" ASC", " DESC"])
        {
            string[] sorted = Items(Line(All + order));
            Assert.Equal(5000, sorted.Length);
            Assert.Equal(sorted[..10], Items(Line(All + order + " COUNT 10")));
            Assert.Equal(sorted[..700], Items(Line(All + order + " COUNT 700")));
        }
    }

    [Fact]
    public void A_scan_finds_all_that_was_there_throughout()
    {
        for (int i = 0; i < 3000; i++)
        {
            Line($"ZADD z {i} stays:{i}");
        }
        HashSet<string> found = [];
        string cursor = "0";
        int round = 0;
        do
        {
            string[] items = Items(Line($"ZSCAN z {cursor} COUNT 50"));
            cursor = items[0].Trim('[', '"');
            found.UnionWith(items.Where(item => item.Contains("stays", StringComparison.Ordinal)));
            Line($"ZADD z 1 comes:{round++}");
            Line($"ZREM z comes:{round - 5}");
        }
        while (cursor != "0");
        Assert.Equal(3000, found.Select(item => item.Trim('[', '"')).Distinct().Count());
    }

    private sealed class LimitedSession : Session
    {
        public const int Limit = 20_000;

        public LimitedSession(StorageEngine engine)
            : base(engine.Keyspace[0]) => Authenticated = true;

        public override bool IsTooMuchOutput(long bytes) => bytes > Limit;
    }

    private static string[] Items(string reply) => reply.Trim('[', ']').Split(", ");

    private string Line(string command) => _engine.Line(command);

    private void Execute(Session session, string command)
    {
        Session own = _engine.Session;
        _engine.Session = session;
        Assert.Empty(_engine.Execute(EngineFixture.Request(command.Split(' '))));
        _engine.Session = own;
    }

    private sealed class Waiting(Database database) : Session(database)
    {
        public string Answer { get; private set; } = "";

        protected internal override void WaitEnded(ReplyWriter answer)
        {
            int at = 0;
            Answer = EngineFixture.Show(answer.Written, ref at);
        }
    }
}
