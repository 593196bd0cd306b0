using System.Diagnostics;
using System.Globalization;
using Tidelog.Server;
using Tidelog.Tests.Reference;

namespace Tidelog.Tests.Server;

/// <summary>
/// What the network tests share: servers on either poller, and waiting for what a server does in its own time.
/// </summary>
internal static class NetworkServers
{
    public const string Epoll = "epoll";
    public const string Portable = "socket";
    private const string Variable = "TIDELOG_POLLER";
    private static readonly Lock EnvironmentLock = new();

    public static bool IsLong => Environment.GetEnvironmentVariable("TIDELOG_LONG") == "1";

    /// <summary>A server in the process of the tests whose event loop uses a certain poller.</summary>
    public static RunningServer Start(string poller, params string[] arguments)
    {
        // A server that another test starts meanwhile may get the same poller, and serves that test as well.
        lock (EnvironmentLock)
        {
            Environment.SetEnvironmentVariable(Variable, poller);
            try
            {
                return new RunningServer(arguments);
            }
            finally
            {
                Environment.SetEnvironmentVariable(Variable, null);
            }
        }
    }

    /// <exception cref="TimeoutException">It did not come true in ten seconds.</exception>
    public static void WaitFor(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(10))
            {
                throw new TimeoutException($"not within ten seconds: {what}");
            }

            Thread.Sleep(5);
        }
    }

    /// <summary>Asks a server's own thread, between two turns of which everything it holds is in order.</summary>
    public static T Ask<T>(RunningServer server, Func<TidelogServer, T> question)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Server.Loop.Post(() => answer.SetResult(question(server.Server)));
        return answer.Task.WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();
    }

    /// <summary>How many clients a server has that are not about to be closed.</summary>
    public static int CountClients(RunningServer server) => Ask(server, s => s.LiveClients.Count());

    /// <summary>The most bytes of replies that wait for one of a server's clients.</summary>
    public static long LongestOutput(RunningServer server) => Ask(server, s => s.LiveClients.Max(c => c.OutputPending));

    /// <summary>A field of the CLIENT LIST line of a client.</summary>
    public static long ClientField(RespClient asking, string id, string field)
    {
        string line = asking.Call("CLIENT", "LIST", "ID", id).Text;
        string text = line.Split(' ').First(word => word.StartsWith(field + "=", StringComparison.Ordinal));
        return long.Parse(text[(field.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
