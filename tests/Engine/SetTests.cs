using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class SetTests
{
    private readonly EngineFixture _engine = new();

    [Fact]
    public void A_member_popped_is_a_member_removed()
    {
        _engine.Line("SADD key 7");
        _engine.Line("SADD other a b");
        _engine.Effects();
        Assert.Equal("\"7\"", _engine.Line("SPOP key"));
        string popped = _engine.Line("SPOP other").Trim('"');
        Assert.Equal(["SREM key 7", $"SREM other {popped}"], _engine.Effects());
        Assert.Equal("0", _engine.Line("EXISTS key"));
    }

    [Fact]
    public void All_members_popped_are_a_key_deleted()
    {
        _engine.Line("SADD key 1 2 3");
        _engine.Effects();
        Assert.Equal("[\"1\", \"2\", \"3\"]", _engine.Line("SPOP key 3"));
        Assert.Equal(["DEL key"], _engine.Effects());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(995)]
    public void Several_members_popped_are_removed_in_one_transaction(int count)
    {
        _engine.Run(["SADD", "key", .. Enumerable.Range(0, 1000).Select(i => $"m{i}")]);
        _engine.Line("PEXPIREAT key 1700000100000");
        _engine.Effects();
        string[] popped = _engine.Line($"SPOP key {count}").Trim('[', ']').Split(", ");
        Assert.Equal(count, popped.Distinct().Count());
        string[] effects = _engine.Effects();
        Assert.Equal("MULTI", effects[0]);
        Assert.Equal("EXEC", effects[^1]);
        Assert.Equal(popped.Select(member => $"SREM key {member.Trim('"')}"), effects[1..^1]);
        Assert.Equal($"{1000 - count}", _engine.Line("SCARD key"));
        Assert.Equal(1_700_000_100_000, _engine.ExpiryOf("key"));
    }

    [Fact]
    public void A_set_of_many_integers_is_called_intset_wherever_it_is()
    {
        EngineFixture engine = new(new EngineOptions { SetMaxIntsetEntries = 50_000 });
        engine.Run(["SADD", "key", .. Enumerable.Range(0, 20_000).Select(i => $"{i * 100_003}")]);
        Assert.Equal("intset", engine.EncodingOf("key"));
        Assert.True(engine.Engine.Keyspace[0].FindExpiredToo("key"u8).IsHeapValue);
        Assert.Equal("1", engine.Line("SISMEMBER key 1000030"));
        engine.Line("SUNIONSTORE copy key");
        Assert.Equal("intset", engine.EncodingOf("copy"));
        engine.Line("SADD key x");
        Assert.Equal("hashtable", engine.EncodingOf("key"));
        engine.Line("SREM key x");
        Assert.Equal("hashtable", engine.EncodingOf("key"));
        Assert.Equal("20000", engine.Line("SCARD key"));
    }

    [Fact]
    public void A_set_grows_through_all_its_forms()
    {
        HashSet<string> model = [];
        void Add(string member)
        {
            Assert.Equal(model.Add(member) ? "1" : "0", _engine.Run("SADD", "key", member));
            Assert.Equal($"{model.Count}", _engine.Line("SCARD key"));
        }
        for (int i = 0; i < 40; i++)
        {
            Add($"{(i * 37) - 200}");
            Add($"{(i * 37) - 200}");
        }
        Add("70000");
        Add("5000000000");
        Assert.Equal("intset", _engine.EncodingOf("key"));
        for (int i = 0; i < 200; i++)
        {
            Add(new string('m', i));
        }
        Assert.Equal("hashtable", _engine.EncodingOf("key"));
        foreach (string member in model)
        {
            Assert.Equal("1", _engine.Run("SISMEMBER", "key", member));
        }
        foreach (string member in model.ToArray())
        {
            Assert.Equal("1", _engine.Run("SREM", "key", member));
            Assert.Equal("0", _engine.Run("SISMEMBER", "key", member));
        }
        Assert.Equal("0", _engine.Line("EXISTS key"));
    }

    [Fact]
    public void A_walk_by_cursor_finds_what_is_there_throughout()
    {
        string[] stay = [.. Enumerable.Range(0, 500).Select(i => $"stay:{i}")];
        _engine.Run(["SADD", "key", .. stay]);
        HashSet<string> found = [];
        string cursor = "0";
        int step = 0;
        do
        {
            string reply = _engine.Run("SSCAN", "key", cursor, "COUNT", "5");
            string[] parts = reply.Trim('[', ']').Split(", [");
            cursor = parts[0].Trim('"');
            found.UnionWith(parts[1].Split(", ").Select(member => member.Trim('"')));

            // Grow and shrink on the way.
            string change = step++ % 20 < 10 ? "SADD" : "SREM";
            _engine.Run([change, "key", .. Enumerable.Range(0, 300).Select(i => $"go:{(step % 10 * 300) + i}")]);
        }
        while (cursor != "0");
        Assert.Empty(stay.Except(found));
    }

    [Fact]
    public void The_sets_of_resp3_are_sets()
    {
        _engine.Session.Protocol = 3;
        _engine.Line("SADD key 1 2");
        Assert.Equal("~[\"1\", \"2\"]", _engine.Line("SMEMBERS key"));
        Assert.Equal("~[\"1\", \"2\"]", _engine.Line("SINTER key key"));
        Assert.Equal("~[\"1\", \"2\"]", _engine.Line("SUNION key missing"));
        Assert.Equal("~[]", _engine.Line("SDIFF key key"));
        Assert.Equal("[\"1\", \"2\"]", _engine.Line("SRANDMEMBER key 5"));
        Assert.Equal("~[\"1\", \"2\"]", _engine.Line("SPOP key 5"));
        Assert.Equal("~[]", _engine.Line("SPOP key 5"));
    }
}
