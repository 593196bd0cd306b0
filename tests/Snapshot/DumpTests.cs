using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Tests.Engine;
using Tidelog.Tests.Reference;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Snapshot;

/// <summary>DUMP against a redis-server.</summary>
public sealed class DumpTests
{
    /// <summary>Values whose form leaves no choice.</summary>
    private static readonly string[] Values =
    [
        "SET k 0", "SET k -1", "SET k 127", "SET k 128", "SET k -128", "SET k -129", "SET k 32767", "SET k 32768",
        "SET k -32769", "SET k 2147483647", "SET k 2147483648", "SET k -2147483648", "SET k -2147483649",
        "SET k 9223372036854775807", "SET k -9223372036854775808", "SET k 007", "SET k -0", "SET k +1", "SET k 1.5",
        "SET k a", "SET k 12345678901", "SET k 18446744073709551615",
        "SADD k 1 2 3", "SADD k 1 -70000 3", "SADD k 1 5000000000",
        "RPUSH k a 1 -1 4095 -4096 4096 32767 32768 8388607 8388608 2147483648 007",
        "HSET k f v n 12 200 -3", "ZADD k 1 a 2.5 b inf c -inf d -0 e 1e20 f 0.1 g 3 7 4 -7",
        "XADD k 1-1 f v g 300", "XADD k 5-* f v", "XGROUP CREATE k g $ MKSTREAM",
    ];

    [Fact]
    public void A_payload_has_the_bytes_that_redis_gives()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--rdbcompression", "no");
        using RespClient client = redis.Connect();
        EngineFixture engine = new(new EngineOptions { RdbVersion = 10, RdbCompression = false });
        List<string[]> commands = [.. Values.Select(value => value.Split(' '))];
        foreach (int length in (int[])[0, 1, 11, 12, 20, 21, 63, 64, 4095, 4096, 16_383, 16_384, 16_385, 70_000])
        {
            commands.Add(["SET", "k", new string('x', length)]);
            commands.Add(["RPUSH", "k", new string('y', Math.Min(length, 200))]);
        }
        foreach (string[] command in commands)
        {
            engine.Run(command);
            client.Call(command);
            Reply theirs = client.Call("DUMP", "k");
            Assert.Equal($"{string.Join(' ', command)}: {theirs}", $"{string.Join(' ', command)}: {Dump(engine, "k")}");
            engine.Line("DEL k");
            client.Call("DEL", "k");
        }
    }

    [Fact]
    public void What_is_not_there_gives_nothing()
    {
        EngineFixture engine = new();
        Assert.Equal("nil", engine.Line("DUMP k"));
        Assert.Equal("-ERR wrong number of arguments for 'dump' command", engine.Line("DUMP"));
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(10, false)]
    [InlineData(10, true)]
    public void Redis_restores_any_payload(int version, bool compress)
    {
        using ServerProcess redis = ServerProcess.StartRedis(
            "--enable-debug-command", "yes", "--sanitize-dump-payload", "yes");
        using RespClient client = redis.Connect();
        EngineOptions options = new() { RdbVersion = version, RdbCompression = compress };
        StepProperty.Check(10, length: 120, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new(options);
            DatasetSteps.Run(engine, steps.Where(step => step.Kind != 0));
            Database database = engine.Engine.Keyspace[0];
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                string key = Encoding.Latin1.GetString(record.Key);
                Reply restored = client.Call("RESTORE", key, $"{Math.Max(0, record.Expiry)}", Dump(engine, key).Text,
                    "ABSTTL", "REPLACE");
                Assert.True(restored.Text == "OK", $"{record.Type} {record.Encoding} {key}: {restored}");
                Assert.Equal(Digest(record), client.Call("DEBUG", "DIGEST-VALUE", key)[0].Text);
            }
        });
    }

    [Fact]
    public void A_payload_is_compressed_or_not_as_the_setting_says_now()
    {
        EngineFixture engine = new(new EngineOptions { RdbCompression = false });
        engine.Run("SET", "k", new string('x', 5_000_000));
        Assert.InRange(Dump(engine, "k").Bytes.Length, 5_000_000, 5_000_020);
        engine.Options.RdbCompression = true;
        Assert.InRange(Dump(engine, "k").Bytes.Length, 20, 200_000);
    }

    private static Reply Dump(EngineFixture engine, string key) =>
        Reply.Parse(Encoding.Latin1.GetString(engine.Execute(EngineFixture.Request("DUMP", key))));

    private static string Digest(Record record)
    {
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfValue(record, digest);
        return Convert.ToHexStringLower(digest);
    }
}
