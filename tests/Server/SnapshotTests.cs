using System.Globalization;
using Tidelog.Tests.Reference;
using Tidelog.Tests.Storage;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class SnapshotTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    private const string Denied =
        "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands "
        + "that may modify the data set are disabled, because this instance is configured to report errors during "
        + "writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for "
        + "details about the RDB error.";

    [Fact]
    public void Replies_are_those_of_redis() => pair.Check("""
        SAVE
        SAVE now
        BGSAVE SCHEDULE NOW
        BGSAVE LATER
        LASTSAVE 1
        MULTI
        SAVE
        EXEC
        MULTI
        BGSAVE LATER
        BGSAVE
        BGSAVE SCHEDULE
        LASTSAVE x
        DISCARD
        DEBUG RELOAD LATER
        DEBUG RELOAD
        DEBUG RELOAD MERGE
        DEBUG RELOAD NOSAVE
        SET a b
        DEBUG RELOAD NOFLUSH MERGE
        GET a
        """);

    [Fact]
    public void What_was_saved_is_there_after_a_restart()
    {
        FaultyStorage disk = new();
        string digest;
        using (SnapshotServer server = new(disk))
        {
            Fill(server);
            server.Call("SELECT", "3");
            server.Call("SET", "other", "db");
            Assert.Equal("+OK", server.Call("SAVE"));
            Assert.Contains("DB saved on disk", server.Log, StringComparison.Ordinal);
            Assert.False(server.HasTemporaryFile);
            digest = server.Call("DEBUG", "DIGEST");
        }
        using SnapshotServer again = new(disk);
        again.WaitFor("loading", "0");
        Assert.Equal(digest, again.Call("DEBUG", "DIGEST"));
        Assert.Equal("7", again.Info("rdb_last_load_keys_loaded"));
        Assert.Equal("0", again.Info("rdb_changes_since_last_save"));
        Assert.Contains("Loading RDB produced by version 7.0.15", again.Log, StringComparison.Ordinal);
        Assert.Matches("RDB age \\d seconds", again.Log);
        Assert.Matches("RDB memory usage when created \\d+\\.\\d\\d Mb", again.Log);
        Assert.Contains("Done loading RDB, keys loaded: 7, keys expired: 0.", again.Log, StringComparison.Ordinal);
        Assert.Matches("DB loaded from disk: \\d+\\.\\d\\d\\d seconds", again.Log);
    }

    [Fact]
    public void A_background_save_is_of_the_moment_when_it_was_asked_for()
    {
        FaultyStorage disk = new();
        using (SnapshotServer server = new(disk))
        {
            Fill(server);
            disk.Gate.Reset();
            Assert.Equal("+Background saving started", server.Call("BGSAVE"));
            Assert.Equal("-ERR Background save already in progress", server.Call("BGSAVE"));
            Assert.Equal("-ERR Background save already in progress", server.Call("BGSAVE", "SCHEDULE"));
            Assert.Equal("-ERR Background save already in progress", server.Call("SAVE"));
            Assert.Equal("1", server.Info("rdb_bgsave_in_progress"));
            Assert.Equal("6", server.Info("current_save_keys_total"));
            Assert.Equal("0", server.Info("rdb_current_bgsave_time_sec"));
            Assert.Equal("-1", server.Info("rdb_last_bgsave_time_sec"));
            server.Call("SET", "string", "changed");
            server.Call("DEL", "list");
            server.Call("SADD", "later", "member");
            server.Time.Skip(TimeSpan.FromSeconds(30));
            disk.Gate.Set();
            server.WaitFor("rdb_bgsave_in_progress", "0");
            Assert.Equal("3", server.Info("rdb_changes_since_last_save"));
            Assert.Equal("ok", server.Info("rdb_last_bgsave_status"));
            Assert.Equal("1", server.Info("rdb_saves"));
            Assert.Equal("30", server.Info("rdb_last_bgsave_time_sec"));
            Assert.Equal("1", server.Info("total_forks"));
            Assert.Equal(server.Info("rdb_last_cut_usec"), server.Info("latest_fork_usec"));
            Assert.Equal(":" + server.Info("rdb_last_save_time"), server.Call("LASTSAVE"));
            Assert.Contains("Background saving started by pid", server.Log, StringComparison.Ordinal);
            Assert.Contains("Background saving terminated with success", server.Log, StringComparison.Ordinal);
        }
        using SnapshotServer again = new(disk);
        again.WaitFor("loading", "0");
        Assert.Equal("value", again.Get("string"));
        Assert.Equal(":3", again.Call("LLEN", "list"));
        Assert.Equal(":0", again.Call("EXISTS", "later"));
    }

    [Fact]
    public void Save_points_save_and_a_failure_is_tried_again_after_some_seconds()
    {
        FaultyStorage disk = new();
        using SnapshotServer server = new(disk, "--save", "100 3 1000 1");
        server.Call("SET", "a", "1");
        server.Call("SET", "a", "2");
        server.Time.Skip(TimeSpan.FromSeconds(500));
        Thread.Sleep(250);
        Assert.Equal("0", server.Info("rdb_saves"));
        disk.FailsToRename = true;
        server.Call("SET", "a", "3");
        server.WaitFor("rdb_last_bgsave_status", "err");
        Assert.Contains("3 changes in 100 seconds. Saving...", server.Log, StringComparison.Ordinal);
        Assert.Contains("Error moving temp DB file temp-", server.Log, StringComparison.Ordinal);
        Assert.Contains("Background saving error", server.Log, StringComparison.Ordinal);
        Assert.Equal("3", server.Info("rdb_changes_since_last_save"));
        disk.FailsToRename = false;
        Thread.Sleep(250);
        Assert.Equal("1", server.Info("rdb_saves"));
        server.Time.Skip(TimeSpan.FromSeconds(6));
        server.WaitFor("rdb_last_bgsave_status", "ok");
        Assert.Equal("0", server.Info("rdb_changes_since_last_save"));
        Assert.NotNull(server.File);
    }

    [Fact]
    public void While_saving_fails_nothing_may_be_changed()
    {
        FaultyStorage disk = new();
        using SnapshotServer server = new(disk, "--save", "3600 100000");
        server.Call("SET", "a", "1");
        disk.Capacity = 50;
        server.Call("BGSAVE");
        server.WaitFor("rdb_last_bgsave_status", "err");
        Assert.Contains("Write error saving DB on disk(rdbSaveRio): No space left on device", server.Log,
            StringComparison.Ordinal);
        Assert.Null(server.File);
        Assert.False(server.HasTemporaryFile);
        Assert.Equal(Denied, server.Call("SET", "a", "2"));
        Assert.Equal(Denied, server.Call("PING"));
        Assert.Equal("1", server.Get("a"));
        server.Call("MULTI");
        Assert.Equal(Denied, server.Call("INCR", "a"));
        Assert.StartsWith("-EXECABORT", server.Call("EXEC"), StringComparison.Ordinal);
        Assert.Equal("+OK", server.Call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"));
        Assert.Equal("+OK", server.Call("SET", "a", "2"));
        Assert.Equal("+OK", server.Call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"));
        Assert.Equal(Denied, server.Call("SET", "a", "3"));
        Assert.Equal("+OK", server.Call("CONFIG", "SET", "save", ""));
        Assert.Equal("+PONG", server.Call("PING"));
        Assert.Equal("+OK", server.Call("CONFIG", "SET", "save", "3600 100000"));
        Assert.Equal(Denied, server.Call("PING"));
        Assert.Equal("-ERR", server.Call("SAVE"));
        disk.Capacity = long.MaxValue;
        Assert.Equal("+OK", server.Call("SAVE"));
        Assert.Equal("+OK", server.Call("SET", "a", "3"));
        Assert.Equal("ok", server.Info("rdb_last_bgsave_status"));
    }

    [Fact]
    public void A_transaction_that_fails_for_the_disk_says_so()
    {
        FaultyStorage disk = new();
        using SnapshotServer server = new(disk, "--save", "3600 100000");
        server.Call("MULTI");
        server.Call("SET", "a", "1");
        using (RespClient other = server.Connect())
        {
            disk.FailsToCreate = true;
            other.Call("BGSAVE");
            server.Running.Server.Loop.Post(() => { });
            while (!server.Log.Contains("Background saving error", StringComparison.Ordinal))
            {
                Thread.Sleep(1);
            }
        }
        Assert.Equal("-EXECABORT Transaction discarded because of: " + Denied[1..], server.Call("EXEC"));
        Assert.Matches("Failed opening the temp RDB file temp-\\d+.rdb \\(in server root dir .*\\) for saving: Input",
            server.Log);
    }

    [Fact]
    public void In_a_transaction_a_background_save_waits_for_its_end()
    {
        using SnapshotServer server = new(new FaultyStorage());
        server.Call("MULTI");
        server.Call("SET", "a", "1");
        Assert.Equal("-ERR Command not allowed inside a transaction", server.Call("SAVE"));
        server.Call("DISCARD");
        server.Call("MULTI");
        server.Call("SET", "a", "1");
        server.Call("BGSAVE");
        server.Call("SET", "a", "2");
        Assert.Contains("Background saving scheduled", server.Call("EXEC"), StringComparison.Ordinal);
        server.WaitFor("rdb_saves", "1");
        server.WaitFor("rdb_changes_since_last_save", "0");
    }

    [Fact]
    public void Flushall_cancels_what_is_being_saved_and_saves_that_nothing_is_left()
    {
        FaultyStorage disk = new();
        using SnapshotServer server = new(disk);
        Fill(server);
        server.Call("CONFIG", "SET", "rdb-key-save-delay", "10000000");
        server.Call("BGSAVE");
        server.Call("FLUSHALL");
        server.WaitFor("rdb_bgsave_in_progress", "0");
        Assert.Equal("ok", server.Info("rdb_last_bgsave_status"));
        Assert.NotEqual("0", server.Info("rdb_changes_since_last_save"));
        Assert.Null(server.File);
        Assert.False(server.HasTemporaryFile);
        server.Call("SET", "a", "b");
        server.Call("CONFIG", "SET", "save", "3600 1");
        server.Call("BGSAVE");
        Assert.Equal("+OK", server.Call("FLUSHALL"));
        Assert.Equal("0", server.Info("rdb_bgsave_in_progress"));
        Assert.Equal("0", server.Info("rdb_changes_since_last_save"));
        Assert.NotNull(server.File);
    }

    [Fact]
    public void Reload_gives_back_the_same_dataset()
    {
        using SnapshotServer server = new(new FaultyStorage());
        Fill(server);
        string digest = server.Call("DEBUG", "DIGEST");
        Assert.Equal("+OK", server.Call("DEBUG", "RELOAD"));
        Assert.Equal(digest, server.Call("DEBUG", "DIGEST"));
        Assert.Contains("DB reloaded by DEBUG RELOAD", server.Log, StringComparison.Ordinal);
        server.Call("SET", "string", "newer");
        server.Call("SET", "another", "key");
        Assert.Equal("-ERR Error trying to load the RDB dump", server.Call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH"));
        Assert.Equal("newer", server.Get("string"));
        Assert.Equal("+OK", server.Call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"));
        Assert.Equal("value", server.Get("string"));
        Assert.Equal(":7", server.Call("DBSIZE"));
        Assert.Equal("+OK", server.Call("DEBUG", "RELOAD", "NOSAVE"));
        Assert.Equal(digest, server.Call("DEBUG", "DIGEST"));
        Assert.Equal("-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
            server.Call("DEBUG", "RELOAD", "x"));
    }

    [Fact]
    public void A_reload_ends_a_save_in_the_background()
    {
        using SnapshotServer server = new(new FaultyStorage());
        Fill(server);
        server.Call("CONFIG", "SET", "rdb-key-save-delay", "10000000");
        server.Call("BGSAVE");
        server.Call("CONFIG", "SET", "rdb-key-save-delay", "0");
        Assert.Equal("+OK", server.Call("DEBUG", "RELOAD"));
        Assert.Equal("0", server.Info("rdb_bgsave_in_progress"));
        Assert.Equal(":6", server.Call("DBSIZE"));
    }

    [Fact]
    public void While_the_dataset_is_loaded_clients_are_told_so()
    {
        FaultyStorage disk = Saved();
        disk.ReadGate.Reset();
        using SnapshotServer server = new(disk);
        const string Loading = "-LOADING Redis is loading the dataset in memory";
        Assert.Equal("1", server.Info("loading"));
        Assert.Equal($"{disk.Read(Path.Combine(Environment.CurrentDirectory, "dump.rdb"))!.Length}",
            server.Info("loading_total_bytes"));
        Assert.Equal("1", server.Info("loading_eta_seconds"));
        Assert.Equal(Loading, server.Call("GET", "string"));
        Assert.Equal(Loading, server.Call("PING"));
        Assert.Equal(Loading, server.Call("BGSAVE"));
        Assert.Equal(Loading, server.Call("DEBUG", "RELOAD"));
        Assert.Equal(Loading, server.Call("CONFIG", "SET", "dir", "/tmp"));
        Assert.Equal("+OK", server.Call("MULTI"));
        Assert.Equal(Loading, server.Call("SET", "a", "b"));
        Assert.StartsWith("-EXECABORT", server.Call("EXEC"), StringComparison.Ordinal);
        Assert.StartsWith(":", server.Call("LASTSAVE"), StringComparison.Ordinal);
        disk.ReadGate.Set();
        server.WaitFor("loading", "0");
        Assert.Equal("value", server.Get("string"));
    }

    [Fact]
    public void A_server_can_be_ended_while_it_loads_and_saves_nothing()
    {
        FaultyStorage disk = Saved();
        disk.ReadGate.Reset();
        using SnapshotServer server = new(disk, "--save", "3600 1");
        byte[] file = server.File!;
        using RespClient client = server.Connect();
        client.SendRaw("SHUTDOWN SAVE\r\n");
        Assert.Equal("", client.ReadToEnd());
        Assert.True(server.Running.WaitForEnd());
        Assert.Equal(file, server.File);
        Assert.Equal(0, server.Running.Server.ExitCode);
    }

    [Theory]
    [InlineData(100, "integrity check failed")]
    [InlineData(-1, "integrity check failed")]
    [InlineData(0, "RDB CRC error")]
    public void A_file_that_is_not_whole_ends_the_server(int cut, string reason)
    {
        FaultyStorage disk = Saved();
        string path = Path.Combine(Environment.CurrentDirectory, "dump.rdb");
        byte[] file = disk.Read(path)!;
        file[^1] ^= (byte)(cut == 0 ? 1 : 0);
        disk.Put(path, cut <= 0 ? file[..^-cut] : file[..cut]);
        using RunningServer server = new(disk, TimeProvider.System);
        Assert.True(server.WaitForEnd());
        Assert.Equal(1, server.Server.ExitCode);
        Assert.Contains(reason, server.Log, StringComparison.Ordinal);
        Assert.Matches("Fatal error loading the DB: .*Exiting\\.", server.Log);
    }

    [Fact]
    public void Keys_that_expired_meanwhile_are_not_loaded()
    {
        FaultyStorage disk = new();
        using (SnapshotServer server = new(disk))
        {
            server.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
            server.Call("SET", "stays", "1", "EX", "1000");
            server.Call("SET", "goes", "1", "PX", "1");
            Thread.Sleep(5);
            server.Call("SAVE");
        }
        using SnapshotServer again = new(disk);
        again.WaitFor("loading", "0");
        Assert.Equal("1", again.Info("rdb_last_load_keys_loaded"));
        Assert.Equal("1", again.Info("rdb_last_load_keys_expired"));
        long seconds = long.Parse(again.Call("TTL", "stays")[1..], CultureInfo.InvariantCulture);
        Assert.InRange(seconds, 990, 1000);
    }

    [Theory]
    [InlineData("", "SAVE", true)]
    [InlineData("", "", false)]
    [InlineData("3600 1", "", true)]
    [InlineData("3600 1", "NOSAVE", false)]
    public void A_shutdown_saves_if_it_shall(string savePoints, string option, bool saves)
    {
        using SnapshotServer server = new(new FaultyStorage(), "--save", savePoints);
        server.Call("SET", "a", "b");
        server.Call("CONFIG", "SET", "rdb-key-save-delay", "1000000");
        server.Call("BGSAVE");
        server.Call("CONFIG", "SET", "rdb-key-save-delay", "0");
        using RespClient client = server.Connect();
        client.SendRaw($"SHUTDOWN {option}\r\n");
        Assert.Equal("", client.ReadToEnd());
        Assert.True(server.Running.WaitForEnd());
        Assert.Equal(saves, server.File is not null);
        Assert.False(server.HasTemporaryFile);
        Assert.Contains("There is a child saving an .rdb. Killing it!", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shutdown_that_cannot_save_does_not_end_the_server_unless_it_must()
    {
        FaultyStorage disk = new() { FailsToSync = true };
        using SnapshotServer server = new(disk, "--save", "3600 1");
        server.Call("SET", "a", "b");
        Assert.Equal("-ERR Errors trying to SHUTDOWN. Check logs.", server.Call("SHUTDOWN"));
        Assert.Contains("Write error saving DB on disk(fsync): Input/output error", server.Log,
            StringComparison.Ordinal);
        Assert.Contains("Error trying to save the DB, can't exit.", server.Log, StringComparison.Ordinal);
        Assert.Equal("b", server.Get("a"));
        using RespClient client = server.Connect();
        client.SendRaw("SHUTDOWN FORCE\r\n");
        Assert.Equal("", client.ReadToEnd());
        Assert.True(server.Running.WaitForEnd());
        Assert.Contains("Error trying to save the DB. Exit anyway.", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "SHUTDOWN", true)]
    [InlineData("3600 1", "SHUTDOWN", false)]
    [InlineData("3600 1", "SHUTDOWN NOSAVE", true)]
    public void A_disk_that_does_not_answer_holds_up_the_end_for_a_while_only(
        string savePoints, string command, bool ends)
    {
        FaultyStorage disk = new();
        using SnapshotServer server = new(disk, "--save", savePoints);
        server.Running.Server.Snapshots.EndPatience = TimeSpan.FromMilliseconds(100);
        server.Call("SET", "a", "b");
        disk.Gate.Reset();
        Assert.Equal("+Background saving started", server.Call("BGSAVE"));
        Assert.True(SpinWait.SpinUntil(() => disk.AppendsBegun > 0, TimeSpan.FromSeconds(10)));
        using RespClient client = server.Connect();
        client.SendRaw(command + "\r\n");
        if (ends)
        {
            Assert.Equal("", client.ReadToEnd());
            Assert.True(server.Running.WaitForEnd());
            server.Running.Server.Snapshots.Abandon();
            Assert.False(server.HasTemporaryFile);
        }
        else
        {
            server.WaitForLog("Error trying to save the DB, can't exit.");
            Assert.Equal("b", server.Get("a"));
            disk.Gate.Set();
            server.WaitFor("rdb_bgsave_in_progress", "0");
            Assert.Equal("+OK", server.Call("SAVE"));
        }
        Assert.Contains("It does not end: the disk does not answer.", server.Log, StringComparison.Ordinal);
    }

    private static FaultyStorage Saved()
    {
        FaultyStorage disk = new();
        using SnapshotServer server = new(disk);
        Fill(server);
        server.Call("SAVE");
        return disk;
    }

    /// <summary>Six keys: one of each type.</summary>
    private static void Fill(SnapshotServer server)
    {
        server.Call("SET", "string", "value");
        server.Call("RPUSH", "list", "a", "b", "c");
        server.Call("SADD", "set", "a", "b", "1");
        server.Call("HSET", "hash", "field", "value");
        server.Call("ZADD", "zset", "1.5", "member");
        server.Call("XADD", "stream", "1-1", "field", "value");
    }
}
