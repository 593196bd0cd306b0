using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Tidelog.Tests.Reference;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Tests.Snapshot;

/// <summary>RESTORE, against a redis-server and by itself.</summary>
public sealed class RestoreTests
{
    private const string Payload = "\u0000\u0001x\u000a\u0000";

    [Fact]
    public void Values_go_to_redis_and_back_and_stay_the_same()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
        using RespClient client = redis.Connect();
        StepProperty.Check(12, length: 100, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            EngineFixture copy = new();
            DatasetSteps.Run(engine, steps);
            client.Call("FLUSHALL");
            engine.Line("SELECT 0");
            Database database = engine.Engine.Keyspace[0];
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                byte[] key = record.Key.ToArray();
                Assert.Equal("OK", client.Call("RESTORE"u8.ToArray(), key, "0"u8.ToArray(), Dump(engine, key)).Text);
                Reply payload = client.Call("DUMP"u8.ToArray(), key);
                Assert.Equal("+OK\r\n",
                    Execute(copy, "RESTORE"u8.ToArray(), key, "0"u8.ToArray(), payload.Bytes.ToArray()));
                AssertSame(client, copy, Encoding.Latin1.GetString(key));
            }
        });
    }

    [Fact]
    public void Replies_are_those_of_redis()
    {
        using ServerProcess redis = ServerProcess.StartRedis();
        using RespClient client = redis.Connect();
        EngineFixture engine = new();
        client.Call("SET", "source", "value");
        client.Call("RPUSH", "list", "a", "b");
        string good = client.Call("DUMP", "source").Text;
        string list = client.Call("DUMP", "list").Text;
        foreach (string[] arguments in Requests(good, list))
        {
            string[] request = ["RESTORE", .. arguments];
            string expected = client.Call(request).ToString();
            byte[] reply = engine.Execute(EngineFixture.Request(request));
            string actual = Reply.Parse(Encoding.Latin1.GetString(reply)).ToString();
            Assert.True(expected == actual, $"{string.Join(' ', arguments)}: {actual}, redis {expected}");
            Assert.Equal(client.Call("EXISTS", "k").Text, engine.Line("EXISTS k"));
            Assert.Equal(Math.Sign(client.Call("TTL", "k").Integer), Math.Sign(long.Parse(engine.Line("TTL k"), null)));
        }
    }

    [Theory]
    [InlineData("k 0 P", "RESTORE k 0 P")]
    [InlineData("k 1000 P", "RESTORE k 1700000001000 P ABSTTL")]
    [InlineData("old 1000 P REPLACE", "RESTORE old 1700000001000 P REPLACE ABSTTL")]
    [InlineData("k 1700000001000 P ABSTTL", "RESTORE k 1700000001000 P ABSTTL")]
    [InlineData("old 1600000000000 P ABSTTL REPLACE", "DEL old")]
    [InlineData("k 1600000000000 P ABSTTL", "")]
    [InlineData("k 1600000000000 P ABSTTL REPLACE", "")]
    [InlineData("k 9223372036854775807 P", "")]
    public void Its_effect_says_when_the_key_expires(string arguments, string effect)
    {
        EngineFixture engine = new();
        engine.Line("SET old 1");
        _ = engine.Effects();
        Assert.Equal("OK", Restore(engine, arguments));
        string payload = engine.Run("ECHO", Sealed(Payload));
        payload = payload[1..^1].Contains('"', StringComparison.Ordinal) ? payload : payload[1..^1];
        string[] words = [.. effect.Split(' ').Select(word => word == "P" ? payload : word)];
        Assert.Equal(effect.Length == 0 ? [] : [string.Join(' ', words)], engine.Effects());
    }

    [Theory]
    [InlineData("k 0 P", "new:k restore:k")]
    [InlineData("old 0 P REPLACE", "new:old restore:old")]
    [InlineData("old 1600000000000 P ABSTTL REPLACE", "del:old")]
    [InlineData("k 1600000000000 P ABSTTL", "")]
    public void Its_events_are_those_of_redis(string arguments, string events)
    {
        EngineFixture engine = new();
        Listener listener = new(engine.Engine);
        engine.Line("SET old 1");
        engine.Options.NotifyKeyspaceEvents = NotifyEvents.All | NotifyEvents.KeyEvent | NotifyEvents.New;
        Tidelog.Engine.Commands.Session own = engine.Session;
        engine.Session = listener;
        engine.Line("PSUBSCRIBE __keyevent@0__:*");
        engine.Session = own;
        _ = listener.Messages();
        Assert.Equal("OK", Restore(engine, arguments));
        Assert.Equal(events.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            listener.Messages().Select(message =>
            {
                string[] words = message.Trim('[', ']').Split(", ");
                return words[2].Trim('"')["__keyevent@0__:".Length..] + ":" + words[3].Trim('"');
            }));
    }

    [Fact]
    public void Idle_time_and_frequency_are_restored()
    {
        EngineFixture engine = new();
        Assert.Equal("OK", Restore(engine, "k 0 P IDLETIME 1000"));
        Assert.Equal("1000", engine.Line("OBJECT IDLETIME k"));
        Assert.Equal("OK", Restore(engine, "far 0 P IDLETIME 9223372036854775807"));
        engine = new EngineFixture(new EngineOptions { MaxMemoryPolicy = MaxMemoryPolicy.AllKeysLfu });
        Assert.Equal("OK", Restore(engine, "k 0 P FREQ 77"));
        Assert.Equal("77", engine.Line("OBJECT FREQ k"));
    }

    [Fact]
    public void Who_waits_for_a_list_gets_its_element()
    {
        EngineFixture engine = new();
        Listener waiting = new(engine.Engine);
        Tidelog.Engine.Commands.Session own = engine.Session;
        engine.Session = waiting;
        engine.Execute(EngineFixture.Request("BLPOP", "k", "0"));
        engine.Session = own;
        Assert.Equal("OK", Restore(engine, "k 0 P", "\u0001\u0001\u0001a\u0009\u0000"));
        Assert.Equal(0, engine.Engine.Blocked.Count);
        Assert.Equal("0", engine.Line("EXISTS k"));
    }

    [Theory]
    [InlineData(SanitizeDumpPayload.Yes, 3)]
    [InlineData(SanitizeDumpPayload.No, 0)]
    public void What_redis_would_have_checked_is_counted(SanitizeDumpPayload sanitize, int count)
    {
        EngineFixture engine = new(new EngineOptions { SanitizeDumpPayload = sanitize });
        Restore(engine, "string 0 P");
        Restore(engine, "list 0 P", "\u0001\u0001\u0001a\u0009\u0000");
        Restore(engine, "nodes 0 P", "\u000e\u0002\u0009\u0000");
        Restore(engine, "bad 0 P", "\u000b\u0001x\u0009\u0000");
        Assert.Equal(count, engine.Engine.Metrics.DumpPayloadSanitizations);
    }

    [Fact]
    public void A_damaged_payload_is_refused_or_makes_a_sound_value() =>
        StepProperty.Check(20, length: 40, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            engine.Engine.SkipsChecksums = true;
            DatasetSteps.Run(engine, steps);
            engine.Line("SELECT 0");
            Random random = new(steps[0].Seed);
            EngineFixture copy = new();
            copy.Engine.SkipsChecksums = true;
            Database database = engine.Engine.Keyspace[0];
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                byte[] key = record.Key.ToArray();
                byte[] payload = Dump(engine, key);
                for (int i = 0; i < 10; i++)
                {
                    byte[] damaged = [.. payload];
                    for (int j = random.Next(1, 4); j > 0; j--)
                    {
                        damaged[random.Next(damaged.Length - 10)] = (byte)random.Next(256);
                    }
                    Execute(copy,
                        "RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), damaged, "REPLACE"u8.ToArray());
                    Use(copy);
                }
            }
            copy.Line("FLUSHALL");
            ValueBuilderTests.AssertNothingIsLeft(copy);
        });

    /// <summary>Reads and changes whatever is at the key.</summary>
    private static void Use(EngineFixture engine)
    {
        Record record = engine.Engine.Keyspace[0].FindExpiredToo("k"u8);
        if (!record.Exists)
        {
            return;
        }
        DatasetDigest.OfValue(record, new byte[DatasetDigest.Length]);
        string[] commands = record.Type switch
        {
            ValueType.String => ["APPEND k x", "GET k"],
            ValueType.List => ["LPOP k 3", "RPUSH k x", "LREM k 0 x", "LRANGE k 0 -1"],
            ValueType.Set => ["SPOP k 2", "SADD k x", "SRANDMEMBER k 5", "SMEMBERS k"],
            ValueType.Hash => ["HSET k x y", "HDEL k x", "HGETALL k"],
            ValueType.SortedSet => ["ZADD k 5 x", "ZPOPMIN k 2", "ZRANK k x", "ZRANGE k 0 -1 WITHSCORES"],
            _ =>
            [
                "XINFO STREAM k FULL", "XADD k * a b", "XRANGE k - + COUNT 5", "XREVRANGE k + - COUNT 5",
                "XREADGROUP GROUP g0 c STREAMS k >", "XPENDING k g0", "XAUTOCLAIM k g0 d 0 0", "XTRIM k MAXLEN 3",
                "XGROUP DESTROY k g0",
            ],
        };
        foreach (string command in commands)
        {
            engine.Execute(EngineFixture.Request(command.Split(' ')));
        }
    }

    private static IEnumerable<string[]> Requests(string good, string list)
    {
        string wrongVersion = good[..^10] + "\u0063\u0000" + good[^8..];
        string wrongChecksum = good[..^1] + (char)(good[^1] ^ 1);
        string noChecksum = good[..^8] + new string('\0', 8);
        yield return ["k", "0", good];
        yield return ["k", "0", good];
        yield return ["k", "x", good];
        yield return ["k", "0", list, "REPLACE"];
        yield return ["k", "-1", good, "REPLACE"];
        yield return ["k", "x", good, "REPLACE"];
        yield return ["k", "100000", good, "replace"];
        yield return ["k", "1", good, "REPLACE", "ABSTTL"];
        yield return ["k", "9223372036854775807", good];
        yield return ["k", "9223372036854775807", good, "ABSTTL"];
        yield return ["k", "0", wrongVersion, "REPLACE"];
        yield return ["k", "0", wrongChecksum, "REPLACE"];
        yield return ["k", "0", noChecksum, "REPLACE"];
        yield return ["k", "0", wrongChecksum];
        yield return ["k", "0", "", "REPLACE"];
        yield return ["k", "0", "short", "REPLACE"];
        yield return ["k", "0", Sealed("\u000a\u0000"), "REPLACE"];
        yield return ["k", "0", Sealed("\u0063x\u000a\u0000"), "REPLACE"];
        yield return ["k", "0", Sealed("\u0001\u0000\u000a\u0000"), "REPLACE"];
        yield return ["k", "0", Sealed("\u0002\u0002\u0001x\u0001x\u000a\u0000"), "REPLACE"];
        yield return ["k", "0", Sealed("\u0000\u0020x\u000a\u0000"), "REPLACE"];
        yield return ["k", "0", good, "REPLACE", "IDLETIME", "5"];
        yield return ["k", "0", good, "REPLACE", "IDLETIME", "-1"];
        yield return ["k", "0", good, "REPLACE", "IDLETIME", "x"];
        yield return ["k", "0", good, "REPLACE", "IDLETIME"];
        yield return ["k", "0", good, "REPLACE", "FREQ", "256"];
        yield return ["k", "0", good, "REPLACE", "FREQ", "-1"];
        yield return ["k", "0", good, "REPLACE", "FREQ", "255"];
        yield return ["k", "0", good, "REPLACE", "FREQ", "1", "IDLETIME", "1"];
        yield return ["k", "0", good, "REPLACE", "IDLETIME", "1", "FREQ", "1"];
        yield return ["k", "0", good, "NONSENSE"];
        yield return ["k", "0"];
    }

    private static void AssertSame(RespClient client, EngineFixture copy, string key)
    {
        Record record = copy.Engine.Keyspace[0].FindExpiredToo(Encoding.Latin1.GetBytes(key));
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfValue(record, digest);
        Assert.Equal(client.Call("DEBUG", "DIGEST-VALUE", key)[0].Text, Convert.ToHexStringLower(digest));
        Assert.Equal($"\"{client.Call("OBJECT", "ENCODING", key).Text}\"", copy.Run("OBJECT", "ENCODING", key));
        if (record.Type == ValueType.Stream)
        {
            string[] command = ["XINFO", "STREAM", key, "FULL", "COUNT", "0"];
            Assert.Equal(client.Call(command).ToString(),
                Reply.Parse(Encoding.Latin1.GetString(copy.Execute(EngineFixture.Request(command)))).ToString());
        }
    }

    private static byte[] Dump(EngineFixture engine, byte[] key)
    {
        byte[] reply = engine.Execute(RespClient.Encode("DUMP"u8.ToArray(), key));
        return Reply.Parse(Encoding.Latin1.GetString(reply)).Bytes.ToArray();
    }

    private static string Execute(EngineFixture engine, params byte[][] arguments) =>
        Encoding.Latin1.GetString(engine.Execute(RespClient.Encode(arguments)));

    /// <summary>Restores with the words given, where P stands for a payload.</summary>
    private static string Restore(EngineFixture engine, string arguments, string payload = Payload) => engine.Run(
        ["RESTORE", .. arguments.Split(' ').Select(word => word == "P" ? Sealed(payload) : word)]);

    /// <summary>A payload with its checksum.</summary>
    private static string Sealed(string payload)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(payload);
        return payload + Encoding.Latin1.GetString(BitConverter.GetBytes(Crc64.Append(0, bytes)));
    }
}
