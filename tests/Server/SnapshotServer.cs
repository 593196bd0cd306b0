using Tidelog.Tests.Reference;
using Tidelog.Tests.Storage;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>A server whose disk is in memory and whose clock can be put forward, with a client.</summary>
internal sealed class SnapshotServer : IDisposable
{
    private readonly RunningServer _server;
    private readonly RespClient _client;

    /// <param name="storage">Loaded from at the start.</param>
    public SnapshotServer(FaultyStorage storage, params string[] arguments)
    {
        Storage = storage;
        string[] all = ["--enable-debug-command", "yes", "--enable-protected-configs", "yes", .. arguments];
        _server = new RunningServer(storage, Time, all);
        _client = _server.Connect();
    }

    public FaultyStorage Storage { get; }

    public MovableTime Time { get; } = new();

    public RunningServer Running => _server;

    public string Log => _server.Log;

    /// <summary>The file that it saves to; null if there is none.</summary>
    public byte[]? File => Storage.Read(Path.Combine(Environment.CurrentDirectory, "dump.rdb"));

    public bool HasTemporaryFile => Storage.Exists(
        Path.Combine(Environment.CurrentDirectory, $"temp-{Environment.ProcessId}.rdb"));

    public RespClient Connect() => _server.Connect();

    public string Call(params string[] words) => _client.Call(words).ToString();

    public string Get(string key) => _client.Call("GET", key).Text;

    /// <summary>A field of INFO.</summary>
    public string Info(string field)
    {
        string line = _client.Call("INFO", "everything").Text.Split("\r\n")
            .Single(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return line[(field.Length + 1)..];
    }

    /// <summary>Waits until a field of INFO has a value.</summary>
    public void WaitFor(string field, string value)
    {
        for (int i = 0; i < 5000; i++)
        {
            if (Info(field) == value)
            {
                return;
            }
            Thread.Sleep(2);
        }
        throw new TimeoutException($"{field} is {Info(field)} and not {value}. The server's log:\n{Log}");
    }

    public void WaitForLog(string line) => Assert.True(
        SpinWait.SpinUntil(() => Log.Contains(line, StringComparison.Ordinal), TimeSpan.FromSeconds(10)), Log);

    public void Dispose()
    {
        Storage.Gate.Set();
        Storage.ReadGate.Set();
        _client.Dispose();
        _server.Dispose();
    }
}
