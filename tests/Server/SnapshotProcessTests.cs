using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>Snapshots on a real disk, between processes.</summary>
public sealed class SnapshotProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_dump_of_one_server_is_loaded_by_the_other(bool fromRedis)
    {
        using ServerProcess writer = fromRedis
            ? ServerProcess.StartRedis("--enable-debug-command", "yes")
            : ServerProcess.StartTidelog("--enable-debug-command", "yes");
        using RespClient source = writer.Connect();
        Fill(source);
        Assert.Equal("+OK", source.Call("SAVE").ToString());
        string digest = source.Call("DEBUG", "DIGEST").Text;
        string[] arguments = ["--dir", writer.WorkingDirectory, "--enable-debug-command", "yes"];
        using ServerProcess reader = fromRedis
            ? ServerProcess.StartTidelog(arguments)
            : ServerProcess.StartRedis(arguments);
        using RespClient target = reader.Connect();
        Assert.Equal(digest, target.Call("DEBUG", "DIGEST").Text);
    }

    [Fact]
    public void A_kill_in_the_middle_of_a_save_leaves_the_old_file()
    {
        using ServerProcess server = ServerProcess.StartTidelog();
        using RespClient client = server.Connect();
        client.Call("SET", "a", "old");
        client.Call("SAVE");
        byte[] old = File.ReadAllBytes(Path.Combine(server.WorkingDirectory, "dump.rdb"));
        client.Call("SET", "a", "new");
        client.Call("CONFIG", "SET", "rdb-key-save-delay", "10000000");
        client.Call("BGSAVE");
        string temporary = Path.Combine(server.WorkingDirectory, $"temp-{server.Pid}.rdb");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(temporary), Patience));
        server.Kill();
        Assert.Equal(old, File.ReadAllBytes(Path.Combine(server.WorkingDirectory, "dump.rdb")));
    }

    [Fact]
    public void The_end_of_the_process_saves_and_leaves_no_temporary_file()
    {
        using ServerProcess server = ServerProcess.StartTidelog("--save", "3600 1");
        using RespClient client = server.Connect();
        client.Call("SET", "a", "b");
        client.Call("CONFIG", "SET", "rdb-key-save-delay", "100000");
        client.Call("BGSAVE");
        server.Stop();
        Assert.Equal(0, server.ExitCode);
        Assert.Equal(["dump.rdb"], Directory.GetFiles(server.WorkingDirectory).Select(Path.GetFileName));
    }

    [Fact]
    public void A_bad_file_ends_the_process_with_an_error()
    {
        string directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;
        File.WriteAllText(Path.Combine(directory, "dump.rdb"), "REDIS0009 and nothing that is right");
        (int code, string log) = ServerProcess.RunToExit(
            ServerProcess.TidelogBinary, "--port", $"{ServerProcess.FreePort()}", "--dir", directory);
        Assert.Equal(1, code);
        Assert.Matches("Fatal error loading the DB: .*dump.rdb.*Exiting\\.", log);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_directory_that_is_gone_is_a_failed_save()
    {
        string directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;
        using ServerProcess server = ServerProcess.StartTidelog("--enable-protected-configs", "yes");
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Call("CONFIG", "SET", "dir", directory).ToString());
        Assert.Equal("+OK", client.Call("CONFIG", "SET", "dbfilename", "other.rdb").ToString());
        Assert.Equal("+OK", client.Call("SAVE").ToString());
        Assert.True(File.Exists(Path.Combine(directory, "other.rdb")));
        Directory.Delete(directory, recursive: true);
        Assert.Equal("-ERR", client.Call("SAVE").ToString());
        server.WaitForLog("Failed opening the temp RDB file", Patience);
    }

    private static void Fill(RespClient client)
    {
        for (int i = 0; i < 300; i++)
        {
            client.Call("SET", $"string:{i}", new string((char)('a' + (i % 26)), i));
            client.Call("RPUSH", "list", $"element {i}", $"{i}");
            client.Call("SADD", "set", $"{i}");
            client.Call("SADD", "words", $"word {i}");
            client.Call("HSET", "hash", $"field {i}", $"{i * 7}");
            client.Call("ZADD", "zset", $"{i}.25", $"member {i}");
            client.Call("XADD", "stream", $"{i + 1}-1", "field", $"{i}");
        }
        client.Call("XGROUP", "CREATE", "stream", "group", "0");
        client.Call("XREADGROUP", "GROUP", "group", "me", "COUNT", "10", "STREAMS", "stream", ">");
        client.Call("HSET", "small", "a", "1", "b", "x");
        client.Call("PEXPIREAT", "small", "9999999999999");
        client.Call("SELECT", "5");
        client.Call("SET", "elsewhere", "value");
        client.Call("SELECT", "0");
    }
}
