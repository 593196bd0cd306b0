using System.Runtime.CompilerServices;
using Tidelog.Engine.Commands;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Docs;

/// <summary>docs/compatibility.md says what the tables say; with <c>TIDELOG_WRITE_DOCS=1</c> it is written.</summary>
public sealed class CompatibilityTests
{
    [Fact]
    public void The_page_is_what_the_tables_say()
    {
        string expected = CompatibilityPage.Build();
        if (Environment.GetEnvironmentVariable("TIDELOG_WRITE_DOCS") == "1")
        {
            File.WriteAllText(PagePath(), expected);
        }
        Assert.True(File.ReadAllText(PagePath()) == expected,
            "docs/compatibility.md is not what the tables say. Write it anew with\n"
            + "TIDELOG_WRITE_DOCS=1 dotnet test -c Release tests --filter FullyQualifiedName~Compatibility");
    }

    [Fact]
    public void Every_command_is_documented_with_the_group_and_version_that_redis_server_tells()
    {
        using ServerProcess server = ServerProcess.StartRedis();
        using RespClient client = server.Connect();
        foreach (Command row in CompatibilityPage.Rows)
        {
            Reply theirs = client.Call("COMMAND", "DOCS", row.FullName)[row.FullName];
            Assert.Equal(
                $"{row.FullName}: {theirs["group"].Text}, {theirs["since"].Text}",
                $"{row.FullName}: {row.Docs?.Group}, {row.Docs?.Since}");
        }
    }

    [Fact]
    public void The_list_of_commands_is_the_one_of_redis_server()
    {
        using ServerProcess server = ServerProcess.StartRedis();
        using RespClient client = server.Connect();
        Assert.Equal(
            client.Call("COMMAND", "LIST").Items.Select(item => item.Text).Order(StringComparer.Ordinal),
            RedisCommands.ByGroup.SelectMany(group => group.Commands).Order(StringComparer.Ordinal));
    }

    private static string PagePath([CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../../docs/compatibility.md"));
}
