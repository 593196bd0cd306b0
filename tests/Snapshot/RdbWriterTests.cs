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

/// <summary>What is written, against a redis-server that loads it.</summary>
public sealed class RdbWriterTests
{
    [Theory]
    [InlineData(9, true, 64 * 1024)]
    [InlineData(9, false, 64)]
    [InlineData(10, true, 100)]
    [InlineData(10, false, 4096)]
    public void Redis_loads_any_dataset_as_it_is(int version, bool compress, int window)
    {
        using ServerProcess redis = ServerProcess.StartRedis(
            "--enable-debug-command", "yes", "--sanitize-dump-payload", "yes");
        using RespClient client = redis.Connect();
        string path = Path.Combine(redis.WorkingDirectory, "dump.rdb");
        RdbFormat format = new(version, compress);
        StepProperty.Check(12, length: 150, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            File.WriteAllBytes(path, DatasetFile.Write(engine.Engine.Keyspace, format, window));
            CheckFile(path);
            Reply loaded = client.Call("DEBUG", "RELOAD", "NOSAVE");
            Assert.True(loaded.Text == "OK", loaded + redis.Log);
            AssertSame(engine, client, version);
        });
    }

    [Theory]
    [InlineData(MaxMemoryPolicy.AllKeysLru, AccessDetail.Idle)]
    [InlineData(MaxMemoryPolicy.AllKeysLfu, AccessDetail.Frequency)]
    public void Redis_takes_over_how_keys_were_used(MaxMemoryPolicy policy, AccessDetail access)
    {
        bool isLru = access == AccessDetail.Idle;
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes",
            "--maxmemory-policy", isLru ? "allkeys-lru" : "allkeys-lfu");
        using RespClient client = redis.Connect();
        EngineFixture engine = new(new EngineOptions { MaxMemoryPolicy = policy, LfuLogFactor = 0 });
        engine.Line("SET k v");
        for (int i = 0; i < 9; i++)
        {
            engine.Line("GET k");
        }
        engine.NowMs += 5 * 60_000;
        engine.Line("SET other v");
        RdbFormat format = new(Access: access, LfuDecayMinutes: 2);
        File.WriteAllBytes(
            Path.Combine(redis.WorkingDirectory, "dump.rdb"), DatasetFile.Write(engine.Engine.Keyspace, format));
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Reply used = client.Call("OBJECT", isLru ? "IDLETIME" : "FREQ", "k");
        Assert.InRange(used.Integer, isLru ? 300 : 12, isLru ? 310 : 12);
    }

    [Fact]
    public void Redis_loads_functions()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
        using RespClient client = redis.Connect();
        DatasetFile.Sink file = new();
        using RdbOutput output = new(1024, file);
        using RdbWriter writer = new(output, new RdbFormat());
        writer.Magic();
        writer.Function("#!lua name=lib\nredis.register_function('seven', function() return 7 end)"u8);
        writer.End();
        output.Int64LittleEndian(0);
        output.Flush();
        File.WriteAllBytes(Path.Combine(redis.WorkingDirectory, "dump.rdb"), file.Bytes);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(7, client.Call("FCALL", "seven", "0").Integer);
    }

    [Fact]
    public void Nothing_is_allocated_on_the_way()
    {
        EngineFixture engine = new();
        Random random = new(5);
        DatasetSteps.Run(engine, Enumerable.Range(0, 800).Select(
            i => new DatasetStep(i % DatasetSteps.Kinds, random.Next(DatasetSteps.KeysPerType), random.Next())));
        using RdbOutput output = new(64 * 1024, new NoSink());
        using RdbWriter writer = new(output, new RdbFormat(10));
        WriteKeys(engine, writer);

        // A collection that another test causes meanwhile moves the thread's counter.
        long least = long.MaxValue;
        for (int i = 0; i < 12 && least > 0; i++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            WriteKeys(engine, writer);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        Assert.Equal(0, least);
    }

    private static void WriteKeys(EngineFixture engine, RdbWriter writer)
    {
        Database database = engine.Engine.Keyspace[0];
        for (long address = 0; database.TryWalk(ref address, out Record record);)
        {
            writer.Key(record, engine.NowMs);
        }
    }

    private static void AssertSame(EngineFixture engine, RespClient client, int version)
    {
        for (int i = 0; i < 3; i++)
        {
            client.Call("SELECT", $"{i}");
            engine.Line($"SELECT {i}");
            Database database = engine.Engine.Keyspace[i];
            Assert.Equal(database.Count, client.Call("DBSIZE").Integer);
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                AssertSame(engine, client, record, version);
            }
        }
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(engine.Engine.Keyspace, digest);
        Assert.Equal(client.Call("DEBUG", "DIGEST").Text, Convert.ToHexStringLower(digest));
    }

    private static void AssertSame(EngineFixture engine, RespClient client, Record record, int version)
    {
        string key = Encoding.Latin1.GetString(record.Key);
        Assert.Equal(client.Call("PEXPIRETIME", key).Integer, record.Expiry);
        if (record.Type == ValueType.Stream)
        {
            string[] command = ["XINFO", "STREAM", key, "FULL", "COUNT", "0"];
            Reply ours = Reply.Parse(Encoding.Latin1.GetString(engine.Execute(EngineFixture.Request(command))));
            Assert.Equal(Known(ours, version), Known(client.Call(command), version));
        }
    }

    /// <summary>What XINFO STREAM tells and RDB of the version holds.</summary>
    private static string Known(Reply stream, int version)
    {
        StringBuilder text = new();
        AddKnown(text, stream, version);
        return text.ToString();
    }

    private static void AddKnown(StringBuilder text, Reply reply, int version)
    {
        // Redis 7.0 makes a first ID of its own for an empty stream of an old file.
        string[] later =
            ["max-deleted-entry-id", "entries-added", "entries-read", "lag", "recorded-first-entry-id"];
        for (int i = 0; i < reply.Items.Count; i++)
        {
            Reply item = reply.Items[i];
            if (version < 10 && later.Contains(item.Text))
            {
                i++;
            }
            else if (item.Items.Count == 0)
            {
                text.Append(item).Append(' ');
            }
            else
            {
                text.Append("\n(");
                AddKnown(text, item, version);
                text.Append(')');
            }
        }
    }

    private static void CheckFile(string path)
    {
        string program = ServerProcess.RedisBinary.Replace("redis-server", "redis-check-rdb", StringComparison.Ordinal);
        (int exitCode, string output) = ServerProcess.RunToExit(program, path);
        Assert.True(exitCode == 0, output);
    }

    private sealed class NoSink : ISnapshotSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
