// The server's parts and how they are put together: configuration, engine, event loop, clients, periodic work. What a client
// sees of it is in Commands/.

using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tidelog.Engine;
using Tidelog.Protocol;
using Tidelog.Server.Commands;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;
using Tidelog.Server.Network;

namespace Tidelog.Server;

internal sealed class TidelogServer : IDisposable
{
    /// <summary>Bytes of replies that a client which owes a password may leave unread.</summary>
    private const long UnauthenticatedReplyLimit = 1024;

    private readonly Dictionary<long, Client> _clients = [];
    private readonly List<Listener> _listeners = [];
    private long _nextClientId = 1;
    private long _nextCronMs;
    private bool _expiryIsBehind;

    public TidelogServer(Configuration configuration, ServerLog log, TimeProvider time)
    {
        Configuration = configuration;
        Log = log;
        Time = time;
        StartedAtMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Engine = new StorageEngine(Settings.Engine, ServerCommands.Rows(this), log, time, new Random());
        Loop = new EventLoop(this);
        ApplyPassword();
    }

    public Configuration Configuration { get; }

    public ServerSettings Settings => Configuration.Settings;

    public ServerLog Log { get; }

    public TimeProvider Time { get; }

    public StorageEngine Engine { get; }

    public ServerMetrics Metrics { get; } = new();

    public EventLoop Loop { get; }

    /// <summary>Unix time in milliseconds.</summary>
    public long StartedAtMs { get; }

    /// <summary>40 hexadecimal digits, new for every start.</summary>
    public string RunId { get; } = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(20));

    /// <summary>Connected clients by id, in the order of their arrival.</summary>
    public IReadOnlyCollection<Client> Clients => _clients.Values;

    /// <summary>Clients with a command that CLIENT PAUSE holds back.</summary>
    public List<Client> PausedClients { get; } = [];

    public IReadOnlyList<Listener> Listeners => _listeners;

    /// <summary>Rounds of periodic work since the start.</summary>
    public long CronLoops { get; private set; }

    /// <summary>Unix time in milliseconds, as of the current turn.</summary>
    public long NowMs => Engine.Keyspace.NowMs;

    public int MillisecondsToNextCron()
    {
        long now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        return _expiryIsBehind ? 0 : (int)Math.Clamp(_nextCronMs - now, 0, 1000);
    }

    /// <summary>Periodic work: expiry, clients' limits, buffers, sums.</summary>
    public void RunCron()
    {
        _expiryIsBehind = !Engine.Cron();
        long now = NowMs;
        if (now < _nextCronMs)
        {
            return;
        }
        _nextCronMs = now + (1000 / Settings.Engine.Hz);
        CronLoops++;
        ResumePaused();
        long buffers = 0;
        foreach (Client client in _clients.Values)
        {
            CheckClient(client, now);
            buffers += client.MemoryUsage;
        }
        long pages = Engine.Keyspace.LogPageBytes;
        Engine.OutsideBytes = buffers + Math.Max(0, GC.GetTotalMemory(false) - pages);
    }

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
        Client client = new(Engine.Keyspace[0], loop, accepted.Socket, address, isUnix ? address : accepted.LocalAddress)
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
        PausedClients.Remove(client);
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
        if (IsOverHardLimit(client, pending) || (owesPassword && pending > UnauthenticatedReplyLimit))
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
                Loop.Resume(client);
            }
        }
    }

    /// <summary>Opens the sockets that the configuration names.</summary>
    /// <returns>False if none could be opened though some are configured; the reason is in the log.</returns>
    public bool Listen()
    {
        List<Listener> opened = [];
        if (!TryBind(opened))
        {
            Log.Warning("Failed listening on port " + Settings.Port + " (TCP), aborting.");
            return false;
        }
        opened.ForEach(AddListener);
        if (Settings.UnixSocket is { Length: > 0 } path)
        {
            try
            {
                AddListener(Listener.Unix(ConfigText.ToPath(path), Settings.UnixSocketPerm, Settings.TcpBacklog));
            }
            catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                Log.Warning("Failed opening Unix socket: "
                    + (e is ArgumentException ? $"unix socket path too long ({path.Length})" : $"bind: {e.Message}"));
                return false;
            }
        }
        if (_listeners.Count == 0)
        {
            Log.Warning("Configured to not listen anywhere, exiting.");
            return false;
        }
        return true;
    }

    /// <summary>Binds anew after <c>port</c> or <c>bind</c> changed.</summary>
    /// <returns>Why it failed, or null.</returns>
    public string? Rebind()
    {
        List<Listener> fresh = [];
        List<Listener> old = [.. _listeners.Where(l => !l.IsUnixSocket)];

        // The old sockets go first: the new ones may want the same port.
        foreach (Listener listener in old)
        {
            Loop.Remove(listener);
            listener.Dispose();
            _listeners.Remove(listener);
        }
        if (!TryBind(fresh))
        {
            return "Unable to listen on this port";
        }
        fresh.ForEach(AddListener);
        return null;
    }

    /// <summary>Takes over a change of <c>requirepass</c>.</summary>
    public void ApplyPassword() => Engine.PasswordRequired = !string.IsNullOrEmpty(Settings.RequirePass);

    /// <summary>SIGTERM or SIGINT: shuts down as SHUTDOWN would.</summary>
    public void ShutdownBySignal(PosixSignal signal)
    {
        _ = signal;
        Log.Warning("User requested shutdown...");
        PidFile.Remove(Settings, Log);
        Log.Warning("Redis is now ready to exit, bye bye...");
        Loop.Stop();
    }

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

    public void LogQueryBufferLimit(Client client) => Log.Warning(
        $"Closing client that reached max query buffer length: {ClientDescription.Of(client, NowMs)}");

    public void LogOutputLimit(Client client) => Log.Warning(
        $"Client {ClientDescription.Of(client, NowMs)} scheduled to be closed ASAP for overcoming of output buffer limits.");

    public void LogProtocolError(Client client)
    {
        if (Log.IsEnabled(LogVerbosity.Verbose))
        {
            Log.Verbose($"Protocol error ({client.Parser.ErrorReason}) from client: {ClientDescription.Of(client, NowMs)}");
        }
    }

    public void LogAcceptFailure(string error) => Log.Warning($"Accepting client connection: {error}");

    public void Dispose()
    {
        foreach (Listener listener in _listeners)
        {
            listener.Dispose();
        }
        Loop.Dispose();
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

    /// <summary>Opens a listener for each <c>bind</c> address, but for those that this machine does not have and may lack.</summary>
    /// <param name="opened">Gets the listeners; none if it fails.</param>
    /// <returns>False if one could not be opened; the reason is in the log.</returns>
    private bool TryBind(List<Listener> opened)
    {
        foreach (string entry in Settings.Port == 0 ? [] : Settings.Bind)
        {
            bool optional = entry.StartsWith('-');
            string address = optional ? entry[1..] : entry;
            try
            {
                opened.Add(Listener.Tcp(address, Settings.Port, Settings.TcpBacklog));
            }
            catch (SocketException e)
            {
                string reason = e.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                    ? e.Message
                    : $"bind: {e.Message}";
                Log.Warning($"Warning: Could not create server TCP listening socket {address}:{Settings.Port}: {reason}");
                bool isUnsupported = e.SocketErrorCode is SocketError.AddressFamilyNotSupported
                    or SocketError.ProtocolFamilyNotSupported or SocketError.ProtocolNotSupported
                    or SocketError.SocketNotSupported or SocketError.ProtocolOption;
                if (isUnsupported || (optional && e.SocketErrorCode == SocketError.AddressNotAvailable))
                {
                    continue;
                }
                opened.ForEach(listener => listener.Dispose());
                opened.Clear();
                return false;
            }
        }
        return true;
    }

    private void AddListener(Listener listener)
    {
        _listeners.Add(listener);
        Loop.Add(listener);
    }

    private void CheckClient(Client client, long now)
    {
        long idle = now - client.LastInteractionMs;
        if (Settings.Timeout > 0 && idle > Settings.Timeout * 1000L && !client.IsPaused)
        {
            Log.Verbose("Closing idle client");
            Loop.CloseSoon(client);
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
