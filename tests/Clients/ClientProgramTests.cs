using System.Diagnostics;
using Tidelog.Tests.Docs;
using Tidelog.Tests.Reference;
using Xunit;
using Xunit.Abstractions;

namespace Tidelog.Tests.Clients;

/// <summary>
/// Programs that use the common client libraries get the same answers from redis-server and from Tidelog. The answers
/// that they expect stand in the programs; <c>./test.sh</c> installs the libraries.
/// </summary>
public sealed class ClientProgramTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("/usr/bin/python3", "redis-py", "")]
    [InlineData("node", "ioredis.js", "2")]
    [InlineData("node", "ioredis.js", "3")]
    public void A_client_gets_what_it_expects_from_redis_server(string interpreter, string program, string protocol)
    {
        using ServerProcess server = ServerProcess.StartRedis();
        string[] lines = Run(interpreter, program, server.Port, protocol);
        Assert.All(lines, line => Assert.StartsWith("ok ", line));
    }

    // A family is left out as long as the server has no such commands: CommandTableTests says which it must have.
    [Theory]
    [InlineData("/usr/bin/python3", "redis-py", "")]
    [InlineData("node", "ioredis.js", "2")]
    [InlineData("node", "ioredis.js", "3")]
    public void A_client_gets_what_it_expects_from_tidelog(string interpreter, string program, string protocol)
    {
        using ServerProcess server = ServerProcess.StartTidelog();
        string[] lines = Run(interpreter, program, server.Port, protocol);
        Assert.DoesNotContain(lines, line => line.StartsWith("failed ", StringComparison.Ordinal));
        Assert.Contains("ok strings", lines);
    }

    /// <returns>What the program printed.</returns>
    private string[] Run(string interpreter, string program, int port, string protocol)
    {
        string path = Path.Combine(TidyTests.RepositoryRoot(), "tests/Clients", program);
        ProcessStartInfo start = new(interpreter, $"\"{path}\" {port} {protocol}")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> printed = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
        }
        output.WriteLine(printed.Result + errors.Result);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{printed.Result}{errors.Result}");
        return printed.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
