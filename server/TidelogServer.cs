// The server's parts and how they are put together: configuration, engine, event loop, clients, periodic work. What a
// client sees of it is in Commands/.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Storage;
using Tidelog.Protocol;
using Tidelog.Server.Commands;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;
using Tidelog.Server.Migration;
using Tidelog.Server.Network;
using Tidelog.Server.Persistence;

namespace Tidelog.Server;

internal sealed class TidelogServer : IDisposable
{
    /// <summary>Bytes of replies that may wait for a client that owes a password.</summary>
    private const long UnauthenticatedOutputLimit = 1024;

    private readonly Dictionary<long, Client> _clients = [];
    private readonly ListeningSockets _sockets;
    private long _nextClientId = 1;
    private readonly long _startBytes = GC.GetTotalMemory(false);
    private long _nextCronMs;
    private bool _expiryIsBehind;

    /// <param name="storage">The disk, if it is not said.</param>
    public TidelogServer(Configuration configuration, ServerLog log, TimeProvider time, IStorage? storage = null)
    {
        Configuration = configuration;
        Storage = storage ?? DiskStorage.Instance;
        Log = log;
        Time = time;
        StartedAtMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Engine = new StorageEngine(Settings.Engine, ServerCommands.Rows, log, time, new Random())
        {
            Host = this,
            ProtectedCommandRefusal = RefuseProtected,
            MeasureOutside = SumMemory,
        };
        foreach (RenamedCommand renamed in Settings.RenamedCommands)
        {
            // Checked when the configuration was read.
            Invariant.Require(Engine.Commands.TryRename(renamed.Name, renamed.NewName));
        }
        TurnTrace = new TurnTrace(Engine, time);
        Loop = new EventLoop(this);
        MigrationTargets = new MigrationTargets(time, Engine.Random);
        _sockets = new ListeningSockets(Settings, log, Loop);
        ApplyPassword();
        ConfigHooks.Register(this);
        Snapshots = new Snapshots(this);
        Load = new StartLoad(this);
        SumMemory();
        StartupMemory = Engine.UsedMemory - Engine.CommandLog.Capacity;
    }

    /// <summary>The server that a command runs in.</summary>
    public static TidelogServer Of(CommandContext context) => (TidelogServer)context.Engine.Host!;

    public Configuration Configuration { get; }

    public ServerSettings Settings => Configuration.Settings;

    public ServerLog Log { get; }

    public TimeProvider Time { get; }

    public StorageEngine Engine { get; }

    public ServerMetrics Metrics { get; } = new();

    public IStorage Storage { get; }

    public Snapshots Snapshots { get; }

    public StartLoad Load { get; }

    /// <summary>What the process ends with when the loop has stopped.</summary>
    public int ExitCode { get; set; }

    public EventLoop Loop { get; }

    public TurnTrace TurnTrace { get; }

    public MigrationTargets MigrationTargets { get; }

    /// <summary>Unix time in milliseconds.</summary>
    public long StartedAtMs { get; }

    /// <summary>40 hexadecimal digits, new for every start.</summary>
    public string RunId { get; } = NewHexId();

    /// <summary>40 hexadecimal digits that name the history of effects: INFO's <c>master_replid</c>.</summary>
    public string ReplicationId { get; private set; } = NewHexId();

    /// <summary>Bytes in use when the server was ready and empty.</summary>
    public long StartupMemory { get; }

    /// <summary>Bytes that the clients' buffers held when they were last summed.</summary>
    public long ClientMemory { get; private set; }

    /// <summary>DEBUG PAUSE-CRON: no periodic work.</summary>
    public bool IsCronPaused { get; set; }

    /// <summary>The clients that are not about to be closed, in the order of their arrival.</summary>
    public IEnumerable<Client> LiveClients =>
        _clients.Values.Where(client => !client.CloseSoon).OrderBy(client => client.Id);

    /// <summary>Clients with a command that CLIENT PAUSE holds back.</summary>
    public List<Client> PausedClients { get; } = [];

    public IReadOnlyList<Listener> Listeners => _sockets.All;

    /// <summary>Rounds of periodic work since the start.</summary>
    public long CronLoops { get; private set; }

    /// <summary>Unix time in milliseconds, as of the current turn.</summary>
    public long NowMs => Engine.Keyspace.NowMs;

    public int MillisecondsToNextCron()
    {
        long now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        long next = Math.Min(_nextCronMs, Engine.Blocked.NextDeadlineMs);
        return _expiryIsBehind ? 0 : (int)Math.Clamp(next - now, 0, 1000);
    }

    /// <summary>Periodic work: expiry, clients' limits, buffers, sums.</summary>
    public void RunCron()
    {
        long began = Time.GetTimestamp();
        _expiryIsBehind = !IsCronPaused && !Engine.Cron();
        Metrics.ExpireCycleMicroseconds += (long)Time.GetElapsedTime(began).TotalMicroseconds;
        Engine.Blocked.EndOverdue(Time.GetUtcNow().ToUnixTimeMilliseconds());
        long now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        if (now < _nextCronMs)
        {
            return;
        }
        _nextCronMs = now + (1000 / Settings.Engine.Hz);
        if (IsCronPaused)
        {
            return;
        }
        CronLoops++;
        ResumePaused();
        MigrationTargets.CloseIdle();
        foreach (Client client in _clients.Values)
        {
            CheckClient(client, now);
        }
        Metrics.SampleRates(Engine.Metrics.CommandsProcessed, now);
        Snapshots.RunCron();
        SumMemory();
    }

    /// <summary>Brings the sums of memory up to date that limits and INFO go by.</summary>
    public void SumMemory()
    {
        long buffers = 0;
        foreach (Client client in _clients.Values)
        {
            client.CountedMemory = client.MemoryUsage;
            buffers += client.CountedMemory;
        }

        // The runtime's heap beyond the start is the log's pages, which the keyspace counts, and garbage that is to
        // come.
        ClientMemory = buffers;
        Engine.OutsideBytes = buffers + _startBytes;
    }

    /// <returns>Null if no such client is connected.</returns>
    public Client? FindClient(long id) => _clients.GetValueOrDefault(id) is { CloseSoon: false } client ? client : null;

    /// <summary>CONFIG RESETSTAT, the process's part.</summary>
    public void ResetStatistics()
    {
        Metrics.Reset(NowMs);
        Snapshots.Statistics.Reset();
    }

    /// <summary>Begins a new history of effects: what a replica holds of the old one no longer counts.</summary>
    public void ChangeReplicationId() => ReplicationId = NewHexId();

    /// <summary>Makes a client of an accepted connection, or refuses it with redis's text.</summary>
    public Client? Admit(EventLoop loop, Listener listener, in AcceptedSocket accepted)
    {
        bool isUnix = listener.IsUnixSocket;
        string address = isUnix ? $"{listener.Path}:0" : accepted.Address;
        if (Log.IsEnabled(LogVerbosity.Verbose))
        {
            Log.Verbose(isUnix ? $"Accepted connection to {listener.Path}" : $"Accepted {address}");
        }
        if (_clients.Count >= Settings.MaxClients)
        {
            Refuse(loop, accepted, ReplyError.MaxClients);
            return null;
        }
        if (!isUnix && !accepted.IsLoopback && Settings.ProtectedMode && !Engine.PasswordRequired)
        {
            Refuse(loop, accepted, ReplyError.ProtectedMode);
            return null;
        }
        if (!isUnix)
        {
            loop.Poller.SetTcpOptions(accepted.Socket, Settings.TcpKeepAlive);
        }
        long now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        string local = isUnix ? address : accepted.LocalAddress;
        Client client = new(Engine.Keyspace[0], loop, accepted.Socket, address, local)
        {
            Id = _nextClientId++,
            IsUnixSocket = isUnix,
            IsLoopback = accepted.IsLoopback,
            ConnectedAtMs = now,
            LastInteractionMs = now,
            Authenticated = !Engine.PasswordRequired,
        };
        _clients.Add(client.Id, client);
        Metrics.ConnectionsReceived++;
        return client;
    }

    /// <summary>A client is closed.</summary>
    public void Forget(Client client)
    {
        _clients.Remove(client.Id);
        Engine.OutsideBytes -= client.CountedMemory;
        PausedClients.Remove(client);
        Engine.Forget(client);
    }

    /// <summary>Tells whether so many bytes of replies cost a client its connection at once.</summary>
    public bool IsOverHardLimit(Client client, long bytes)
    {
        long limit = Settings.ClientOutputBufferLimits[(int)client.Class].HardBytes;
        return limit > 0 && bytes >= limit;
    }

    /// <summary>Tells whether the replies that wait for a client cost it its connection.</summary>
    public bool IsOverOutputLimit(Client client)
    {
        OutputBufferLimit limit = Settings.ClientOutputBufferLimits[(int)client.Class];
        long pending = client.OutputPending;
        bool owesPassword = !client.Authenticated && Engine.PasswordRequired;
        if (IsOverHardLimit(client, pending) || (owesPassword && pending > UnauthenticatedOutputLimit))
        {
            return true;
        }
        if (limit.SoftBytes == 0 || pending < limit.SoftBytes)
        {
            client.OverSoftLimitSinceMs = 0;
            return false;
        }
        if (client.OverSoftLimitSinceMs == 0)
        {
            client.OverSoftLimitSinceMs = NowMs;
        }
        return NowMs - client.OverSoftLimitSinceMs > limit.SoftSeconds * 1000L;
    }

    public void CountError(ReadOnlySpan<byte> text) => Engine.CountError(text);

    /// <summary>Ends the pause of clients that no longer have to wait.</summary>
    public void ResumePaused()
    {
        if (PausedClients.Count == 0 || Engine.Pause.IsActive(NowMs))
        {
            return;
        }
        Client[] waiting = [.. PausedClients];
        PausedClients.Clear();
        foreach (Client client in waiting)
        {
            if (!client.CloseSoon)
            {
                client.Loop.Resume(client);
            }
        }
    }

    /// <summary>Opens the sockets that the configuration names.</summary>
    /// <returns>False if that failed; the reason is in the log.</returns>
    public bool Listen() => OpenFiles.MakeRoomFor(Settings, Log) && _sockets.Open();

    /// <summary>Binds anew after <c>port</c> or <c>bind</c> changed.</summary>
    /// <returns>Why it failed, or null.</returns>
    public string? Rebind() => _sockets.Rebind() ? null : "Unable to listen on this port";

    /// <summary>Takes no more connections; a unix socket's file goes.</summary>
    public void CloseListeners() => _sockets.Close();

    /// <summary>Takes over a change of <c>requirepass</c>.</summary>
    public void ApplyPassword() => Engine.PasswordRequired = !string.IsNullOrEmpty(Settings.RequirePass);

    /// <summary>SIGTERM or SIGINT: shuts down as SHUTDOWN would, as their directives say.</summary>
    public void ShutdownBySignal(PosixSignal signal) =>
        _ = RequestShutdown(
            signal == PosixSignal.SIGINT ? Settings.ShutdownOnSigint : Settings.ShutdownOnSigterm, out _);

    /// <summary>
    /// Ends the server, as SHUTDOWN and the signals do: takes its files away, sends what clients wait for as far as
    /// their sockets take it, and stops the loop.
    /// </summary>
    /// <param name="error">The error reply, if it cannot end now.</param>
    public bool RequestShutdown(ShutdownFlags flags, [NotNullWhen(false)] out string? error) =>
        Shutdown.TryRun(this, flags, out error);

    /// <param name="failure">The log line of a connection that broke; null for one that the client ended.</param>
    public void LogDisconnect(Client client, string? failure)
    {
        if (Log.IsEnabled(LogVerbosity.Verbose))
        {
            Log.Verbose(failure ?? $"Client closed connection {ClientDescription.Of(client, NowMs)}");
        }
    }

    public void LogFault(Client? client, Exception fault) => Log.Warning(client is null
        ? $"A fault in the event loop: {fault}"
        : $"Closing client after a fault: {ClientDescription.Of(client, NowMs)}: {fault}");

    public unsafe void LogQueryBufferLimit(Client client)
    {
        InputBuffer input = client.Input;
        ReadOnlySpan<byte> first = new(input.Data, (int)Math.Min(input.Length, 64));
        Log.Warning($"Closing client that reached max query buffer length: {ClientDescription.Of(client, NowMs)} "
            + $"(qbuf initial bytes: {ConfigText.Quote(Encoding.Latin1.GetString(first))})");
    }

    public void LogOutputLimit(Client client) => Log.Warning(
        $"Client {ClientDescription.Of(client, NowMs)} scheduled to be closed ASAP for overcoming of output buffer "
        + "limits.");

    public void LogProtocolError(Client client)
    {
        if (Log.IsEnabled(LogVerbosity.Verbose))
        {
            string description = ClientDescription.Of(client, NowMs);
            Log.Verbose($"Protocol error ({client.Parser.ErrorReason}) from client: {description}");
        }
    }

    public void LogAcceptFailure(string error) => Log.Warning($"Accepting client connection: {error}");

    public void Dispose()
    {
        Load.Cancel();
        Load.WaitForEnd();
        Snapshots.Abandon();
        _sockets.Close();
        Loop.Dispose();
        TurnTrace.Dispose();
        MigrationTargets.Dispose();
    }

    private static string NewHexId() =>
        Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(20));

    private string? RefuseProtected(Session session, Command command)
    {
        (ProtectedAction action, string directive) = command.Name == "module"
            ? (Settings.EnableModuleCommand, "enable-module-command")
            : (Settings.EnableDebugCommand, "enable-debug-command");
        bool allowed = action switch
        {
            ProtectedAction.Yes => true,
            ProtectedAction.Local => session is not Client client || client.IsLocal,
            _ => false,
        };
        return allowed ? null : ReplyError.ProtectedCommand(command.Name.ToUpperInvariant(), directive);
    }

    private unsafe void Refuse(EventLoop loop, in AcceptedSocket accepted, ReadOnlySpan<byte> error)
    {
        Metrics.ConnectionsRejected++;
        byte[] reply = [(byte)'-', .. error, (byte)'\r', (byte)'\n'];
        fixed (byte* start = reply)
        {
            _ = loop.Poller.Send(accepted.Socket, start, reply.Length);
        }
        loop.Poller.Close(accepted.Socket);
    }

    private void CheckClient(Client client, long now)
    {
        long idle = now - client.LastInteractionMs;
        if (Settings.Timeout > 0 && idle > Settings.Timeout * 1000L && !client.IsWaiting
            && !client.IsSubscribed)
        {
            Log.Verbose("Closing idle client");
            client.Loop.CloseSoon(client);
            return;
        }
        if (client.OutputPending > 0 && IsOverOutputLimit(client))
        {
            client.Loop.CloseOverLimit(client);
            return;
        }
        client.Input.Trim(idle > 2000, client.Parser.BytesWanted > 0);
    }
}
