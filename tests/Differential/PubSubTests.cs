using FsCheck;
using FsCheck.Fluent;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Differential;

/// <summary>Several clients on both servers subscribe and publish: each hears the same on either.</summary>
public sealed class PubSubTests(ServerPair servers) : IClassFixture<ServerPair>
{
    private static readonly int[] Protocols = [2, 3, 2];

    private static readonly Gen<string> Topic = Gen.Elements("a", "b", "ab", "a*", "*", "[ab]", "\\*", "", "x\r\n\xff");

    private static readonly Gen<string> Message = Gen.Elements("", "hello", "\0\r\n", new string('m', 70_000));

    [Fact]
    public void Every_client_hears_the_same() => StepProperty.Check(30, length: 50, AnyStep(), Run);

    private static Gen<Step> AnyStep() =>
        from client in Gen.Choose(0, Protocols.Length - 1)
        from commands in Gen.Frequency((12, Command().Select(command => (string[][])[command])), (1, Transaction()))
        select new Step(client, commands);

    private static Gen<string[][]> Transaction() =>
        from count in Gen.Choose(1, 4)
        from commands in Gen.OneOf(
            WithTopics("SUBSCRIBE", 1), WithTopics("SSUBSCRIBE", 1), WithTopics("PUNSUBSCRIBE", 1),
            Topic.Select(topic => (string[])["PUBLISH", topic, "hello"])).ArrayOf(count)
        select (string[][])[["MULTI"], .. commands, ["EXEC"]];

    private static Gen<string[]> Command() => Gen.Frequency(
        (6, WithTopics("SUBSCRIBE", 1)),
        (5, WithTopics("PSUBSCRIBE", 1)),
        (3, WithTopics("SSUBSCRIBE", 1)),
        (3, WithTopics("UNSUBSCRIBE", 0)),
        (3, WithTopics("PUNSUBSCRIBE", 0)),
        (2, WithTopics("SUNSUBSCRIBE", 0)),
        (9, from name in Gen.Elements("PUBLISH", "publish", "SPUBLISH")
            from topic in Topic
            from message in Message
            select (string[])[name, topic, message]),
        (3, from name in Gen.Elements("CHANNELS", "SHARDCHANNELS", "NUMSUB", "SHARDNUMSUB", "numpat", "nosuch")
            from count in Gen.Choose(0, 2)
            from topics in Topic.ArrayOf(count)
            select (string[])["PUBSUB", name, .. topics]),
        (1, Gen.Elements<string[]>(["RESET"], ["PING"], ["PING", "x"], ["GET", "k"], ["CLIENT", "REPLY", "SKIP"],
            ["SUBSCRIBE"], ["PUBLISH", "a"], ["PUBSUB"], ["HELLO", "3"], ["HELLO", "2"])));

    private static Gen<string[]> WithTopics(string name, int least) =>
        Gen.Choose(least, 3).SelectMany(count => Topic.ArrayOf(count).Select(topics => (string[])[name, .. topics]));

    private void Run(Step[] steps)
    {
        using Listeners reference = new(servers.Reference);
        using Listeners tested = new(servers.Tested);
        foreach (Step next in steps)
        {
            string[] expected = reference.Take(next);
            string[] actual = tested.Take(next);
            if (!expected.SequenceEqual(actual))
            {
                string all = string.Join("\n  ", steps.Select(step => step.ToString()));
                throw new DivergenceException(
                    $"{all}\nredis-server: {Show(expected)}\ntested:       {Show(actual)}");
            }
        }
    }

    private static string Show(string[] lines) =>
        string.Join("\n    ", lines.Select(line => line.Length < 200 ? line : line[..200] + "..."));

    private sealed record Step(int Client, string[][] Commands)
    {
        public override string ToString() =>
            $"client {Client}: {string.Join(" | ", Commands.Select(CommandSequence.Show))}";
    }

    private sealed class Listeners : IDisposable
    {
        private readonly RespClient[] _clients;
        private int _marks;

        public Listeners(ServerProcess server)
        {
            _clients = [.. Protocols.Select(_ => server.Connect())];
            for (int i = 0; i < Protocols.Length; i++)
            {
                _clients[i].Call("HELLO", $"{Protocols[i]}");
            }
        }

        /// <summary>What each client is sent for the commands of one of them.</summary>
        public string[] Take(Step step)
        {
            foreach (string[] command in step.Commands)
            {
                _clients[step.Client].Send(command);
            }
            List<string> heard = [.. Heard(step.Client, step.Commands)];
            for (int i = 0; i < _clients.Length; i++)
            {
                if (i != step.Client)
                {
                    heard.AddRange(Heard(i, step.Commands));
                }
            }
            return [.. heard];
        }

        public void Dispose()
        {
            foreach (RespClient client in _clients)
            {
                client.Dispose();
            }
        }

        /// <summary>All that a client is sent until the answer to a PING, the second time it asks.</summary>
        private IEnumerable<string> Heard(int client, string[][] commands)
        {
            // A command may have the next reply skipped, which is the first mark then.
            string first = $"mark {_marks++}";
            string second = $"mark {_marks++}";
            _clients[client].Send("PING", first);
            _clients[client].Send("PING", second);
            List<Reply> replies = [];
            while (true)
            {
                Reply reply = _clients[client].Read();
                string text = reply.Items.Count == 2 ? reply[1].Text : reply.Items.Count == 0 ? reply.Text : "";
                if (text == second)
                {
                    break;
                }
                replies.Add(reply);
            }
            return Comparable(commands, replies).Select(line => $"client {client}: {line}");
        }

        // Topics are held in no order: which of two fitting patterns comes first, and in which order all are left.
        private static IEnumerable<string> Comparable(string[][] commands, List<Reply> replies)
        {
            string[] command = commands[0];
            bool leavesAll = command.Length == 1 && command[0].EndsWith("UNSUBSCRIBE", StringComparison.Ordinal);
            if (leavesAll || commands.Length > 1)
            {
                return replies.SelectMany(Leaves).Order(StringComparer.Ordinal);
            }
            if (command[0] == "HELLO")
            {
                // Tells the connection's id.
                return replies.Where(r => r.Items.Count == 0).Select(r => r.ToString());
            }
            IEnumerable<string> shown = replies.Select(reply =>
                command is ["PUBSUB", _, ..] && reply.Kind == ReplyKind.Array
                    && command[1].EndsWith("CHANNELS", StringComparison.Ordinal)
                    ? string.Join(' ', reply.Items.Select(i => i.ToString()).Order(StringComparer.Ordinal))
                    : reply.ToString());
            bool isMessage = command[0].EndsWith("PUBLISH", StringComparison.OrdinalIgnoreCase);
            return isMessage ? shown.Order(StringComparer.Ordinal) : shown;
        }

        private static IEnumerable<string> Leaves(Reply reply) =>
            reply.Items.Count == 0 ? [reply.ToString()] : reply.Items.SelectMany(Leaves);
    }
}
