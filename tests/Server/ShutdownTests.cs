using Tidelog.Server.Config;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ShutdownTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Fact]
    public void Arguments_that_contradict_each_other_are_refused_as_in_redis() => pair.Check("""
        SHUTDOWN foo
        SHUTDOWN SAVE NOSAVE
        SHUTDOWN ABORT NOW
        SHUTDOWN ABORT
        """);

    [Theory]
    [InlineData("")]
    [InlineData("NOSAVE")]
    [InlineData("NOSAVE NOW FORCE")]
    [InlineData("SAVE FORCE")]
    public void The_server_ends_without_a_reply_and_leaves_no_files(string options)
    {
        string socket = Path.Combine(Path.GetTempPath(), $"tidelog-{Guid.NewGuid():N}.sock");
        string pidFile = Path.GetTempFileName();
        using RunningServer server = new("--unixsocket", socket, "--pidfile", pidFile);
        using RespClient client = server.Connect();
        Assert.True(File.Exists(socket));
        client.SendRaw($"CLIENT GETNAME\r\nSHUTDOWN {options}\r\nCLIENT GETNAME\r\n");
        Assert.True(server.WaitForEnd());
        Assert.Equal("$-1\r\n", client.ReadToEnd());
        Assert.False(File.Exists(socket));
        Assert.False(File.Exists(pidFile));
        Assert.Contains("User requested shutdown...", server.Log, StringComparison.Ordinal);
        Assert.Contains("Redis is now ready to exit, bye bye...", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signal_ends_it_as_the_command_does()
    {
        using RunningServer server = new("--save", "900", "1");
        using RespClient client = server.Connect();
        client.Call("SET", "a", "b");
        server.Server.Loop.Post(() => server.Server.RequestShutdown(ShutdownFlags.Default, out _));
        Assert.True(server.WaitForEnd());
        Assert.Contains("DB saved on disk", server.Log, StringComparison.Ordinal);
    }
}
