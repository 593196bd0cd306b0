using System.Globalization;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ReturnedMemoryTests
{
    [Theory]
    [InlineData("FLUSHALL", "SYNC")]
    [InlineData("FLUSHALL", "ASYNC")]
    [InlineData("FLUSHDB", "SYNC")]
    public void What_a_flush_frees_goes_back_to_the_system(params string[] flush)
    {
        using ServerProcess server = ServerProcess.StartTidelog("--enable-debug-command", "yes", "--save", "");
        using RespClient client = server.Connect();
        long empty = ResidentBytes(server);
        client.Call("DEBUG", "POPULATE", "400000", "short", "200");
        client.Call("DEBUG", "POPULATE", "3000", "long", "30000");
        long full = ResidentBytes(server);
        Assert.True(full - empty > 150 << 20);
        client.Call(flush);

        // In the background it takes a moment.
        long limit = empty + ((full - empty) / 4);
        for (int i = 0; i < 100 && ResidentBytes(server) > limit; i++)
        {
            Thread.Sleep(100);
        }
        Assert.InRange(ResidentBytes(server), 0, limit);
    }

    [Fact]
    public void Memory_purge_gives_back_what_deletion_left()
    {
        using ServerProcess server = ServerProcess.StartTidelog("--enable-debug-command", "yes", "--save", "");
        using RespClient client = server.Connect();
        client.Call("DEBUG", "POPULATE", "400000", "key", "200");
        client.Call("DEBUG", "POPULATE", "3000", "long", "30000");
        long full = ResidentBytes(server);
        for (int i = 0; i < 400_000; i += 1000)
        {
            client.Call(["DEL", .. Enumerable.Range(i, 1000).Select(n => $"key:{n}")]);
        }
        for (int i = 0; i < 2999; i++)
        {
            client.Call("DEL", $"long:{i}");
        }
        Thread.Sleep(500);
        client.Call("MEMORY", "PURGE");
        Assert.InRange(ResidentBytes(server), 0, full / 2);
    }

    private static long ResidentBytes(ServerProcess server)
    {
        string pages = File.ReadAllText($"/proc/{server.Pid}/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
