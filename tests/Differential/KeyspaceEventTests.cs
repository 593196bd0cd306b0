using FsCheck;
using FsCheck.Fluent;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Differential;

/// <summary>Random commands on both servers tell the same keyspace events in the same order.</summary>
public sealed class KeyspaceEventTests(ServerPair servers) : IClassFixture<ServerPair>
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("TIDELOG_LONG") == "1";

    // They notice expired keys in the order in which the server happens to hold them.
    // In a transaction the message that ends a command's events would have to wait.
    private static readonly string[] LeftOut =
        ["KEYS", "SCAN", "RANDOMKEY", "DBSIZE", "HELLO", "DEBUG", "SHUTDOWN", "MULTI"];

    [Fact]
    public void The_same_events_in_the_same_order()
    {
        Configure("KEAmn", activeExpiry: "0");
        try
        {
            Prop.ForAll(CommandGenerator.Sequences, Compare)
                .Check(Config.QuickThrowOnFailure.WithMaxTest(Long ? 2000 : 60));
        }
        finally
        {
            Configure("", activeExpiry: "1");
        }
    }

    private void Compare(CommandSequence sequence)
    {
        using RespClient referenceEvents = Listen(servers.Reference);
        using RespClient testedEvents = Listen(servers.Tested);
        using ClientPair clients = servers.Connect(protocol: 2);
        foreach (string[] command in sequence.Commands)
        {
            if (LeftOut.Contains(command[0].ToUpperInvariant()))
            {
                continue;
            }
            clients.CallBoth(command);
            clients.CallBoth("PUBLISH", "end of events", "");
            string expected = Events(referenceEvents);
            string actual = Events(testedEvents);
            if (expected != actual)
            {
                throw new DivergenceException(
                    $"{CommandSequence.Show(command)}\n  redis-server: {expected}\n  tested:       {actual}");
            }
        }
    }

    private static RespClient Listen(ServerProcess server)
    {
        RespClient client = server.Connect();
        client.Call("PSUBSCRIBE", "__key*", "end of events");
        client.Read();
        return client;
    }

    private static string Events(RespClient client)
    {
        List<string> events = [];
        while (true)
        {
            Reply message = client.Read();
            if (message[2].Text == "end of events")
            {
                return string.Join(' ', events);
            }
            events.Add($"{message[2]} {message[3]}");
        }
    }

    private void Configure(string events, string activeExpiry)
    {
        using ClientPair clients = servers.Connect(protocol: 2);
        clients.Step(["CONFIG", "SET", "notify-keyspace-events", events]);
        clients.Step(["DEBUG", "SET-ACTIVE-EXPIRE", activeExpiry]);
    }
}
