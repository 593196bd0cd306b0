using Tidelog.Server.Config;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ConfigCommandTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Fact]
    public void A_rewrite_is_told_in_the_log()
    {
        string file = Path.GetTempFileName();
        using ServerProcess server = ServerProcess.StartTidelog(file);
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Call("CONFIG", "REWRITE").ToString());
        server.WaitForLog("# CONFIG REWRITE executed with success.", TimeSpan.FromSeconds(5));
        File.Delete(file);
    }

    [Fact]
    public void Every_subcommand_answers_as_redis_does() => pair.Check("""
        CONFIG
        CONFIG foo
        CONFIG GET
        CONFIG GET maxmemory
        CONFIG GET MaxMemory
        CONFIG GET nosuch
        CONFIG GET client-output-buffer-limit
        CONFIG SET a
        CONFIG SET a b c
        CONFIG SET nosuch 1
        CONFIG SET port 99999
        CONFIG SET maxmemory 100mb maxmemory-policy allkeys-lru
        CONFIG GET maxmemory
        CONFIG GET maxmemory-policy
        CONFIG SET maxmemory 0 maxmemory-policy nosuch
        CONFIG GET maxmemory
        CONFIG SET maxmemory 0 maxmemory 1
        CONFIG SET maxmemory 0
        CONFIG SET daemonize yes
        CONFIG SET dbfilename x
        CONFIG SET bind 1.2.3.4
        CONFIG GET bind
        CONFIG SET save 10\x201
        CONFIG GET save
        CONFIG SET save ""
        CONFIG RESETSTAT
        CONFIG RESETSTAT x
        CONFIG REWRITE
        HELLO 3
        CONFIG GET appendonly
        """);

    [Fact]
    public void Another_port_is_served_at_once_and_the_old_one_no_more()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        int port = ServerProcess.FreePort();
        Assert.Equal("+OK", client.Call("CONFIG", "SET", "port", $"{port}").ToString());
        using RespClient there = new(port);
        Assert.Equal(ReplyKind.Integer, there.Call("CLIENT", "ID").Kind);
        Assert.Throws<System.Net.Sockets.SocketException>(() => server.Connect().Dispose());
    }

    [Fact]
    public void A_port_that_is_taken_leaves_the_server_where_it_was()
    {
        using RunningServer other = new();
        using RunningServer server = new();
        using RespClient client = server.Connect();
        string error = client.Call("CONFIG", "SET", "port", $"{other.Port}").ToString();
        Assert.Equal("-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. "
            + "Check server logs.", error);
        using RespClient again = server.Connect();
        Assert.Equal($"{server.Port}", again.Call("CONFIG", "GET", "port")["port"].Text);
    }

    [Fact]
    public void More_clients_than_the_system_can_handle_are_refused()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        string error = client.Call("CONFIG", "SET", "maxclients", "4000000000").ToString();
        Assert.StartsWith(
            "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to "
            + "handle the specified number of clients, try with ", error, StringComparison.Ordinal);
        Assert.Equal("10000", client.Call("CONFIG", "GET", "maxclients")["maxclients"].Text);
        Assert.Equal("+OK", client.Call("CONFIG", "SET", "maxclients", "1").ToString());
        using RespClient refused = server.Connect();
        Assert.Equal("-ERR max number of clients reached\r\n", refused.ReadToEnd());
    }

    [Fact]
    public void The_backlog_takes_its_new_size_and_keeps_its_newest_bytes()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        client.Call("SET", "a", "b");
        Assert.Equal("+OK", client.Call("CONFIG", "SET", "repl-backlog-size", "16kb").ToString());
        string info = client.Call("INFO", "replication").Text;
        Assert.Contains("repl_backlog_size:16384\r\n", info, StringComparison.Ordinal);
        Assert.Contains("repl_backlog_histlen:50\r\n", info, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_are_renamed_and_removed()
    {
        using RunningServer server = new("--rename-command", "CONFIG", "secret", "--rename-command", "debug", "");
        using RespClient client = server.Connect();
        string config = client.Call("CONFIG", "GET", "port").ToString();
        Assert.StartsWith("-ERR unknown command 'CONFIG'", config, StringComparison.Ordinal);
        string debug = client.Call("DEBUG", "SLEEP", "0").ToString();
        Assert.StartsWith("-ERR unknown command 'DEBUG'", debug, StringComparison.Ordinal);
        Assert.Equal($"{server.Port}", client.Call("Secret", "get", "port")["port"].Text);
    }

    [Theory]
    [InlineData("nosuch", "x", "No such command in rename-command")]
    [InlineData("config", "get", "Target command name already exists")]
    public void A_rename_that_cannot_be_is_a_fatal_error_of_the_configuration(
        string name, string newName, string reason)
    {
        ConfigFileException error = Assert.Throws<ConfigFileException>(
            () => new RunningServer("--rename-command", name, newName));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no", false)]
    [InlineData("local", true)]
    [InlineData("yes", true)]
    public void Debug_is_for_those_that_its_directive_names(string value, bool allowed)
    {
        using RunningServer server = new("--enable-debug-command", value);
        using RespClient client = server.Connect();
        string expected = allowed
            ? "+OK"
            : "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it "
                + "from a local connection, otherwise you need to set this option in the configuration file, and then "
                + "restart the server.";
        Assert.Equal(expected, client.Call("DEBUG", "SLEEP", "0").ToString());
    }
}
