using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class RenamedCommandTests
{
    [Fact]
    public void Its_old_name_is_unknown_even_in_a_pipeline_behind_the_new_one()
    {
        using RunningServer server = NetworkServers.Start(NetworkServers.Epoll, "--rename-command", "get", "fetch");
        using RespClient client = server.Connect();
        client.SendRaw("SET k v\r\nfetch k\r\nget k\r\nfetch k\r\n");
        Assert.Equal("OK", client.Read().Text);
        Assert.Equal("v", client.Read().Text);
        Assert.StartsWith("ERR unknown command 'get'", client.Read().Text, StringComparison.Ordinal);
        Assert.Equal("v", client.Read().Text);
    }
}
