using System.Diagnostics;
using System.Text;
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
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
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
}
