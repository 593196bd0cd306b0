using System.Globalization;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Differential;

/// <summary>What COMMAND says about each command that Tidelog has equals what redis-server says about it.</summary>
public sealed class CommandTableTests(ServerPair servers) : IClassFixture<ServerPair>
{
    // Every command of the strings and keys; the list only grows.
    private static readonly string[] Required =
    [
        .. Words("append decr decrby get getdel getex getrange getset incr incrby incrbyfloat lcs mget mset msetnx"),
        .. Words("psetex set setex setnx setrange strlen substr"),
        .. Words("copy del dump exists expire expireat expiretime keys migrate move object persist pexpire pexpireat"),
        .. Words("pexpiretime pttl randomkey rename renamenx restore scan touch ttl type unlink wait"),
        .. Words("bitcount bitfield bitfield_ro bitop bitpos getbit setbit"),
        .. Words("zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore"),
        .. Words("zpopmax zpopmin zrandmember zrange zrangebylex zrangebyscore zrangestore zrank zrem zscan zscore"),
        .. Words("zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore"),
        .. Words("zrevrank zunion zunionstore bzmpop bzpopmax bzpopmin"),
        .. Words("geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro"),
        .. Words("geosearch geosearchstore"),
        .. Words("pfadd pfcount pfdebug pfmerge pfselftest"),
        .. Words("hdel hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hset hsetnx"),
        .. Words("hstrlen hvals"),
        .. Words("sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers smismember smove spop"),
        .. Words("srandmember srem sscan sunion sunionstore"),
        .. Words("xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange"),
        .. Words("xsetid xtrim"),
        .. Words("auth client echo hello ping quit reset select"),
        .. Words("subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe publish spublish pubsub"),
        .. Words("command config dbsize debug flushall flushdb info lolwut memory shutdown swapdb time"),
    ];

    // Subcommands of commands that we have which may be missing still.
    private static readonly HashSet<string> MayBeMissing =
    [
        .. Words("client|tracking client|trackinginfo client|caching client|getredir"),
        .. Words("memory|doctor memory|stats memory|malloc-stats memory|purge memory|help"),
    ];

    private static readonly string[][] GetKeysCalls =
    [
        ["ZUNIONSTORE", "d", "2", "a", "b", "WEIGHTS", "1", "2"], ["ZMPOP", "2", "a", "b", "MIN"], ["ZMPOP", "x", "a"],
        ["BZMPOP", "0", "2", "a", "b", "MAX"], ["BZPOPMIN", "a", "b", "0"], ["ZINTERCARD", "3", "a", "b"],
        ["GEORADIUS", "k", "1", "2", "3", "m", "STORE", "d"], ["GEORADIUS", "k", "1", "2", "3", "m"],
        ["GEORADIUSBYMEMBER", "k", "m", "3", "km", "STOREDIST", "d", "STORE", "e"], ["ZRANGESTORE", "d", "s", "0", "1"],
        ["SET", "k", "v"], ["set", "k", "v", "EX", "10"], ["MSET", "a", "1", "b", "2"], ["MGET", "a", "b", "c"],
        ["DEL", "x", "y"], ["COPY", "a", "b", "DB", "1"], ["LCS", "a", "b", "IDX"], ["OBJECT", "ENCODING", "k"],
        ["MEMORY", "USAGE", "k"], ["GETEX", "k", "PERSIST"], ["GET"], ["GET", "a", "b"], ["PING"], ["PING", "x"],
        ["nosuch", "k"], ["MSET", "a"], ["OBJECT", "nosuch", "k"], ["CLIENT", "ID"], ["SWAPDB", "0", "1"],
        ["SORT", "a", "STORE", "b"], ["EVAL", "x", "2", "a", "b"], ["EVAL", "x", "9", "a"], ["ZUNION", "2", "a", "b"],
        ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", "b", ">", ">"], ["XINFO", "STREAM", "s"],
        ["XREAD", "COUNT", "1", "STREAMS", "a", "b", "0", "0"], ["XGROUP", "CREATE", "s", "g", "0"],
        ["MIGRATE", "h", "1", "", "0", "9", "KEYS", "a", "b"], ["MIGRATE", "h", "1", "k", "0", "9", "COPY"],
        ["GEORADIUS", "k", "1", "1", "1", "m", "STORE", "d"],
    ];

    [Fact]
    public void Every_row_equals_the_row_of_redis_server()
    {
        using RespClient reference = servers.Reference.Connect();
        using RespClient tested = servers.Tested.Connect();
        Reply ours = tested.Call("COMMAND");
        string[] names = [.. ours.Items.Select(row => row[0].Text)];
        Reply theirs = reference.Call(["COMMAND", "INFO", .. names]);

        var differences = new List<string>();
        for (int i = 0; i < names.Length; i++)
        {
            if (theirs[i].IsNull)
            {
                differences.Add($"{names[i]}: redis-server has no such command");
                continue;
            }

            Compare(theirs[i], ours[i], differences);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal([], Required.Except(names));
    }

    [Fact]
    public void Info_answers_for_names_in_any_case_and_null_for_unknown_ones()
    {
        using ClientPair clients = servers.Connect(protocol: 2);
        foreach (string name in (string[])["GeT", "nosuch", "config|get", "CLIENT|id", "config|nosuch", "get|x", ""])
        {
            (Reply expected, Reply actual) = clients.CallBoth("COMMAND", "INFO", name);
            Assert.Equal(Row.Describe(expected), Row.Describe(actual));
        }
    }

    [Fact]
    public void Count_and_list_agree_with_the_table()
    {
        using RespClient tested = servers.Tested.Connect();
        IReadOnlyList<Reply> rows = tested.Call("COMMAND").Items;
        IEnumerable<Reply> all = rows.Concat(rows.SelectMany(Row.Subcommands));
        string[] listed = Names(tested.Call("COMMAND", "LIST"));
        Assert.Equal(all.Select(row => row[0].Text).Order(StringComparer.Ordinal), listed);
        Assert.Equal(rows.Count, tested.Call("COMMAND", "COUNT").Integer);
    }

    [Theory]
    [InlineData("ACLCAT", "string")]
    [InlineData("ACLCAT", "DANGEROUS")]
    [InlineData("ACLCAT", "nosuch")]
    [InlineData("PATTERN", "*get*")]
    [InlineData("PATTERN", "[a-c]*")]
    [InlineData("MODULE", "none")]
    public void List_filters_as_redis_server_does(string filter, string value)
    {
        using RespClient reference = servers.Reference.Connect();
        using RespClient tested = servers.Tested.Connect();
        var known = new HashSet<string>(Required, StringComparer.Ordinal);
        IEnumerable<string> Filtered(RespClient client) =>
            Names(client.Call("COMMAND", "LIST", "FILTERBY", filter, value)).Where(known.Contains);
        Assert.Equal(Filtered(reference), Filtered(tested));
    }

    [Theory]
    [InlineData("GETKEYS")]
    [InlineData("GETKEYSANDFLAGS")]
    public void Keys_of_a_call_are_those_that_redis_server_finds(string subcommand)
    {
        using ClientPair clients = servers.Connect(protocol: 2);
        using RespClient tested = servers.Tested.Connect();
        HashSet<string> known = [.. Names(tested.Call("COMMAND", "LIST")), "nosuch"];
        foreach (string[] call in GetKeysCalls.Where(c => known.Contains(c[0].ToLowerInvariant())))
        {
            (Reply expected, Reply actual) = clients.CallBoth(["COMMAND", subcommand, .. call]);
            Assert.Equal($"{string.Join(' ', call)}: {expected}", $"{string.Join(' ', call)}: {actual}");
        }
    }

    private static void Compare(Reply theirs, Reply ours, List<string> differences)
    {
        string name = theirs[0].Text;
        foreach ((string field, string expected, string actual) in Row.Fields(theirs, ours))
        {
            if (expected != actual)
            {
                differences.Add($"{name}, {field}: redis-server {expected}, tested {actual}");
            }
        }

        Dictionary<string, Reply> ourSubcommands = Row.Subcommands(ours).ToDictionary(row => row[0].Text);
        foreach (Reply subcommand in Row.Subcommands(theirs))
        {
            string subname = subcommand[0].Text;
            if (ourSubcommands.Remove(subname, out Reply? same))
            {
                Compare(subcommand, same, differences);
            }
            else if (!MayBeMissing.Contains(subname))
            {
                differences.Add($"{subname}: missing");
            }
        }

        differences.AddRange(ourSubcommands.Keys.Select(extra => $"{extra}: redis-server has no such subcommand"));
    }

    private static string[] Names(Reply reply) =>
        [.. reply.Items.Select(item => item.Text).Order(StringComparer.Ordinal)];

    private static string[] Words(string list) => list.Split(' ');

    /// <summary>A row of COMMAND: name, arity, flags, first key, last, step, categories, tips, specs,
    /// subcommands.</summary>
    private static class Row
    {
        private const int SubcommandsIndex = 9;
        private static readonly string[] FieldNames =
            ["name", "arity", "flags", "first key", "last key", "key step", "ACL categories", "tips", "key specs"];

        public static IEnumerable<(string Field, string Expected, string Actual)> Fields(Reply theirs, Reply ours)
        {
            for (int i = 0; i < FieldNames.Length; i++)
            {
                string actual = i < ours.Items.Count ? Describe(ours[i]) : "nothing";
                yield return (FieldNames[i], Describe(theirs[i]), actual);
            }
        }

        public static IReadOnlyList<Reply> Subcommands(Reply row) =>
            row.Items.Count > SubcommandsIndex ? row[SubcommandsIndex].Items : [];

        /// <summary>A reply without the order of its lists and without the notes in key specs: prose.</summary>
        public static string Describe(Reply reply)
        {
            if (reply.Items.Count == 0)
            {
                return reply.ToString();
            }

            // Key specs alternate names and values; flags, categories, tips and rows are lists in no order.
            bool pairs = reply.Items.Count % 2 == 0
                && reply[0].Kind == ReplyKind.BulkString
                && reply[0].Text is "notes" or "flags" or "type" or "index" or "lastkey" or "keynumidx" or "keyword";
            IEnumerable<string> parts = pairs
                ? Enumerable.Range(0, reply.Items.Count / 2)
                    .Where(i => reply[2 * i].Text != "notes")
                    .Select(i => string.Create(CultureInfo.InvariantCulture,
                        $"{Describe(reply[2 * i])}={Describe(reply[(2 * i) + 1])}"))
                : reply.Items.Select(Describe);
            return $"[{string.Join(", ", parts.Order(StringComparer.Ordinal))}]";
        }
    }
}
