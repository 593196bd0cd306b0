using System.Text;
using System.Text.Json;
using Tidelog.Engine.Snapshot;
using Tidelog.Server.Rdb;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary><c>tidelog-server rdb</c>.</summary>
public sealed class RdbVerbTests : IClassFixture<RdbVerbTests.SampleFile>
{
    private readonly SampleFile _sample;

    public RdbVerbTests(SampleFile sample) => _sample = sample;

    [Fact]
    public void Check_prints_notes_and_counts_and_says_ok()
    {
        (int exitCode, string output, string errors) = Run("check", _sample.Path);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("RDB version 10\n", output, StringComparison.Ordinal);
        Assert.Contains("redis-ver: \"7.0.15\"\n", output, StringComparison.Ordinal);
        Assert.EndsWith(
            $"functions: 1\ndb0: keys=16,expires=1\ndb3: keys=1,expires=0\nOK: {_sample.Bytes.Length} bytes, 17 keys\n",
            output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_s_binary_has_the_verb()
    {
        string binary = ServerProcess.TidelogBinary;
        (int exitCode, string output) = ServerProcess.RunToExit(binary, "rdb", "check", _sample.Path);
        Assert.Equal(0, exitCode);
        Assert.Contains("OK: ", output, StringComparison.Ordinal);
        (exitCode, output) = ServerProcess.RunToExit(binary, "rdb", "chek", _sample.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains("Usage: ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("stat")]
    [InlineData("json")]
    public void A_file_that_is_cut_or_damaged_anywhere_is_refused_with_the_place(string form)
    {
        string path = Path.GetTempFileName();
        Random random = new(7);
        for (int i = 0; i < 60; i++)
        {
            byte[] bad = [.. _sample.Bytes];
            if (i % 2 == 0)
            {
                bad = bad[..random.Next(bad.Length)];
            }
            else
            {
                bad[random.Next(bad.Length - 8)] ^= (byte)(1 << random.Next(8));
            }
            File.WriteAllBytes(path, bad);
            (int exitCode, _, string errors) = Run(form, path);
            Assert.Equal(1, exitCode);
            Assert.Contains($"{path}, offset ", errors, StringComparison.Ordinal);
        }
        File.Delete(path);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error()
    {
        (int exitCode, _, string errors) = Run("stat", "/nowhere/dump.rdb");
        Assert.Equal(1, exitCode);
        Assert.Contains("/nowhere", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Stat_counts_by_database_and_type()
    {
        (int exitCode, string output, string errors) = Run("stat", _sample.Path);
        Assert.Equal((0, ""), (exitCode, errors));
        string[][] rows = [.. output.Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Contains(rows, row => row is ["db0", "string", "6", "1", "6", ..]);
        Assert.Contains(rows, row => row is ["db0", "list", "2", "0", "6005", ..]);
        Assert.Contains(rows, row => row is ["db0", "set", "2", "0", "6", ..]);
        Assert.Contains(rows, row => row is ["db0", "hash", "2", "0", "2002", ..]);
        Assert.Contains(rows, row => row is ["db0", "zset", "2", "0", "604", ..]);
        Assert.Contains(rows, row => row is ["db0", "stream", "2", "0", "3", ..]);
        Assert.Contains(rows, row => row is ["db3", "string", "1", "0", "1", ..]);
        Assert.Contains(rows, row => row is ["all", "17", "1", ..]);
        Assert.Contains(rows, row => row is ["later", "1"]);
        Assert.Contains(rows, row => row is ["over", "0"]);
        Assert.Contains(rows, row => row is [_, "KB", "2000", "hash", "db0", "\"big", "hash\""]);
    }

    [Fact]
    public void Json_has_everything()
    {
        (int exitCode, string output, string errors) = Run("json", _sample.Path);
        Assert.Equal((0, ""), (exitCode, errors));
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(10, root.GetProperty("version").GetInt32());
        Assert.Equal("7.0.15", root.GetProperty("aux").GetProperty("redis-ver").GetString());
        Assert.Equal(RdbSample.Function, root.GetProperty("functions")[0].GetString());
        JsonElement keys = Keys(root, 0);
        Assert.Equal("in database 3", Keys(root, 3).GetProperty("text").GetProperty("value").GetString());
        JsonElement Value(string key) => keys.GetProperty(key).GetProperty("value");
        Assert.Equal("string", keys.GetProperty("integer").GetProperty("type").GetString());
        Assert.Equal("12345", Value("integer").GetString());
        Assert.Equal(new string('a', 500), Value("compressible").GetString());
        Assert.Equal(RdbSample.Expiry, keys.GetProperty("expiring").GetProperty("expiry").GetInt64());
        Assert.InRange(keys.GetProperty("expiring").GetProperty("ttl").GetInt64(), 1, RdbSample.Expiry);
        Assert.Equal(
            ["a", "1", "", new string('z', 9000), "-7"], Value("list").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(["1", "2", "70000"], Value("integers").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal("""{"f":"v","1":"2"}""", Value("hash").GetRawText());
        Assert.Equal("""{"b":"-inf","a":1.5,"7":3,"c":"inf"}""", Value("scores").GetRawText());
        Assert.Equal(2000, Value("big hash").EnumerateObject().Count());
        Assert.Contains(
            "\"bytes \\udcff\\u0000\\\"\\\\\\u000a\":{\"type\":\"string\",\"value\":\"\u00e9 \\udce9 \u007f\"}",
            output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_all_of_a_stream()
    {
        (_, string output, _) = Run("json", _sample.Path);
        JsonElement keys = Keys(JsonDocument.Parse(output).RootElement, 0);
        JsonElement stream = keys.GetProperty("stream").GetProperty("value");
        Assert.Equal(
            """[{"id":"1-1","fields":["f","v","g","1"]},{"id":"1-2","fields":["f","w","g","2"]},"""
            + """{"id":"5-0","fields":["other","x"]}]""",
            stream.GetProperty("entries").GetRawText());
        Assert.Equal((3, "6-0", "1-1", "6-0", 4), (
            stream.GetProperty("length").GetInt32(), stream.GetProperty("lastId").GetString(),
            stream.GetProperty("firstId").GetString(), stream.GetProperty("maxDeletedId").GetString(),
            stream.GetProperty("entriesAdded").GetInt32()));
        JsonElement group = stream.GetProperty("groups").GetProperty("g");
        Assert.Equal("1-2", group.GetProperty("lastId").GetString());
        Assert.Equal(
            ["1-1", "1-2"], group.GetProperty("pending").EnumerateArray().Select(e => e.GetProperty("id").GetString()));
        JsonElement consumers = group.GetProperty("consumers");
        Assert.Equal("""["1-1"]""", consumers.GetProperty("c1").GetProperty("pending").GetRawText());
        Assert.Equal("[]", consumers.GetProperty("idle").GetProperty("pending").GetRawText());
        Assert.Equal("[]", stream.GetProperty("groups").GetProperty("empty").GetProperty("pending").GetRawText());
        Assert.Equal("[]", keys.GetProperty("emptied stream").GetProperty("value").GetProperty("entries").GetRawText());
    }

    [Fact]
    public void Bytes_that_are_no_text_are_told_apart()
    {
        using MemoryStream file = new();
        using (RdbFileWriter writer = new(file))
        {
            writer.BeginSet("k"u8, 4);
            writer.SetMember([0xE9]);
            writer.SetMember([0xC3, 0xA9]);
            writer.SetMember([0xED, 0xB3, 0xA9]);
            writer.SetMember([0xF0, 0x9F, 0x8C, 0x8A, 0xF0, 0x9F]);
            writer.End();
        }
        file.Position = 0;
        using RdbFileReader reader = new(file, "memory");
        using MemoryStream json = new();
        new RdbJson(reader, json, DateTimeOffset.UnixEpoch).Write();
        Assert.Contains(
            "[\"\\udce9\",\"\u00e9\",\"\\udced\\udcb3\\udca9\",\"\U0001F30A\\udcf0\\udc9f\"]",
            Encoding.UTF8.GetString(json.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_that_comes_again_loses_no_keys_in_json()
    {
        string path = Write(writer =>
        {
            writer.SelectDatabase(1);
            writer.String("a"u8, "1"u8);
            writer.SelectDatabase(0);
            writer.String("b"u8, "2"u8);
            writer.SelectDatabase(1);
            writer.String("c"u8, "3"u8);
        });
        (int exitCode, string output, _) = Run("json", path);
        Assert.Equal(0, exitCode);
        Assert.Equal(["1 a", "0 b", "1 c"], JsonDocument.Parse(output).RootElement.GetProperty("databases")
            .EnumerateArray().Select(part =>
                $"{part.GetProperty("database")} {part.GetProperty("keys").EnumerateObject().Single().Name}"));
        File.Delete(path);
    }

    [Fact]
    public void Stat_knows_any_expiry()
    {
        string path = Write(writer => writer.String("k"u8, "v"u8, long.MaxValue));
        (int exitCode, string output, string errors) = Run("stat", path);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Matches("later +1\n", output);
        File.Delete(path);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("stat")]
    [InlineData("json")]
    public void An_output_that_cannot_be_written_is_an_error(string form)
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        string corrupt = Path.GetTempFileName();
        File.WriteAllBytes(corrupt, _sample.Bytes[..^20]);
        foreach (string path in new[] { _sample.Path, corrupt })
        {
            using StringWriter errors = new();
            Assert.Equal(1, RdbVerb.Run([form, path], full, errors));
            Assert.Matches(path == corrupt ? "No space left|expected" : "No space left", errors.ToString());
        }
        File.Delete(corrupt);
    }

    [Fact]
    public void A_file_without_a_name_is_an_error()
    {
        (int exitCode, _, string errors) = Run("check", "");
        Assert.Equal(1, exitCode);
        Assert.NotEqual("", errors);
    }

    [Fact]
    public void What_a_note_says_cannot_pretend_to_be_more()
    {
        string path = Write(writer =>
        {
            writer.Aux("x\nOK: all"u8, "\u001b[2J"u8);
            writer.Aux("redis-ver"u8, "\u001b[2J\nOK"u8);
        });
        foreach (string form in new[] { "check", "stat" })
        {
            (int exitCode, string output, _) = Run(form, path);
            Assert.Equal(0, exitCode);
            Assert.DoesNotContain("\u001b", output, StringComparison.Ordinal);
            Assert.DoesNotContain("\nOK: all", output, StringComparison.Ordinal);
            Assert.DoesNotContain("\nOK,", output, StringComparison.Ordinal);
        }
        File.Delete(path);
    }

    private static string Write(Action<RdbFileWriter> write)
    {
        string path = Path.GetTempFileName();
        using FileStream file = File.OpenWrite(path);
        using RdbFileWriter writer = new(file);
        write(writer);
        writer.End();
        return path;
    }

    private static JsonElement Keys(JsonElement root, int database) =>
        root.GetProperty("databases").EnumerateArray()
            .Single(part => part.GetProperty("database").GetInt32() == database).GetProperty("keys");

    private static (int ExitCode, string Output, string Errors) Run(params string[] arguments)
    {
        using MemoryStream output = new();
        using StringWriter errors = new();
        int exitCode = RdbVerb.Run(arguments, output, errors);
        return (exitCode, Encoding.UTF8.GetString(output.ToArray()), errors.ToString());
    }

    /// <summary>What a redis-server saved.</summary>
    public sealed class SampleFile : IDisposable
    {
        private readonly ServerProcess _redis;

        public SampleFile()
        {
            _redis = ServerProcess.StartRedis();
            using RespClient client = _redis.Connect();
            RdbSample.Fill(client);
            Path = RdbSample.Save(_redis, client);
            Bytes = File.ReadAllBytes(Path);
        }

        public string Path { get; }

        internal byte[] Bytes { get; }

        public void Dispose() => _redis.Dispose();
    }
}
