using System.Text;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>Files that a redis-server writes, read and compared with what it answers.</summary>
public sealed class RdbReferenceTests
{
    private static readonly string[] Plain =
    [
        "--hash-max-listpack-entries", "0", "--zset-max-listpack-entries", "0", "--set-max-intset-entries", "2",
        "--list-max-listpack-size", "3", "--stream-node-max-entries", "3", "--rdbcompression", "no",
    ];

    private static readonly string[] Packed =
    [
        "--hash-max-listpack-entries", "2000", "--hash-max-listpack-value", "400000", "--zset-max-listpack-entries",
        "2000", "--zset-max-listpack-value", "400000", "--set-max-intset-entries", "2000",
        "--list-max-listpack-size", "-5", "--list-compress-depth", "1", "--maxmemory-policy", "allkeys-lfu",
    ];

    [Fact]
    public void Values_in_their_usual_form_are_read_as_redis_has_them() =>
        Compare(["--maxmemory-policy", "allkeys-lru"], packedThreshold: 0);

    [Fact]
    public void Values_in_plain_form_are_read_as_redis_has_them() => Compare(Plain, packedThreshold: 60);

    [Fact]
    public void Values_in_packed_form_are_read_as_redis_has_them() => Compare(Packed, packedThreshold: 0);

    private static void Compare(string[] arguments, int packedThreshold)
    {
        using ServerProcess redis = ServerProcess.StartRedis([.. arguments, "--enable-debug-command", "yes"]);
        using RespClient client = redis.Connect();
        Assert.Equal("OK", client.Call("DEBUG", "QUICKLIST-PACKED-THRESHOLD", $"{packedThreshold}").Text);
        string code = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
        Assert.Equal("lib", client.Call("FUNCTION", "LOAD", code).Text);
        StepProperty.Check(4, length: 150, DatasetSteps.Step, steps =>
        {
            client.Call("FLUSHALL");
            foreach (DatasetStep step in steps)
            {
                client.Call(DatasetSteps.Command(step, new Random(step.Seed)));
            }
            Assert.Equal("OK", client.Call("SAVE").Text);
            byte[] bytes = File.ReadAllBytes(Path.Combine(redis.WorkingDirectory, "dump.rdb"));
            RecordedFile file = RecordedFile.ReadOnce(new MemoryStream(bytes), bytes.Length);
            Assert.Contains("redis-ver=7.0.15", file.Items);
            Assert.Contains($"function {code}", file.Items);
            AssertSame(client, file);
        });
    }

    private static void AssertSame(RespClient client, RecordedFile file)
    {
        long keys = 0;
        for (int i = 0; i < 3; i++)
        {
            client.Call("SELECT", $"{i}");
            keys += client.Call("DBSIZE").Integer;
        }
        Assert.Equal(keys, file.Values.Count);
        foreach (((int database, string key), RecordedValue value) in file.Values)
        {
            client.Call("SELECT", $"{database}");
            Assert.Equal(client.Call("TYPE", key).Text, value.Kind);
            Assert.Equal(client.Call("PEXPIRETIME", key).Integer, file.Expiries.GetValueOrDefault((database, key), -1));
            if (value.Kind == "stream")
            {
                AssertSameStream(client, key, value);
                continue;
            }
            RecordedValue expected = new() { Kind = value.Kind };
            expected.Items.AddRange(Texts(value.Kind switch
            {
                "string" => client.Call("GET", key),
                "list" => client.Call("LRANGE", key, "0", "-1"),
                "set" => client.Call("SMEMBERS", key),
                "hash" => client.Call("HGETALL", key),
                _ => client.Call("ZRANGE", key, "0", "-1", "WITHSCORES"),
            }));
            Assert.Equal(expected.ToString(), value.ToString());
        }
    }

    private static void AssertSameStream(RespClient client, string key, RecordedValue value)
    {
        Assert.Equal(
            client.Call("XRANGE", key, "-", "+").Items
                .Select(entry => string.Join(' ', [entry.Items[0].Text, .. Texts(entry.Items[1])])),
            value.Entries.Select(entry => string.Join(' ', entry)));
        Reply info = client.Call("XINFO", "STREAM", key, "FULL", "COUNT", "0");
        Assert.Equal(info["length"].Integer, value.State.Length);
        Assert.Equal(info["last-generated-id"].Text, RecordingVisitor.Text(value.State.LastId));
        Assert.Equal(info["recorded-first-entry-id"].Text, RecordingVisitor.Text(value.State.FirstId!.Value));
        Assert.Equal(info["max-deleted-entry-id"].Text, RecordingVisitor.Text(value.State.MaxDeletedId!.Value));
        Assert.Equal((ulong)info["entries-added"].Integer, value.State.EntriesAdded);
        StringBuilder groups = new();
        foreach (Reply group in info["groups"].Items)
        {
            AddGroup(groups, group);
        }
        Assert.Equal(groups.ToString(), value.Groups);
    }

    private static void AddGroup(StringBuilder text, Reply group)
    {
        Reply read = group["entries-read"];
        long entriesRead = read.Kind == ReplyKind.Integer ? read.Integer : -1;
        text.Append($"\ngroup {group["name"].Text} {group["last-delivered-id"].Text} {entriesRead}");
        foreach (Reply pending in group["pending"].Items)
        {
            text.Append($"\n pending {pending.Items[0].Text} {pending.Items[2].Integer} {pending.Items[3].Integer}");
        }
        foreach (Reply consumer in group["consumers"].Items)
        {
            text.Append($"\n consumer {consumer["name"].Text} {consumer["seen-time"].Integer}");
            foreach (Reply pending in consumer["pending"].Items)
            {
                text.Append($" {pending.Items[0].Text}");
            }
        }
    }

    private static IEnumerable<string> Texts(Reply reply) =>
        reply.Kind == ReplyKind.Array ? reply.Items.Select(item => item.Text) : [reply.Text];
}
