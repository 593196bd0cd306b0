using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Reference;
using Xunit;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Tests.Snapshot;

/// <summary>The library's door: files without a server.</summary>
public sealed class RdbFileTests
{
    [Theory]
    [InlineData(9, true)]
    [InlineData(10, false)]
    public void A_file_of_redis_that_is_read_and_written_again_is_the_same_dataset_to_redis(int version, bool compress)
    {
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
        using RespClient client = redis.Connect();
        RdbSample.Fill(client);
        if (version < 10)
        {
            // Redis counts what older files do not tell anew, and so finds another digest.
            RdbSample.Do(client, "DEL", "stream", "emptied stream");
        }
        string digest = RdbSample.Digest(client);
        string path = RdbSample.Save(redis, client);
        using MemoryStream copy = new();
        Copy(path, copy, new RdbFormat(version, compress));
        RdbSample.Do(client, "FLUSHALL");
        RdbSample.Do(client, "FUNCTION", "FLUSH");
        File.WriteAllBytes(path, copy.ToArray());
        Assert.Equal("OK", RdbSample.Do(client, "DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, RdbSample.Digest(client));
        Assert.Equal("sample", RdbSample.Do(client, "FUNCTION", "LIST")[0]["library_name"].Text);
    }

    [Fact]
    public void Items_come_as_redis_wrote_them()
    {
        using ServerProcess redis = ServerProcess.StartRedis();
        using RespClient client = redis.Connect();
        RdbSample.Fill(client);
        using RdbFileReader reader = new(RdbSample.Save(redis, client));
        Dictionary<string, string> notes = [];
        List<(int, string)> keys = [];
        List<string> functions = [];
        RdbItem item;
        while ((item = reader.Read()) != RdbItem.End)
        {
            switch (item)
            {
                case RdbItem.Aux:
                    notes.Add(Latin(reader.Name), Latin(reader.Text));
                    break;
                case RdbItem.Function:
                    functions.Add(Latin(reader.Text));
                    break;
                case RdbItem.Counts:
                    Assert.Equal(reader.Database == 0 ? (16, 1) : (1, 0), (reader.Keys, reader.ExpiringKeys));
                    break;
                case RdbItem.Key:
                    keys.Add((reader.Database, Latin(reader.Key)));
                    Assert.Equal(Latin(reader.Key) == "expiring" ? RdbSample.Expiry : -1, reader.Expiry);
                    break;
            }
        }
        Assert.Equal(RdbItem.End, reader.Read());
        Assert.Equal(10, reader.Version);
        Assert.Equal("7.0.15", notes["redis-ver"]);
        Assert.Equal([RdbSample.Function], functions);
        Assert.Equal(17, keys.Distinct().Count());
        Assert.Contains((3, "text"), keys);
    }

    [Fact]
    public void A_value_is_built_as_a_server_builds_it_and_measured()
    {
        using ServerProcess redis = ServerProcess.StartRedis();
        using RespClient client = redis.Connect();
        RdbSample.Fill(client);
        using RdbFileReader reader = new(RdbSample.Save(redis, client));
        Dictionary<string, RdbValueSize> sizes = [];
        for (RdbItem item = reader.Read(); item != RdbItem.End; item = reader.Read())
        {
            if (item == RdbItem.Key && Latin(reader.Key) is "list" or "long list" or "big scores" or "stream")
            {
                sizes[Latin(reader.Key)] = reader.BuildValue();
                Assert.Throws<InvalidOperationException>(() => reader.SkipValue());
            }
        }
        Assert.Equal(6000, sizes["long list"].Elements);
        Assert.Equal(600, sizes["big scores"].Elements);
        Assert.Equal(3, sizes["stream"].Elements);
        Assert.InRange(sizes["long list"].Memory, 20_000, 120_000);
        Assert.True(sizes["big scores"].Memory > sizes["list"].Memory);
    }

    [Fact]
    public void Members_that_are_there_twice_are_found_only_by_building_the_value()
    {
        using MemoryStream file = new();
        using (RdbFileWriter writer = new(file))
        {
            writer.BeginSet("s"u8, 2);
            writer.SetMember("a"u8);
            writer.SetMember("a"u8);
            writer.End();
        }
        using RdbFileReader skipping = Open(file);
        Assert.Equal(RdbItem.Key, skipping.Read());
        Assert.Equal(RdbItem.End, skipping.Read());
        using RdbFileReader building = Open(file);
        building.Read();
        Assert.Throws<CorruptDataException>(() => building.BuildValue());
    }

    [Fact]
    public void The_memory_that_built_values_took_is_used_again()
    {
        using MemoryStream file = new();
        byte[] text = new byte[1 << 20];
        using (RdbFileWriter writer = new(file, new RdbFormat(Compress: false)))
        {
            for (int i = 0; i < 20_000; i++)
            {
                writer.String(Encoding.ASCII.GetBytes($"k{i}"), i % 200 == 0 ? text : text.AsSpan(0, 4000));
            }
            writer.End();
        }
        using RdbFileReader reader = Open(file);
        long before = Environment.WorkingSet;
        while (reader.Read() != RdbItem.End)
        {
            reader.BuildValue();
        }
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 250L << 20);
    }

    [Fact]
    public void What_does_not_belong_where_it_is_written_is_refused()
    {
        using MemoryStream file = new();
        using RdbFileWriter writer = new(file);
        Assert.Throws<InvalidOperationException>(() => writer.ListElement("a"u8));
        writer.BeginList("l"u8, 2);
        writer.ListElement("a"u8);
        Assert.Throws<InvalidOperationException>(() => writer.SetMember("a"u8));
        Assert.Throws<InvalidOperationException>(writer.End);
        writer.ListElement("b"u8);
        Assert.Throws<InvalidOperationException>(() => writer.ListElement("c"u8));
        writer.BeginStream("x"u8, 0);
        Assert.Throws<InvalidOperationException>(() => writer.String("a"u8, "b"u8));
        writer.StreamState(new StreamState(0, default, null, null, null), groups: 1);
        Assert.Throws<InvalidOperationException>(writer.End);
        writer.StreamGroup("g"u8, default, -1, pending: 0);
        writer.StreamConsumers(2);
        writer.StreamConsumer("c"u8, 5, pending: 0);
        Assert.Throws<InvalidOperationException>(writer.End);
        writer.StreamConsumer("d"u8, 5, pending: 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.BeginSet("s"u8, 0));
        writer.End();
        Assert.Throws<InvalidOperationException>(writer.End);
        using RdbFileReader reader = Open(file);
        Assert.Equal((RdbItem.Key, ValueType.List), (reader.Read(), reader.Type));
        Assert.Equal((RdbItem.Key, ValueType.Stream), (reader.Read(), reader.Type));
        Assert.Equal(RdbItem.End, reader.Read());
    }

    [Fact]
    public void When_a_key_was_used_is_written_as_it_is_read()
    {
        using MemoryStream file = new();
        using (RdbFileWriter writer = new(file))
        {
            writer.NextKeyAccess(123_456, -1);
            writer.String("idle"u8, "v"u8, RdbSample.Expiry);
            writer.NextKeyAccess(-1, 255);
            writer.BeginSet("used"u8, 1);
            writer.SetMember("m"u8);
            writer.String("not known"u8, "v"u8);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.NextKeyAccess(-1, 256));
            writer.End();
        }
        using RdbFileReader reader = Open(file);
        List<(string, long, long, int)> keys = [];
        while (reader.Read() == RdbItem.Key)
        {
            keys.Add((Latin(reader.Key), reader.Expiry, reader.IdleSeconds, reader.Frequency));
        }
        Assert.Equal(
            [("idle", RdbSample.Expiry, 123_456, -1), ("used", -1, -1, 255), ("not known", -1, -1, -1)], keys);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public void Counters_of_a_stream_are_written_as_they_are_read(int version)
    {
        StreamState state = new(0, new(9, 9), new(5, 5), new(3, 3), 100);
        using MemoryStream file = new();
        using (RdbFileWriter writer = new(file, new RdbFormat(version)))
        {
            writer.NextStreamCounters(state, [7, -1]);
            Assert.Throws<InvalidOperationException>(() => writer.String("k"u8, "v"u8));
            writer.BeginStream("s"u8, 0, RdbSample.Expiry);
            writer.StreamState(state, groups: 2);
            writer.StreamGroup("a"u8, default, 7, pending: 0);
            writer.StreamConsumers(0);
            writer.StreamGroup("b"u8, default, -1, pending: 0);
            writer.StreamConsumers(0);
            writer.End();
        }
        RecordedValue read = RecordedFile.Read(file.ToArray()).Values[(0, "s")];
        Assert.Equal(state, read.State);
        Assert.Equal("\ngroup a 0-0 7\ngroup b 0-0 -1", read.Groups);
    }

    private static RdbFileReader Open(MemoryStream file)
    {
        file.Position = 0;
        return new RdbFileReader(file, "memory", file.Length);
    }

    private static void Copy(string path, Stream target, RdbFormat format)
    {
        using RdbFileReader reader = new(path);
        using RdbFileWriter writer = new(target, format);
        while (true)
        {
            switch (reader.Read())
            {
                case RdbItem.Aux:
                    writer.Aux(reader.Name, reader.Text);
                    break;
                case RdbItem.Function:
                    writer.Function(reader.Text);
                    break;
                case RdbItem.SelectDatabase:
                    writer.SelectDatabase(reader.Database);
                    break;
                case RdbItem.Counts:
                    writer.Counts(reader.Keys, reader.ExpiringKeys);
                    break;
                case RdbItem.Key:
                    CopiedValue value = new();
                    byte[] key = reader.Key.ToArray();
                    long expiry = reader.Expiry;
                    reader.ReadValue(value);
                    value.Write(writer, key, expiry);
                    break;
                default:
                    writer.End();
                    return;
            }
        }
    }

    private static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
