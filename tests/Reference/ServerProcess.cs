using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Tidelog.Tests.Reference;

/// <summary>
/// A server in a process of its own, with a free port and a temporary directory, up (it answered PING) when the
/// constructor returns; <see cref="Dispose"/> ends it and removes the directory.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    // What a test that is torn down from outside (a debugger, a cancelled run) would leave behind.
    private static readonly ConcurrentDictionary<int, ServerProcess> Running = new();

    private readonly Process _process;
    private readonly StringBuilder _log = new();

    static ServerProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (ServerProcess server in Running.Values)
        {
            server.Kill();
        }
    };

    private ServerProcess(string binary, IEnumerable<string> arguments, string directory, int port)
    {
        Port = port;
        WorkingDirectory = directory;
        var start = new ProcessStartInfo(binary)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Running[_process.Id] = this;
    }

    /// <summary>The redis-server that is the reference; <c>TIDELOG_REDIS_SERVER</c> names another.</summary>
    public static string RedisBinary =>
        Environment.GetEnvironmentVariable("TIDELOG_REDIS_SERVER") ?? "/usr/bin/redis-server";

    /// <summary>The server under test: as <c>TIDELOG_TEST_SERVER</c> says, else the one built with the tests.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string TidelogBinary => FindTidelog();

    public int Port { get; }

    public int Pid => _process.Id;

    public string WorkingDirectory { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it printed so far, standard output and error in one.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    public static ServerProcess StartRedis(params string[] arguments) => Start(RedisBinary, arguments);

    public static ServerProcess StartTidelog(params string[] arguments) => Start(TidelogBinary, arguments);

    /// <summary>Starts a server with nothing persisted, on the loopback address; arguments override that.</summary>
    /// <exception cref="InvalidOperationException">It ended or did not answer; the message has its log.</exception>
    public static ServerProcess Start(string binary, params string[] arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePort();
            string directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;

            // A configuration file comes first.
            int files = arguments.TakeWhile(argument => !argument.StartsWith('-')).Count();
            string[] all = [.. arguments[..files], "--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory,
                "--save", "", .. arguments[files..]];
            var server = new ServerProcess(binary, all, directory, port);
            if (server.WaitUntilUp())
            {
                return server;
            }

            string log = server.Log;
            server.Dispose();

            // Between FreePort and the server's bind, another process may have taken the port.
            if (attempt == 5 || !log.Contains("Failed listening on port", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"{binary} {string.Join(' ', all)} did not start. Its log:\n{log}");
            }
        }
    }

    /// <summary>Runs a server that is expected to end by itself: a bad directive, <c>--version</c>.</summary>
    /// <exception cref="TimeoutException">It still runs after the start's patience; it is then killed.</exception>
    public static (int ExitCode, string Output) RunToExit(string binary, params string[] arguments)
    {
        string directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;
        using var server = new ServerProcess(binary, arguments, directory, port: 0);
        if (!server.WaitForExit(StartPatience))
        {
            throw new TimeoutException($"{binary} {string.Join(' ', arguments)} did not end. Its log:\n{server.Log}");
        }

        return (server.ExitCode, server.Log);
    }

    /// <summary>A port of the loopback address that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public RespClient Connect() => new(Port);

    /// <summary>Waits until the log has a text, and returns the log.</summary>
    /// <exception cref="TimeoutException">It did not appear.</exception>
    public string WaitForLog(string text, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (!Log.Contains(text, StringComparison.Ordinal))
        {
            if (clock.Elapsed > patience)
            {
                throw new TimeoutException($"'{text}' is not in the log:\n{Log}");
            }

            Thread.Sleep(5);
        }

        return Log;
    }

    /// <returns>False if it still runs.</returns>
    public bool WaitForExit(TimeSpan patience)
    {
        if (!_process.WaitForExit(patience))
        {
            return false;
        }

        // The overload without a time also waits for the last line of output.
        _process.WaitForExit();
        return true;
    }

    /// <summary>Asks it to end (SIGTERM), and kills it if it does not within ten seconds.</summary>
    public void Stop()
    {
        Signal(SignalTerminate);
        if (!WaitForExit(TimeSpan.FromSeconds(10)))
        {
            Kill();
        }
    }

    /// <summary>Ends it as a crash would (SIGKILL).</summary>
    public void Kill()
    {
        Signal(SignalKill);
        WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>Sends a signal unless it has already ended.</summary>
    public void Signal(int number)
    {
        if (!_process.HasExited)
        {
            _ = kill(_process.Id, number);
        }
    }

    public void Dispose()
    {
        // SIGKILL: a test that cares how the server shuts down calls Stop itself.
        Kill();
        Running.TryRemove(_process.Id, out _);
        _process.Dispose();
        Directory.Delete(WorkingDirectory, recursive: true);
    }

    private static string FindTidelog()
    {
        if (Environment.GetEnvironmentVariable("TIDELOG_TEST_SERVER") is { Length: > 0 } named)
        {
            return File.Exists(named)
                ? named
                : throw new FileNotFoundException($"TIDELOG_TEST_SERVER={named}: no such file");
        }

        // The tests reference the server's project, so the build puts it next to them.
        string beside = Path.Combine(AppContext.BaseDirectory, "tidelog-server");
        string own = AppContext.BaseDirectory.Replace("/tests/bin/", "/server/bin/", StringComparison.Ordinal);
        string[] candidates = [Path.Combine(own, "tidelog-server"), beside];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"tidelog-server is not built: no {string.Join(", no ", candidates)}");
    }

    private bool WaitUntilUp()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartPatience && !_process.HasExited)
        {
            try
            {
                using RespClient client = Connect();
                Reply reply = client.Call("PING");
                if (reply.Text == "PONG" || reply.Text.StartsWith("NOAUTH", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                // Not listening yet.
            }

            Thread.Sleep(10);
        }

        _process.WaitForExit(TimeSpan.FromSeconds(1));
        return false;
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            lock (_log)
            {
                _log.Append(line).Append('\n');
            }
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
