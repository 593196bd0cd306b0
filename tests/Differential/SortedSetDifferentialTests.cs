using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Xunit.Abstractions;

namespace Tidelog.Tests.Differential;

/// <summary>Many commands on few sorted sets, to a redis-server and to Tidelog; seeds as in the other test.</summary>
public sealed class SortedSetDifferentialTests(ServerPair servers, ITestOutputHelper output) : IClassFixture<ServerPair>
{
    private static readonly string[] Thresholds = ["zset-max-listpack-entries", "128", "zset-max-listpack-value", "64"];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Replies_and_data_are_equal(int protocol)
    {
        string? given = Environment.GetEnvironmentVariable("TIDELOG_SEED");
        ulong seed = given is null
            ? (ulong)Environment.TickCount64 * 2654435761
            : ulong.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine($"SEED={seed}");
        bool isLong = Environment.GetEnvironmentVariable("TIDELOG_LONG") == "1";
        Arbitrary<CommandSequence> sequences = Arb.From(
            Gen.Choose(1, 200).SelectMany(length => SortedSetGenerator.Commands().ListOf(length))
                .Select(commands => new CommandSequence([.. commands])),
            CommandSequence.Shrink);
        try
        {
            Prop.ForAll(sequences, sequence => Run(sequence, protocol))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(isLong ? 3000 : 60).WithReplay(seed, gamma: 1));
        }
        catch (Exception error)
        {
            throw new DivergenceException($"TIDELOG_SEED={seed} repeats this.\n{error.Message}");
        }
    }

    private void Run(CommandSequence sequence, int protocol)
    {
        using ClientPair clients = servers.Connect(protocol);
        clients.CallBoth(["CONFIG", "SET", .. Thresholds]);
        foreach (string[] command in sequence.Commands)
        {
            clients.Step(command);
        }
        clients.CompareDatasets();
        foreach (string key in (string[])["z1", "z2", "z3", "z4", "n1", "n2", "p1", "p2"])
        {
            clients.Step(["ZRANGE", key, "0", "-1", "WITHSCORES"]);
        }
    }
}
