using System.Text;
using Tidelog.Server.Config;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ConfigFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tidelog-config").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Settings_are_typed()
    {
        var config = Load(
            """
            port 7000
            bind 127.0.0.1 -::1
            unixsocketperm 755
            maxmemory 100mb
            loglevel warning
            requirepass "p\x00w"
            shutdown-on-sigterm now force
            rename-command CONFIG ""
            client-output-buffer-limit pubsub 2mb 1mb 9
            user alice on nopass ~* +@all
            replicaof 10.0.0.1 6380
            """);
        Assert.Equal(7000, config.Settings.Port);
        Assert.Equal(["127.0.0.1", "-::1"], config.Settings.Bind);
        Assert.Equal(493, config.Settings.UnixSocketPerm);
        Assert.Equal(100 << 20, config.Settings.Engine.MaxMemory);
        Assert.Equal(LogVerbosity.Warning, config.Settings.LogLevel);
        Assert.Equal("p\0w", config.Settings.RequirePass);
        Assert.Equal(ShutdownFlags.Now | ShutdownFlags.Force, config.Settings.ShutdownOnSigterm);
        Assert.Equal([new RenamedCommand("CONFIG", "")], config.Settings.RenamedCommands);
        OutputBufferLimit limit = config.Settings.ClientOutputBufferLimits[(int)ClientClass.PubSub];
        Assert.Equal(new OutputBufferLimit(2 << 20, 1 << 20, 9), limit);
        Assert.Equal(["alice", "on", "nopass", "~*", "+@all"], Assert.Single(config.Settings.Users));
        ReplicationSettings replication = config.Settings.Replication;
        Assert.Equal(("10.0.0.1", 6380), (replication.MasterHost, replication.MasterPort));
    }

    [Fact]
    public void A_path_is_decoded_and_shown_as_the_bytes_it_came_from()
    {
        string name = $"{_directory}/läuft.log";
        var config = new Configuration();
        config.Load(CommandLine.Parse(["--logfile", name], "/"), Stream.Null);
        Assert.Equal(name, config.Settings.LogFile);
        Assert.True(File.Exists(name));
        Assert.Equal(name, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(config.Get(["logfile"])[0].Value)));
    }

    [Fact]
    public void Standard_input_is_read_between_file_and_options()
    {
        File.WriteAllText(FilePath, "timeout 1\ntcp-keepalive 1\nhz 1");
        var config = new Configuration();
        CommandLine line = CommandLine.Parse([FilePath, "--timeout", "3", "-"], "/");
        // No newline ends the file, so the first line of standard input goes on with its last one.
        config.Load(line, new MemoryStream(Encoding.ASCII.GetBytes("\ntimeout 2\ntcp-keepalive 2\n")));
        Assert.Equal((3, 2, 1), (config.Settings.Timeout, config.Settings.TcpKeepAlive, config.Settings.Engine.Hz));
    }

    [Fact]
    public void Includes_nest_and_take_wildcards_in_order()
    {
        Directory.CreateDirectory($"{_directory}/conf.d");
        File.WriteAllText($"{_directory}/conf.d/20.conf", "timeout 20\n");
        File.WriteAllText($"{_directory}/conf.d/10.conf", "timeout 10\nhz 99\n");
        File.WriteAllText($"{_directory}/conf.d/.30.conf", "timeout 30\n");
        File.WriteAllText($"{_directory}/all.conf", $"include {_directory}/c?nf.d/[!x]*.conf\n");
        var config = Load($"include {_directory}/all.conf\n");
        Assert.Equal((20, 99), (config.Settings.Timeout, config.Settings.Engine.Hz));
    }

    [Fact]
    public void A_file_that_includes_itself_is_refused()
    {
        var refused = Assert.Throws<ConfigFileException>(() => Load($"include {FilePath}"));
        Assert.Equal("Too many nested includes", refused.Reason);
    }

    [Fact]
    public void A_missing_file_is_told_by_name()
    {
        string file = $"{_directory}/nope.conf";
        var missing = Assert.Throws<ConfigFileUnreadableException>(() => Load($"include {file}"));
        Assert.Equal($"Fatal error, can't open config file '{file}': No such file or directory", missing.Message);
    }

    [Fact]
    public void A_wrong_line_is_told_with_its_place()
    {
        var refused = Assert.Throws<ConfigFileException>(() => Load("port 1\n  timeout   x \n"));
        Assert.Equal((FilePath, 2, "timeout   x"), (refused.File, refused.Line, refused.Text));
        Assert.Equal("argument couldn't be parsed into an integer", refused.Reason);
    }

    [Fact]
    public void The_server_may_object_to_a_renamed_command()
    {
        const string reason = "No such command in rename-command";
        var config = new Configuration { RenameCommand = (name, _) => name == "x" ? reason : null };
        File.WriteAllText(FilePath, "rename-command get g\nrename-command x y\n");
        CommandLine line = CommandLine.Parse([FilePath], "/");
        var refused = Assert.Throws<ConfigFileException>(() => config.Load(line, Stream.Null));
        Assert.Equal((2, reason), (refused.Line, refused.Reason));
    }

    [Fact]
    public void What_is_quoted_splits_into_itself()
    {
        string every = new([.. Enumerable.Range(0, 256).Select(c => (char)c)]);
        Assert.Equal([every], ConfigText.Split(ConfigText.Quote(every))!);
    }

    [Fact]
    public void The_shipped_file_changes_nothing()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "tidelog.conf"))) root = Path.GetDirectoryName(root);
        Assert.NotNull(root);
        string text = File.ReadAllText(Path.Combine(root, "tidelog.conf"));
        var config = Load(text);
        Assert.Equal(new Configuration().Get(["*"]), config.Get(["*"]));
        // and every example in its comments is a line that would be accepted
        foreach (string line in text.Split('\n').Where(l => l is ['#', >= 'a' and <= 'z', ..])) Load(line[1..]);
    }

    private string FilePath => $"{_directory}/test.conf";

    private Configuration Load(string text)
    {
        File.WriteAllText(FilePath, text);
        var config = new Configuration();
        config.Load(CommandLine.Parse([FilePath], "/"), Stream.Null);
        return config;
    }
}
