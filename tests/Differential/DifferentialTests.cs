using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Xunit.Abstractions;

namespace Tidelog.Tests.Differential;

/// <summary>
/// The same random commands to a redis-server and to Tidelog: equal replies, and equal datasets in the end.
/// <c>TIDELOG_SEED</c> repeats a run, <c>TIDELOG_LONG=1</c> makes it longer.
/// </summary>
public sealed class DifferentialTests(ServerPair servers, ITestOutputHelper output) : IClassFixture<ServerPair>
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("TIDELOG_LONG") == "1";

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Replies_and_data_are_equal_one_command_at_a_time(int protocol) => Check(sequence =>
    {
        using ClientPair clients = servers.Connect(protocol);
        foreach (string[] command in sequence.Commands)
        {
            clients.Step(command);
        }

        clients.CompareDatasets();
    });

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Replies_and_data_are_equal_in_a_pipeline(int protocol) => Check(sequence =>
    {
        using ClientPair clients = servers.Connect(protocol);
        clients.StepPipelined(sequence.Commands);
        clients.CompareDatasets();
    });

    [Fact]
    public void A_key_is_gone_after_its_time_for_every_command()
    {
        using ClientPair clients = servers.Connect(protocol: 2);
        string[][] looks =
        [
            ["GET", "k"], ["EXISTS", "k"], ["TTL", "k"], ["PERSIST", "k"], ["DEL", "k"],
            ["RENAME", "k", "l"], ["TYPE", "k"], ["COPY", "k", "l"], ["SETNX", "k", "w"], ["SET", "k", "w", "XX"],
            ["APPEND", "k", "w"], ["INCR", "k"], ["GETEX", "k", "PERSIST"], ["EXPIRE", "k", "100"],
            ["MOVE", "k", "1"], ["OBJECT", "ENCODING", "k"], ["SCAN", "0"], ["KEYS", "*"],
            ["SET", "k", "w", "KEEPTTL"], ["SETRANGE", "k", "2", "w"],
        ];
        foreach (string[] look in looks)
        {
            clients.Step(["FLUSHALL"]);
            clients.Step(["SET", "k", "v", "PX", "20"]);
            Thread.Sleep(40);
            clients.Step(look);
            clients.Step(["GET", "k"]);
            clients.Step(["PTTL", "k"]);
        }
    }

    [Fact]
    public void Tens_of_megabytes_go_in_and_come_out()
    {
        using ClientPair clients = servers.Connect(protocol: 2);
        string big = new('b', 30 << 20);
        clients.Step(["SET", "big", big]);
        clients.Step(["STRLEN", "big"]);
        clients.Step(["GETRANGE", "big", "-3", "-1"]);
        clients.Step(["APPEND", "big", "tail"]);
        clients.Step(["GETRANGE", "big", "31457278", "-1"]);
        clients.Step(["COPY", "big", "copy"]);
        clients.Step(["GET", "copy"]);
        clients.Step(["FLUSHALL"]);
    }

    private void Check(Action<CommandSequence> property)
    {
        string? given = Environment.GetEnvironmentVariable("TIDELOG_SEED");
        ulong seed = given is null
            ? (ulong)Environment.TickCount64 * 2654435761
            : ulong.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine($"SEED={seed}");
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Long ? 2000 : 60).WithReplay(seed, gamma: 1);
        try
        {
            Prop.ForAll(CommandGenerator.Sequences, property).Check(config);
        }
        catch (Exception error)
        {
            throw new DivergenceException($"TIDELOG_SEED={seed} repeats this.\n{error.Message}");
        }
    }
}
