using System.Diagnostics;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ClientCommandTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Fact]
    public void Every_subcommand_answers_as_redis_does() => pair.Check("""
        CLIENT
        CLIENT foo
        CLIENT ID x
        CLIENT INFO x
        CLIENT INFO
        CLIENT LIST
        CLIENT SETNAME hello
        CLIENT GETNAME
        CLIENT LIST TYPE normal
        CLIENT LIST TYPE pubsub
        CLIENT LIST TYPE master
        CLIENT LIST TYPE foo
        CLIENT LIST ID 99999
        CLIENT LIST ID x
        CLIENT LIST ID
        CLIENT LIST foo bar
        CLIENT SETNAME x\x01
        CLIENT SETNAME ""
        CLIENT GETNAME
        CLIENT KILL
        CLIENT KILL 1.2.3.4:5
        CLIENT KILL ID 0 SKIPME no
        CLIENT KILL ID x TYPE normal
        CLIENT KILL ID
        CLIENT KILL SKIPME maybe
        CLIENT KILL TYPE foo
        CLIENT KILL TYPE master
        CLIENT KILL USER nobody ID
        CLIENT KILL USER nobody
        CLIENT KILL foo bar
        CLIENT NO-EVICT on
        CLIENT INFO
        CLIENT NO-EVICT off
        CLIENT NO-EVICT x
        CLIENT PAUSE x
        CLIENT PAUSE -1
        CLIENT PAUSE 0
        CLIENT PAUSE 1 foo
        CLIENT PAUSE 1 WRITE x
        CLIENT UNPAUSE
        CLIENT UNBLOCK 1
        CLIENT UNBLOCK x
        CLIENT UNBLOCK 1 x
        CLIENT UNBLOCK 1 TIMEOUT
        CLIENT UNBLOCK 1 ERROR x
        CLIENT GETREDIR
        CLIENT TRACKINGINFO
        CLIENT CACHING yes
        HELLO 3
        CLIENT TRACKINGINFO
        CLIENT GETNAME
        CLIENT INFO
        """);

    [Fact]
    public void Kill_closes_those_that_its_filters_fit_and_answers_before_it_closes_its_own()
    {
        using RunningServer server = new();
        using RespClient killer = server.Connect();
        using RespClient first = server.Connect();
        using RespClient second = server.Connect();
        string firstId = first.Call("CLIENT", "ID").Text;
        string address = second.Socket.LocalEndPoint!.ToString()!;
        Assert.Equal(":1", killer.Call("CLIENT", "KILL", "ID", firstId).ToString());
        Assert.Equal("", first.ReadToEnd());
        Assert.Equal("+OK", killer.Call("CLIENT", "KILL", address).ToString());
        Assert.Equal("", second.ReadToEnd());
        Assert.Equal(":0", killer.Call("CLIENT", "KILL", "TYPE", "normal").ToString());
        killer.Send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no");
        killer.Send("CLIENT", "ID");
        Assert.Equal(":1\r\n", killer.ReadToEnd());
    }

    [Fact]
    public void A_killed_client_is_gone_for_the_next_command_of_the_same_pipeline()
    {
        using RunningServer server = new();
        using RespClient killer = server.Connect();
        using RespClient victim = server.Connect();
        string id = victim.Call("CLIENT", "ID").Text;
        killer.SendRaw($"CLIENT KILL ID {id}\r\nCLIENT KILL ID {id}\r\nCLIENT LIST ID {id}\r\n");
        Assert.Equal(":1", killer.Read().ToString());
        Assert.Equal(":0", killer.Read().ToString());
        Assert.Equal("$\"\"", killer.Read().ToString());
    }

    [Fact]
    public void The_list_is_in_the_order_of_arrival_and_has_what_each_client_last_did()
    {
        using RunningServer server = new();
        using RespClient first = server.Connect();
        first.Call("CLIENT", "SETNAME", "one");
        using (RespClient gone = server.Connect())
        {
            gone.Call("CLIENT", "ID");
        }
        using RespClient last = server.Connect();
        last.Call("HELLO", "3");
        string[] lines = first.Call("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("name=one ", lines[0], StringComparison.Ordinal);
        Assert.Contains("cmd=client|list user=default", lines[0], StringComparison.Ordinal);
        Assert.Contains("cmd=hello ", lines[^1], StringComparison.Ordinal);
        Assert.EndsWith("resp=3", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_pause_of_writes_holds_them_back_and_lets_reads_pass_until_it_is_over()
    {
        using RunningServer server = new();
        using RespClient pausing = server.Connect();
        using RespClient writing = server.Connect();
        pausing.Call("CLIENT", "PAUSE", "60000", "WRITE");
        writing.Send("SET", "a", "b");
        Assert.Equal("$-1", pausing.Call("GET", "a").ToString());
        Assert.False(writing.TryRead(TimeSpan.FromMilliseconds(150), out _));
        Assert.Contains("blocked_clients:1\r\n", pausing.Call("INFO", "clients").Text, StringComparison.Ordinal);
        Assert.Contains("flags=b ", pausing.Call("CLIENT", "LIST").Text, StringComparison.Ordinal);
        Assert.Equal("+OK", pausing.Call("CLIENT", "UNPAUSE").ToString());
        Assert.Equal("+OK", writing.Read().ToString());
        Assert.Equal("$\"b\"", pausing.Call("GET", "a").ToString());
    }

    [Fact]
    public void A_pause_of_all_holds_back_everything_and_ends_by_itself()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        Stopwatch clock = Stopwatch.StartNew();
        client.Call("CLIENT", "PAUSE", "300");
        Assert.Equal("+OK", client.Call("CLIENT", "UNPAUSE").ToString());
        Assert.InRange(clock.ElapsedMilliseconds, 250, 5000);
    }

    [Fact]
    public void While_clients_are_paused_time_removes_no_key_though_nobody_sees_it_any_more()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        server.Server.Loop.Post(() =>
        {
            Tidelog.Engine.StorageEngine engine = server.Server.Engine;
            engine.BeginTurn();
            long now = engine.Keyspace.NowMs;
            engine.Keyspace[0].PutString("a"u8, default, "b"u8, now + 50);

            // In the same turn: on a busy machine a command of the client could come after the key's time.
            engine.Pause.Begin(now + 60_000, writesOnly: true, now);
            engine.EndTurn();
        });
        Thread.Sleep(300);
        Assert.Equal("$-1", client.Call("GET", "a").ToString());
        Assert.Contains("db0:keys=1,expires=1", client.Call("INFO").Text, StringComparison.Ordinal);
        Assert.Contains("master_repl_offset:0\r\n", client.Call("INFO").Text, StringComparison.Ordinal);
        client.Call("CLIENT", "UNPAUSE");
        Assert.Equal("$-1", client.Call("GET", "a").ToString());
        Assert.DoesNotContain("db0:", client.Call("INFO").Text, StringComparison.Ordinal);
        Assert.Contains("expired_keys:1\r\n", client.Call("INFO").Text, StringComparison.Ordinal);
    }
}
