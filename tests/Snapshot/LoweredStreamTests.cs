using System.Text;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>
/// Streams whose last ID XSETID made smaller than that of a deleted entry: in a redis-server, here, and on the way
/// between them.
/// </summary>
public sealed class LoweredStreamTests
{
    private static readonly string[][] Questions =
    [
        ["XLEN", "s"], ["XRANGE", "s", "-", "+"], ["XREVRANGE", "s", "+", "-"], ["XRANGE", "s", "3-1", "3-1"],
        ["XREVRANGE", "s", "3-1", "3-1"], ["XRANGE", "s", "2-1", "4-0"], ["XREVRANGE", "s", "4-0", "2-1"],
        ["XRANGE", "s", "4-0", "5-1"], ["XREVRANGE", "s", "5-0", "2-0"], ["XREAD", "STREAMS", "s", "2-1"],
    ];

    [Theory]
    [InlineData(100, "")]
    [InlineData(100, "XADD s 3-1 f new")]
    [InlineData(100, "XADD s 3-1 f new|XADD s 5-1 f again|XADD s 6-1 f on")]
    [InlineData(100, "XADD s 3-1 f new|XDEL s 2-1")]
    [InlineData(3, "XADD s 3-1 f new")]
    [InlineData(3, "XADD s 3-1 f new|XADD s 5-1 f again|XADD s 6-1 f on")]
    public void An_entry_below_a_deleted_one_is_found_everywhere(int maxEntries, string more) =>
        Compare(maxEntries, $"XADD s 1-1 f v|XADD s 2-1 f v|XADD s 5-1 f v|XDEL s 5-1|XSETID s 3-0|{more}", "s");

    /// <summary>The last chunk has nothing but deleted entries, and its ID is greater than the new ones.</summary>
    [Theory]
    [InlineData(2, "XADD s 3-1 f new")]
    [InlineData(2, "XADD s 3-1 f new|XADD s 5-1 f again|XADD s 6-1 f on")]
    [InlineData(2, "XADD s 5-1 f again|XADD s 6-1 f on")]
    [InlineData(3, "XADD s 3-1 f new")]
    public void So_it_is_behind_a_chunk_without_entries(int maxEntries, string more)
    {
        const string Emptied = "XADD s 5-1 f v|XADD s 6-1 f v|XDEL s 6-1|XTRIM s MINID 6-0|XSETID s 3-0|";

        // Redis does not find backwards what its chunk's ID is not in front of.
        EngineFixture engine = new();
        engine.Options.StreamNodeMaxEntries = maxEntries;
        string[] commands = (Emptied + more).Split('|');
        foreach (string command in commands)
        {
            Assert.DoesNotContain("-ERR", engine.Line(command), StringComparison.Ordinal);
        }
        string[] added = [.. commands[5..].Select(command => command.Split(' ')[2])];
        Assert.Equal($"{added.Length}", engine.Line("XLEN s"));
        AssertSame(engine, Restored(engine));
        foreach (string id in added)
        {
            Assert.Contains(id, engine.Line($"XREVRANGE s {id} {id}"), StringComparison.Ordinal);
            Assert.Contains(id, engine.Line($"XRANGE s {id} {id}"), StringComparison.Ordinal);
            Assert.Equal("1", engine.Line($"XDEL s {id}"));
        }
        engine.Line("FLUSHALL");
        ValueBuilderTests.AssertNothingIsLeft(engine);
    }

    [Fact]
    public void A_file_keeps_it()
    {
        EngineFixture engine = new();
        foreach (string command in new[] { "XADD s 1-1 f v", "XADD s 5-1 f v", "XDEL s 5-1", "XSETID s 3-0" })
        {
            engine.Line(command);
        }
        using MemoryStream file = new(DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(9)));
        using RdbFileReader reader = new(file, "memory");
        while (reader.Read() is var item && item != RdbItem.End)
        {
            if (item == RdbItem.Key)
            {
                Assert.Equal(1, reader.BuildValue().Elements);
            }
        }
    }

    [Fact]
    public void A_chunk_of_which_everything_was_cut_out_is_not_written()
    {
        EngineFixture engine = new();
        for (int i = 1; i <= 20; i++)
        {
            engine.Line($"XADD s 1-{i} f v");
        }
        engine.Line("XDEL s 1-20");
        Assert.Equal("19", engine.Line("XTRIM s MINID 1-20"));
        Assert.Equal(0, Dump(engine)[1]);
        AssertSame(engine, Restored(engine));
    }

    private static void Compare(int maxEntries, string commands, string key)
    {
        using ServerProcess redis = ServerProcess.StartRedis("--sanitize-dump-payload", "yes");
        using RespClient client = redis.Connect();
        client.Call("CONFIG", "SET", "stream-node-max-entries", $"{maxEntries}");
        EngineFixture engine = new();
        engine.Options.StreamNodeMaxEntries = maxEntries;
        foreach (string command in commands.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = command.Split(' ');
            Assert.Equal(client.Call(words).ToString(), Ask(engine, words));
        }
        EngineFixture copy = new();
        byte[] theirs = client.Call("DUMP", key).Bytes.ToArray();
        Assert.Equal("+OK\r\n", Restore(copy, theirs));
        AssertSame(engine, Restored(engine));
        AssertSame(engine, copy);
        AssertAnswers(client, engine);
        client.Call("DEL", key);
        Assert.Equal("OK", client.Call("RESTORE"u8.ToArray(), "s"u8.ToArray(), "0"u8.ToArray(), Dump(engine)).Text);
        AssertAnswers(client, engine);
        Assert.Equal(client.Call("XDEL", key, "3-1").ToString(), Ask(engine, "XDEL", key, "3-1"));
    }

    private static EngineFixture Restored(EngineFixture engine)
    {
        EngineFixture copy = new();
        Assert.Equal("+OK\r\n", Restore(copy, Dump(engine)));
        return copy;
    }

    private static void AssertAnswers(RespClient client, EngineFixture engine)
    {
        foreach (string[] question in Questions)
        {
            Assert.Equal(client.Call(question).ToString(), Ask(engine, question));
        }
    }

    private static void AssertSame(EngineFixture engine, EngineFixture copy)
    {
        foreach (string[] question in Questions)
        {
            Assert.Equal(Ask(engine, question), Ask(copy, question));
        }
    }

    private static string Ask(EngineFixture engine, params string[] request) =>
        Reply.Parse(Encoding.Latin1.GetString(engine.Execute(EngineFixture.Request(request)))).ToString();

    private static byte[] Dump(EngineFixture engine) =>
        Reply.Parse(Encoding.Latin1.GetString(engine.Execute(EngineFixture.Request("DUMP", "s")))).Bytes.ToArray();

    private static string Restore(EngineFixture engine, byte[] payload) =>
        Encoding.Latin1.GetString(engine.Execute(
            EngineFixture.Request("RESTORE", "s", "0", Encoding.Latin1.GetString(payload))));
}
