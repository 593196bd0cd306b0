using Tidelog.Server.Config;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ConfigCommandLineTests
{
    [Theory]
    [InlineData("--version", "PrintVersion")]
    [InlineData("-v", "PrintVersion")]
    [InlineData("--help", "PrintHelp")]
    [InlineData("-h", "PrintHelp")]
    [InlineData("--check-system", "CheckSystem")]
    [InlineData("--test-memory", "TestMemory")]
    [InlineData("--port", "Run")]
    public void The_first_argument_may_ask_for_something_else(string argument, string action)
    {
        Assert.Equal(action, CommandLine.Parse([argument, "5"], "/").Action.ToString());
        Assert.Equal(CommandLineAction.Run, CommandLine.Parse(["x.conf", argument], "/").Action);
    }

    [Theory]
    [InlineData("x.conf", "/a/b/x.conf")]
    [InlineData("./x.conf", "/a/b/./x.conf")]
    [InlineData("../x.conf", "/a/x.conf")]
    [InlineData("../../../x.conf", "/x.conf")]
    [InlineData("/etc/x.conf", "/etc/x.conf")]
    public void The_file_is_absolute_before_dir_is_changed(string file, string expected) =>
        Assert.Equal(expected, CommandLine.Parse([file], "/a/b").ConfigFile);

    [Fact]
    public void Options_become_lines()
    {
        string? lines = Options("x.conf", "--save", "900", "1", "--bind 1 2", "--requirepass", "--a b");
        Assert.Equal("save \"900\" \"1\" \nbind 1 2 \nrequirepass \"--a b\" ", lines);
    }

    [Fact]
    public void Save_without_a_value_is_no_save()
    {
        Assert.Equal("save \"\"\nport \"1\" ", Options("--save", "--port", "1"));
        Assert.Equal("port \"1\" \nsave \"\"", Options("--port", "1", "--save"));
        Assert.Equal("save \"\" ", Options("--save", ""));
    }

    [Fact]
    public void A_dash_is_standard_input_at_either_end_only()
    {
        Assert.True(CommandLine.Parse(["-", "--port", "1"], "/").ReadsStandardInput);
        Assert.True(CommandLine.Parse(["x.conf", "--port", "1", "-"], "/").ReadsStandardInput);
        Assert.False(CommandLine.Parse(["x.conf", "-", "--port", "1"], "/").ReadsStandardInput);
        Assert.Equal("port \"1\" ", Options("--port", "1", "-"));
    }

    [Fact]
    public void Sentinel_is_recognised()
    {
        Assert.True(CommandLine.Parse(["x.conf", "--sentinel"], "/").IsSentinel);
        Assert.False(CommandLine.Parse(["x.conf"], "/").IsSentinel);
    }

    [Fact]
    public void No_arguments_are_the_defaults()
    {
        CommandLine line = CommandLine.Parse([], "/");
        Assert.Equal((CommandLineAction.Run, null, null), (line.Action, line.ConfigFile, line.Options));
    }

    private static string? Options(params string[] arguments) => CommandLine.Parse(arguments, "/").Options;
}
