using System.Net.Sockets;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;

namespace Tidelog.Server.Network;

/// <summary>The sockets that the configuration wants connections at; opened, bound anew and closed together.</summary>
internal sealed class ListeningSockets(ServerSettings settings, ServerLog log, EventLoop loop)
{
    private const string QueueLimitFile = "/proc/sys/net/core/somaxconn";
    private readonly List<Listener> _listeners = [];

    public IReadOnlyList<Listener> All => _listeners;

    /// <summary>Opens them all.</summary>
    /// <returns>
    /// False if one that must be there could not be opened, or none is configured; the log says which.
    /// </returns>
    public bool Open()
    {
        if (!TryBind(out List<Listener> opened))
        {
            log.Warning($"Failed listening on port {settings.Port} (TCP), aborting.");
            return false;
        }
        opened.ForEach(Add);
        if (settings.UnixSocket is { Length: > 0 } path)
        {
            try
            {
                Add(Listener.Unix(ConfigText.ToPath(path), settings.UnixSocketPerm, settings.TcpBacklog));
            }
            catch (Exception e)
                when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                string reason = e is ArgumentException
                    ? $"unix socket path too long ({path.Length})"
                    : $"bind: {e.Message}";
                log.Warning($"Failed opening Unix socket: {reason}");
                return false;
            }
        }
        if (_listeners.Count == 0)
        {
            log.Warning("Configured to not listen anywhere, exiting.");
            return false;
        }
        WarnOfShortQueue();
        return true;
    }

    /// <summary>Opens those of TCP anew after <c>port</c> or <c>bind</c> changed.</summary>
    /// <returns>False if one could not be opened: then none is open.</returns>
    public bool Rebind()
    {
        // The old ones go first: the new ones may want the same port.
        foreach (Listener listener in _listeners.Where(listener => !listener.IsUnixSocket).ToList())
        {
            Close(listener);
            _listeners.Remove(listener);
        }
        bool isBound = TryBind(out List<Listener> opened);
        opened.ForEach(Add);
        return isBound;
    }

    public void Close()
    {
        foreach (Listener listener in _listeners)
        {
            if (listener.IsUnixSocket)
            {
                log.Notice("Removing the unix socket file.");
            }
            Close(listener);
        }
        _listeners.Clear();
    }

    /// <summary>
    /// Opens a listener for each <c>bind</c> address, but for those that this machine does not have and may lack.
    /// </summary>
    /// <param name="opened">The listeners; none if it fails.</param>
    /// <returns>False if one could not be opened; the reason is in the log.</returns>
    private bool TryBind(out List<Listener> opened)
    {
        opened = [];
        foreach (string entry in settings.Port == 0 ? [] : settings.Bind)
        {
            bool isOptional = entry.StartsWith('-');
            string address = isOptional ? entry[1..] : entry;
            try
            {
                opened.Add(Listener.Tcp(address, settings.Port, settings.TcpBacklog));
            }
            catch (SocketException e)
            {
                SocketError error = e.SocketErrorCode;
                log.Warning($"Warning: Could not create server TCP listening socket {address}:{settings.Port}: "
                    + (IsUnknownName(error) ? "" : "bind: ") + e.Message);
                if (IsUnsupported(error) || (isOptional && error == SocketError.AddressNotAvailable))
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

    private void WarnOfShortQueue()
    {
        if (File.Exists(QueueLimitFile) && int.TryParse(File.ReadAllText(QueueLimitFile), out int limit)
            && limit > 0 && limit < settings.TcpBacklog)
        {
            log.Warning($"WARNING: The TCP backlog setting of {settings.TcpBacklog} cannot be enforced because "
                + $"{QueueLimitFile} is set to the lower value of {limit}.");
        }
    }

    private static bool IsUnknownName(SocketError error) =>
        error is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery;

    /// <summary>The system has no such kind of address at all: redis goes on without it.</summary>
    private static bool IsUnsupported(SocketError error) => error is SocketError.AddressFamilyNotSupported
        or SocketError.ProtocolFamilyNotSupported or SocketError.ProtocolNotSupported or SocketError.SocketNotSupported
        or SocketError.ProtocolOption;

    private void Add(Listener listener)
    {
        _listeners.Add(listener);
        loop.Add(listener);
    }

    private void Close(Listener listener)
    {
        loop.Remove(listener);
        listener.Dispose();
    }
}
