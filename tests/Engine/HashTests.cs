using Tidelog.Engine;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class HashTests
{
    private readonly EngineFixture _engine = new();

    [Fact]
    public void A_sum_of_floats_is_told_as_the_field_that_was_set()
    {
        Assert.Equal("\"0.5\"", _engine.Line("HINCRBYFLOAT key field 0.5"));
        Assert.Equal("\"3\"", _engine.Line("HINCRBYFLOAT key field 2.5"));
        Assert.Equal("4", _engine.Line("HINCRBY key field 1"));
        Assert.Equal(["HSET key field 0.5", "HSET key field 3", "HINCRBY key field 1"], _engine.Effects());
    }

    [Fact]
    public void What_is_no_number_is_not_counted()
    {
        _engine.Line("HSET key text x float 1.5 big 9223372036854775807");
        Assert.Equal("-ERR hash value is not an integer", _engine.Line("HINCRBY key text 1"));
        Assert.Equal("-ERR hash value is not an integer", _engine.Line("HINCRBY key float 1"));
        Assert.Equal("-ERR increment or decrement would overflow", _engine.Line("HINCRBY key big 1"));
        Assert.Equal("-ERR hash value is not a float", _engine.Line("HINCRBYFLOAT key text 1"));
        Assert.Equal("-ERR value is NaN or Infinity", _engine.Line("HINCRBYFLOAT key float inf"));
    }

    [Fact]
    public void A_field_set_again_counts_as_a_change_but_not_as_new()
    {
        Assert.Equal("2", _engine.Line("HSET key a 1 b 2"));
        Assert.Equal("1", _engine.Line("HSET key a 1 c 3"));
        Assert.Equal("0", _engine.Line("HSETNX key a 5"));
        Assert.Equal(["HSET key a 1 b 2", "HSET key a 1 c 3"], _engine.Effects());
        Assert.Equal("[\"a\", \"1\", \"b\", \"2\", \"c\", \"3\"]", _engine.Line("HGETALL key"));
    }

    [Fact]
    public void The_thresholds_make_a_hash_table_of_it()
    {
        EngineFixture engine = new(new EngineOptions { HashMaxListpackEntries = 3, HashMaxListpackValue = 5 });
        engine.Line("HSET count a 1 b 2 c 3");
        Assert.Equal("listpack", engine.EncodingOf("count"));
        engine.Line("HSET count d 4");
        Assert.Equal("hashtable", engine.EncodingOf("count"));
        engine.Line("HDEL count d c b");
        Assert.Equal("hashtable", engine.EncodingOf("count"));
        engine.Line("HSET value a 12345");
        Assert.Equal("listpack", engine.EncodingOf("value"));
        engine.Line("HINCRBY value a 100000");
        Assert.Equal("hashtable", engine.EncodingOf("value"));
        Assert.Equal("\"112345\"", engine.Line("HGET value a"));
        engine.Line("HSET field 123456 1");
        Assert.Equal("hashtable", engine.EncodingOf("field"));
    }

    [Fact]
    public void Fields_and_values_of_any_length_come_back()
    {
        int[] lengths = [0, 1, 63, 64, 65, 239, 240, 300, 20_000];
        EngineFixture engine = new(new EngineOptions { HashMaxListpackValue = 250 });
        Dictionary<string, string> model = [];
        for (int round = 0; round < 3; round++)
        {
            foreach (int length in lengths)
            {
                foreach (int other in lengths)
                {
                    string field = new((char)('a' + round), length);
                    string value = new((char)('x' + round), other);
                    Assert.Equal(model.TryAdd(field, value) ? "1" : "0", engine.Run("HSET", "key", field, value));
                    model[field] = value;
                    Assert.Equal($"{other}", engine.Run("HSTRLEN", "key", field));
                }
            }
        }
        engine.Line("COPY key copy");
        foreach ((string field, string value) in model)
        {
            Assert.Equal($"\"{value}\"", engine.Run("HGET", "copy", field));
            Assert.Equal("1", engine.Run("HDEL", "copy", field));
            Assert.Equal($"\"{value}\"", engine.Run("HGET", "key", field));
        }
        Assert.Equal("0", engine.Line("EXISTS copy"));
    }

    [Fact]
    public void Random_fields_are_different_unless_repetition_is_asked_for()
    {
        _engine.Run(["HSET", "key", .. Enumerable.Range(0, 1000).SelectMany(i => new[] { $"f{i}", $"{i}" })]);
        foreach (int count in (int[])[1, 10, 600, 999])
        {
            string[] answered = _engine.Line($"HRANDFIELD key {count}").Trim('[', ']').Split(", ");
            Assert.Equal(count, answered.Distinct().Count());
        }
        Assert.Equal(2000, _engine.Line("HRANDFIELD key -2000").Split(", ").Length);
        string[] pairs = _engine.Line("HRANDFIELD key 20 WITHVALUES").Trim('[', ']').Split(", ");
        for (int i = 0; i < pairs.Length; i += 2)
        {
            Assert.Equal(pairs[i], pairs[i + 1].Insert(1, "f"));
        }
        Assert.Equal("-ERR value is out of range", _engine.Line($"HRANDFIELD key -{long.MaxValue} WITHVALUES"));
    }

    [Fact]
    public void The_maps_of_resp3_are_maps()
    {
        _engine.Session.Protocol = 3;
        _engine.Line("HSET key a 1");
        Assert.Equal("{\"a\": \"1\"}", _engine.Line("HGETALL key"));
        Assert.Equal("[[\"a\", \"1\"]]", _engine.Line("HRANDFIELD key 3 WITHVALUES"));
        Assert.Equal("[\"a\"]", _engine.Line("HKEYS key"));
        Assert.Equal("{}", _engine.Line("HGETALL missing"));
        Assert.Equal("nil", _engine.Line("HGET key b"));
    }
}
