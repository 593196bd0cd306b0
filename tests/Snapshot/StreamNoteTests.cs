using System.Buffers.Binary;
using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>What streams know of entries that are gone, in files and payloads of version 9.</summary>
public sealed class StreamNoteTests
{
    private const string Note = "tidelog-stream";

    private static readonly string[] Commands =
    [
        "XADD deleted 1-1 f v", "XADD deleted 1-2 f v", "XADD deleted 2-1 f v", "XGROUP CREATE deleted all 2-1",
        "XDEL deleted 1-2",
        "XADD trimmed 1-1 f v", "XADD trimmed 1-2 f v", "XADD trimmed 1-3 f v", "XTRIM trimmed MAXLEN 1",
        "XADD set 5-5 f v", "XSETID set 9-9 ENTRIESADDED 100 MAXDELETEDID 3-3",
        "XGROUP CREATE set a 0 ENTRIESREAD 7", "XGROUP CREATE set b 5-5", "XGROUP CREATE set c 9-9 ENTRIESREAD 100",
        "XREADGROUP GROUP a me COUNT 1 STREAMS set >",
        "XADD guessed 1-1 f v", "XADD guessed 1-2 f v", "XGROUP CREATE guessed g 1-1 ENTRIESREAD 2",
        "XADD emptied 1-1 f v", "XDEL emptied 1-1",
        "XGROUP CREATE fresh g 0 MKSTREAM",
    ];

    private static readonly string[] Keys = ["deleted", "trimmed", "set", "guessed", "emptied", "fresh"];

    [Fact]
    public void A_file_keeps_it()
    {
        EngineFixture engine = Engine(Commands);
        byte[] file = DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(9));
        RecordedFile read = RecordedFile.Read(file);
        Assert.Equal(new StreamState(2, new(2, 1), new(1, 1), new(1, 2), 3), read.Values[(0, "deleted")].State);
        Assert.Equal(new StreamState(1, new(9, 9), new(5, 5), new(3, 3), 100), read.Values[(0, "set")].State);
        Assert.DoesNotContain(read.Items, item => item.Contains(Note, StringComparison.Ordinal));
        EngineFixture copy = new();
        using (MemoryStream stream = new(file))
        {
            LoadProgress progress = new() { TotalBytes = file.Length };
            copy.Engine.Keyspace.Adopt(DatasetLoader.Load(
                stream, "memory", copy.Engine, progress, verifyChecksum: true, keepExpired: false, default));
        }
        foreach (string key in Keys)
        {
            Assert.Equal(engine.Line($"XINFO STREAM {key} FULL"), copy.Line($"XINFO STREAM {key} FULL"));
        }
    }

    [Fact]
    public void Redis_loads_such_a_file()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
        using RespClient client = redis.Connect();
        EngineFixture engine = Engine([.. Commands, "SET behind v", "PEXPIREAT set 4102444800000"]);
        string path = Path.Combine(redis.WorkingDirectory, "dump.rdb");
        File.WriteAllBytes(path, DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(9)));
        string checker = ServerProcess.RedisBinary.Replace("redis-server", "redis-check-rdb", StringComparison.Ordinal);
        (int exitCode, string output) = ServerProcess.RunToExit(checker, path);
        Assert.True(exitCode == 0, output);
        Assert.Contains($"AUX FIELD {Note} = '5-5 3-3 100", output, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal("v", client.Call("GET", "behind").Text);
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(engine.Engine.Keyspace, digest);
        Assert.Equal(client.Call("DEBUG", "DIGEST").Text, Convert.ToHexStringLower(digest));
    }

    [Theory]
    [InlineData(9, "XADD s 1-1 f v|XADD s 1-2 f v|XGROUP CREATE s g 1-2 ENTRIESREAD 2", false)]
    [InlineData(9, "XADD s 1-1 f v|XADD s 1-2 f v|XGROUP CREATE s g 1-2", true)]
    [InlineData(9, "XADD s 1-1 f v|XADD s 1-2 f v|XADD s 1-3 f v|XGROUP CREATE s g 1-2", false)]
    [InlineData(9, "XADD s 1-1 f v|XADD s 1-2 f v|XADD s 1-3 f v|XGROUP CREATE s g 1-2 ENTRIESREAD 2", true)]
    [InlineData(9, "XADD s 1-1 f v|XADD s 1-2 f v|XDEL s 1-2", true)]
    [InlineData(10, "XADD s 1-1 f v|XADD s 1-2 f v|XDEL s 1-2", false)]
    public void Only_what_could_not_be_guessed_is_noted(int version, string commands, bool isNoted)
    {
        EngineFixture engine = Engine(commands.Split('|'));
        byte[] file = DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(version, Compress: false));
        Assert.Equal(isNoted, Encoding.Latin1.GetString(file).Contains(Note, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("XADD s 1-1 f v", 15, 9)]
    [InlineData("XADD s 1-1 f v|XADD s 1-2 f v|XDEL s 1-1", 19, 10)]
    [InlineData("SET s v", 0, 9)]
    public void A_payload_is_of_version_10_if_something_would_be_lost(string commands, int type, int version)
    {
        EngineFixture engine = Engine(commands.Split('|'));
        for (int i = 0; i < 2; i++)
        {
            ReadOnlySpan<byte> payload = Dump(engine, "s").Bytes;
            Assert.Equal(type, payload[0]);
            Assert.Equal(version, BinaryPrimitives.ReadInt16LittleEndian(payload[^10..]));
        }
    }

    [Fact]
    public void Redis_restores_all_of_it()
    {
        using ServerProcess redis = ServerProcess.StartRedis("--sanitize-dump-payload", "yes");
        using RespClient client = redis.Connect();
        EngineFixture engine = Engine(Commands);
        foreach (string key in Keys)
        {
            Assert.Equal("OK", client.Call("RESTORE", key, "0", Dump(engine, key).Text).Text);
            string[] command = ["XINFO", "STREAM", key, "FULL"];
            Reply ours = Reply.Parse(Encoding.Latin1.GetString(engine.Execute(EngineFixture.Request(command))));
            Assert.Equal(Compared(client.Call(command)), Compared(ours));
        }
    }

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("5-5 3-3", "\"5-5 3-3\"")]
    [InlineData("5-5 3-3 ", "\"5-5 3-3 \"")]
    [InlineData("5 3-3 1", "\"5 3-3 1\"")]
    [InlineData("5-5 3-3 x", "\"5-5 3-3 x\"")]
    [InlineData("5-5 3-3 -1", "\"5-5 3-3 -1\"")]
    [InlineData("5-5 3-3 +1", "\"5-5 3-3 +1\"")]
    [InlineData("5-5 3-3 18446744073709551616", "\"5-5 3-3 18446744073709551616\"")]
    [InlineData("5-5  3-3 1", "\"5-5  3-3 1\"")]
    [InlineData("5-5 3-3 1 ", "\"5-5 3-3 1 \"")]
    [InlineData("5-5 3-3 1 -2", "\"5-5 3-3 1 -2\"")]
    [InlineData("5-5 3-3 1 1x", "\"5-5 3-3 1 1x\"")]
    public void What_is_no_note_is_refused(string text, string found)
    {
        byte[] file = RdbBytes.File(9).Op(RdbOpcode.Aux).String(Note).String(text).End();
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => RecordedFile.Read(file));
        Assert.Equal((25, "the note of a stream", found), (error.Offset, error.Expected, error.Found));
    }

    [Fact]
    public void A_note_belongs_to_one_key()
    {
        RdbBytes Noted(string text) => RdbBytes.File(9).Op(RdbOpcode.Aux).String(Note).String(text);

        RdbBytes file = Noted("1-0 0-0 4 1 -1");
        file.Op(RdbOpcode.ExpireMs).Int64(DatasetSteps.FarMs);
        AddStream(file.Key(RdbType.Stream, "s"), groups: 2);
        AddStream(file.Key(RdbType.Stream, "t"), groups: 1);
        RecordedFile read = RecordedFile.Read(file.End());
        Assert.Equal(new StreamState(0, new(3, 0), new(1, 0), default(Tidelog.Engine.Values.StreamId), 4),
            read.Values[(0, "s")].State);
        Assert.Equal("\ngroup g0 2-0 1\ngroup g1 2-0 -1", read.Values[(0, "s")].Groups);
        Assert.Equal(new StreamState(0, new(3, 0), null, null, null), read.Values[(0, "t")].State);

        file = Noted("1-0 0-0 4 1").Key(RdbType.String, "k").String("v");
        AddStream(file.Key(RdbType.Stream, "t"), groups: 2);
        Assert.Null(RecordedFile.Read(file.End()).Values[(0, "t")].State.EntriesAdded);

        file = Noted("1-0 0-0 4 1");
        AddStream(file.Key(RdbType.Stream, "s"), groups: 2);
        Refuse(file, "1 groups, as the note of the stream has it", "2");
        Refuse(Noted("1-0 0-0 4").Op(RdbOpcode.Aux).String(Note).String("1-0 0-0 4"),
            "a key behind the first note of a stream", "\"1-0 0-0 4\"");
    }

    private static void Refuse(RdbBytes file, string expected, string found)
    {
        CorruptDataException error = Assert.Throws<CorruptDataException>(() => RecordedFile.Read(file.End()));
        Assert.Equal((expected, found), (error.Expected, error.Found));
    }

    private static void AddStream(RdbBytes file, int groups)
    {
        file.Length(0).Length(0).Length(3).Length(0).Length((ulong)groups);
        for (int i = 0; i < groups; i++)
        {
            file.String($"g{i}").Length(2).Length(0).Length(0).Length(0);
        }
    }

    private static EngineFixture Engine(string[] commands)
    {
        EngineFixture engine = new();
        foreach (string command in commands)
        {
            Assert.DoesNotContain("-ERR", engine.Line(command), StringComparison.Ordinal);
        }
        return engine;
    }

    /// <summary>Without the shape of redis's radix tree.</summary>
    private static string Compared(Reply stream) => string.Join(' ', stream.Items.Select(item => $"{item}"));

    private static Reply Dump(EngineFixture engine, string key) =>
        Reply.Parse(Encoding.Latin1.GetString(engine.Execute(EngineFixture.Request("DUMP", key))));
}
