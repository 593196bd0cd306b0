using System.Diagnostics;
using System.Globalization;
using Tidelog.Tests.Reference;

namespace Tidelog.Tests.Server;

/// <summary>What the network tests share: servers on either poller, and waiting for what a server does in its own time.</summary>
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

    /// <summary>A field of the CLIENT LIST line of a client.</summary>
    public static long ClientField(RespClient asking, string id, string field)
    {
        string line = asking.Call("CLIENT", "LIST", "ID", id).Text;
        string text = line.Split(' ').First(word => word.StartsWith(field + "=", StringComparison.Ordinal));
        return long.Parse(text[(field.Length + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Resident memory of a process, bytes.</summary>
    public static long ResidentBytes(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
