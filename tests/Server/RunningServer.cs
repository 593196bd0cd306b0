using Tidelog.Engine.Storage;
using Tidelog.Server;
using Tidelog.Server.Commands;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;
using Tidelog.Tests.Reference;
using Tidelog.Tests.Storage;

namespace Tidelog.Tests.Server;

/// <summary>A server in the process of the tests, with a thread, a free port and a directory of its own.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly Thread _thread;
    private readonly string _directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;
    private readonly string _logFile;

    /// <param name="arguments">As on the command line; they override the fixture's own.</param>
    public RunningServer(params string[] arguments)
        : this(null, TimeProvider.System, arguments)
    {
    }

    /// <param name="storage">
    /// Where it loads from at the start, and saves to; if it is null, memory: all these servers have the working
    /// directory of the tests.
    /// </param>
    public RunningServer(IStorage? storage, TimeProvider time, params string[] arguments)
    {
        Port = ServerProcess.FreePort();
        _logFile = Path.Combine(_directory, "log");
        string[] all = ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--logfile", _logFile, .. arguments];
        Configuration configuration = new() { RenameCommand = new CommandRenames().Check };
        configuration.Load(CommandLine.Parse(all, _directory), Stream.Null);
        ServerLog log = new(configuration.Settings, time);
        Server = new TidelogServer(configuration, log, time, storage ?? new FaultyStorage());
        if (!Server.Listen())
        {
            throw new InvalidOperationException($"The server does not listen. Its log:\n{Log}");
        }
        if (!Server.Load.TryBegin(() => { }))
        {
            throw new InvalidOperationException($"The server does not load. Its log:\n{Log}");
        }
        _thread = new Thread(Server.Loop.Run) { IsBackground = true, Name = "tidelog" };
        _thread.Start();
    }

    public int Port { get; }

    public TidelogServer Server { get; }

    public string DirectoryPath => _directory;

    public string Log => File.Exists(_logFile) ? File.ReadAllText(_logFile) : "";

    public RespClient Connect() => new(Port);

    /// <returns>False if it still runs.</returns>
    public bool WaitForEnd() => _thread.Join(TimeSpan.FromSeconds(10));

    public void Dispose()
    {
        // Not to a loop that has ended by itself: its files' numbers may be another's by now.
        if (_thread.IsAlive)
        {
            Server.Loop.Post(Server.Loop.Stop);
        }
        if (WaitForEnd())
        {
            Server.Dispose();
        }
        Directory.Delete(_directory, recursive: true);
    }
}
