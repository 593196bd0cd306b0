using System.Text;
using Tidelog.Tests.Reference;

namespace Tidelog.Tests.Differential;

// Sends the same commands to both servers and compares what they answer, byte for byte where the answer is determined.
// Where it is not (the order of KEYS, a remaining time, the choice of RANDOMKEY), the rule is in Agree or in Walk.

/// <summary>A difference between the two servers; the message shows the command and both answers.</summary>
internal sealed class DivergenceException(string message) : Exception(message);

internal sealed class ClientPair(RespClient reference, RespClient tested) : IDisposable
{
    private const long MillisecondTolerance = 3000;
    private const long SecondTolerance = 3;
    private const int LongestShown = 500;

    /// <summary>No count is so great: Unix time in milliseconds, in 2001.</summary>
    private const long SomeTime = 1_000_000_000_000;

    // A look between two commands would be queued with them in a transaction, so these are left out there.
    private static readonly string[] NeedingLooks = ["SCAN", "HSCAN", "SSCAN", "ZSCAN", "DBSIZE", "RANDOMKEY"];

    private readonly List<string[]> _queued = [];
    private bool _inTransaction;

    public (Reply Reference, Reply Tested) CallBoth(params string[] command)
    {
        reference.Send(command);
        tested.Send(command);
        return (reference.Read(), ReadTested(command));
    }

    /// <summary>Runs one command on both.</summary>
    /// <exception cref="DivergenceException">They differ.</exception>
    public void Step(string[] command)
    {
        if (_inTransaction && NeedsLooks(command))
        {
            return;
        }

        switch (command[0].ToUpperInvariant())
        {
            case "SCAN" when command.Length > 1:
                CompareScans(command, cursor: 1);
                return;
            case "HSCAN" or "SSCAN" or "ZSCAN" when command.Length > 2:
                CompareScans(command, cursor: 2);
                return;
            case "DBSIZE" or "RANDOMKEY":
                // A key that was set with a time in the past counts until something looks at it.
                CallBoth("KEYS", "*");
                break;
        }

        (Reply expected, Reply actual) = CallBoth(command);
        bool anyKey = command[0].Equals("RANDOMKEY", StringComparison.OrdinalIgnoreCase)
            && expected.Kind == ReplyKind.BulkString && actual.Kind == ReplyKind.BulkString;
        bool agree = anyKey
            ? reference.Call("EXISTS", actual.Text).Integer == 1
            : AgreeInTurn(command, expected, actual);
        Require(agree, command, expected, actual);
    }

    /// <summary>Sends all commands before it reads the first reply, except those that need a look between.</summary>
    /// <exception cref="DivergenceException">They differ.</exception>
    public void StepPipelined(IReadOnlyList<string[]> commands)
    {
        string[][] sent = [.. commands.Where(c => !NeedsLooks(c))];
        byte[] wire = [.. sent.SelectMany(c => RespClient.Encode(Array.ConvertAll(c, Encoding.Latin1.GetBytes)))];

        // On threads of their own: a server may stop reading while its replies are not read.
        Task[] senders = [Task.Run(() => reference.SendRaw(wire)), Task.Run(() => tested.SendRaw(wire))];
        foreach (string[] command in sent)
        {
            Reply expected = reference.Read();
            Reply actual = ReadTested(command);
            Require(AgreeInTurn(command, expected, actual), command, expected, actual);
        }

        Task.WaitAll(senders);
    }

    /// <summary>Compares all databases key by key: value, time to live, encoding.</summary>
    /// <exception cref="DivergenceException">They differ.</exception>
    public void CompareDatasets()
    {
        CallBoth("DISCARD");
        _inTransaction = false;
        for (int database = 0; database < 16; database++)
        {
            CallBoth("SELECT", $"{database}");
            (Reply expected, Reply actual) = CallBoth("KEYS", "*");
            Require(SameSet(expected, actual), ["KEYS", "*", $"(database {database})"], expected, actual);
            AwaitActiveExpiry(expected.Items.Count);
            Step(["DBSIZE"]);
            foreach (Reply key in expected.Items)
            {
                Step(["TYPE", key.Text]);
                Step(["PTTL", key.Text]);
                Step(["OBJECT", "ENCODING", key.Text]);
                Step(["DEBUG", "DIGEST-VALUE", key.Text]);
                Step(["GET", key.Text]);
                Step(["XINFO", "STREAM", key.Text, "FULL", "COUNT", "0"]);
                Step(["XINFO", "GROUPS", key.Text]);
            }
        }
    }

    public void Dispose()
    {
        reference.Dispose();
        tested.Dispose();
    }

    /// <summary>
    /// DBSIZE counts keys that have expired and were not deleted yet; each server deletes them in its own time.
    /// </summary>
    private void AwaitActiveExpiry(int liveKeys)
    {
        for (int i = 0; i < 200; i++)
        {
            (Reply expected, Reply actual) = CallBoth("DBSIZE");
            if (expected.Integer == liveKeys && actual.Integer == liveKeys)
            {
                return;
            }
            Thread.Sleep(10);
        }
    }

    private Reply ReadTested(string[] command)
    {
        try
        {
            return tested.Read();
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new DivergenceException(
                $"{CommandSequence.Show(command)}\n  no reply from the tested server: {error.Message}");
        }
    }

    private static bool NeedsLooks(string[] command) =>
        NeedingLooks.Contains(command[0], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The same with an eye on transactions: what EXEC answers is the answers of the commands queued.
    /// </summary>
    private bool AgreeInTurn(string[] command, Reply expected, Reply actual)
    {
        if (expected is { Kind: ReplyKind.SimpleString, Text: "QUEUED" })
        {
            _queued.Add(command);
            return expected.Equals(actual);
        }

        string[][] queued = [.. _queued];
        bool isExec = command[0].Equals("EXEC", StringComparison.OrdinalIgnoreCase);
        switch (command[0].ToUpperInvariant())
        {
            case "MULTI" when !expected.IsError:
                _inTransaction = true;
                _queued.Clear();
                break;
            case "EXEC" or "DISCARD" or "RESET":
                _inTransaction = _inTransaction && expected.IsError && !isExec;
                _queued.Clear();
                break;
        }

        bool isExecuted = isExec && expected.Kind == ReplyKind.Array && expected.Items.Count == queued.Length;
        return isExecuted
            ? actual.Kind == ReplyKind.Array && actual.Items.Count == queued.Length
                && Enumerable.Range(0, queued.Length).All(i => Agree(queued[i], expected[i], actual[i]))
            : Agree(command, expected, actual);
    }

    private static bool Agree(string[] command, Reply expected, Reply actual)
    {
        bool bothNumbers = expected.Kind == ReplyKind.Integer && actual.Kind == ReplyKind.Integer;
        string subcommand = command.Length > 1 ? command[1].ToUpperInvariant() : "";
        return command[0].ToUpperInvariant() switch
        {
            "KEYS" or "HGETALL" or "HKEYS" or "HVALS" or "HRANDFIELD" => SameSet(expected, actual),
            "SMEMBERS" or "SINTER" or "SUNION" or "SDIFF" or "SPOP" or "SRANDMEMBER" => SameSet(expected, actual),
            "TTL" or "EXPIRETIME" when bothNumbers => Near(expected, actual, SecondTolerance),
            "PTTL" or "PEXPIRETIME" when bothNumbers => Near(expected, actual, MillisecondTolerance),

            // These say something about the implementation or the moment: only the kind of answer is promised.
            "OBJECT" when subcommand is "REFCOUNT" or "IDLETIME" && bothNumbers => true,
            "MEMORY" when subcommand == "USAGE" && bothNumbers => true,
            "CLIENT" when subcommand == "ID" && bothNumbers => true,
            "XPENDING" or "XINFO" => SameButForTimes(expected, actual),
            "TIME" when !expected.IsError => actual.Kind == ReplyKind.Array && actual.Items.Count == 2,
            "HELLO" when !expected.IsError => SameHello(expected, actual),
            _ => expected.Equals(actual),
        };
    }

    private static bool Near(Reply expected, Reply actual, long tolerance) =>
        expected.Integer < 0
            ? expected.Integer == actual.Integer
            : actual.Integer >= 0 && Math.Abs(expected.Integer - actual.Integer) <= tolerance;

    // What streams tell of times: when something was delivered, and for how long it has been pending.
    private static bool SameButForTimes(Reply expected, Reply actual)
    {
        if (expected.Kind != actual.Kind || expected.Items.Count != actual.Items.Count || expected.Items.Count == 0)
        {
            bool areTimes = expected.Kind == ReplyKind.Integer && actual.Kind == ReplyKind.Integer
                && expected.Integer > SomeTime && actual.Integer > SomeTime;
            return areTimes ? Near(expected, actual, MillisecondTolerance) : expected.Equals(actual);
        }

        return Enumerable.Range(0, expected.Items.Count).All(i =>
            SameButForTimes(expected[i], actual[i])
            || (IsIdleTime(expected, i) && Near(expected[i], actual[i], MillisecondTolerance)));
    }

    // XINFO CONSUMERS has it behind its name, XPENDING behind a consumer's name and in front of a count.
    private static bool IsIdleTime(Reply reply, int index) =>
        reply[index].Kind == ReplyKind.Integer
        && ((index > 0 && reply[index - 1].Text == "idle")
            || (index == 2 && reply.Items.Count == 4 && reply[3].Kind == ReplyKind.Integer));

    private static bool SameSet(Reply expected, Reply actual) => expected.Items.Count == 0
        ? expected.Equals(actual)
        : expected.Kind == actual.Kind
        && expected.Items.Select(Render).Order(StringComparer.Ordinal)
            .SequenceEqual(actual.Items.Select(Render).Order(StringComparer.Ordinal));

    // The connection's id differs; everything else is the same in both.
    private static bool SameHello(Reply expected, Reply actual) =>
        expected.Kind == actual.Kind
        && expected.Items.Count == actual.Items.Count
        && Enumerable.Range(0, expected.Items.Count)
            .All(i => (i > 0 && expected[i - 1].Text == "id") || expected[i].Equals(actual[i]));

    // Cursors mean what each server wants; what a whole walk finds is the same.
    private void CompareScans(string[] command, int cursor)
    {
        Reply expected = Walk(reference, command, cursor);
        Reply actual = Walk(tested, command, cursor);
        bool agree = expected.IsError || actual.IsError ? expected.Equals(actual) : SameSet(expected, actual);
        Require(agree, command, expected, actual);
    }

    private static Reply Walk(RespClient client, string[] command, int cursor)
    {
        var found = new HashSet<Reply>();
        string[] next = [.. command];
        do
        {
            Reply page = client.Call(next);
            if (page.IsError)
            {
                return page;
            }

            found.UnionWith(page[1].Items);
            next[cursor] = page[0].Text;
        }
        while (next[cursor] != "0");
        return Reply.Aggregate(ReplyKind.Array, [.. found]);
    }

    private static void Require(bool agree, string[] command, Reply expected, Reply actual)
    {
        if (!agree)
        {
            throw new DivergenceException(
                $"{CommandSequence.Show(command)}\n  redis-server: {Cut(expected)}\n  tested:       {Cut(actual)}");
        }
    }

    private static string Render(Reply reply) => reply.ToString();

    private static string Cut(Reply reply)
    {
        string text = reply.ToString();
        return text.Length <= LongestShown ? text : $"{text[..LongestShown]}...({text.Length} characters)";
    }
}
