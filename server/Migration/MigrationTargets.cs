using System.Net;
using System.Net.Sockets;

namespace Tidelog.Server.Migration;

/// <summary>The connections of MIGRATE, kept for a while: moving many keys one by one needs one of them.</summary>
internal sealed class MigrationTargets(TimeProvider time, Random random) : IDisposable
{
    private const int MaxCount = 64;
    private const long MaxIdleMs = 10_000;

    private readonly Dictionary<string, MigrationTarget> _targets = [];

    public int Count => _targets.Count;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A connection that was kept, or a new one.</summary>
    /// <returns>Null if the host has no address.</returns>
    public MigrationTarget? Open(string host, string port, TimeSpan timeout)
    {
        string name = $"{host}:{port}";
        if (_targets.TryGetValue(name, out MigrationTarget? target) && !target.IsReady)
        {
            Close(host, port);
            target = null;
        }
        if (target is null)
        {
            IPAddress[] addresses = Resolve(host);
            if (addresses.Length == 0)
            {
                return null;
            }
            if (_targets.Count == MaxCount)
            {
                string victim = _targets.Keys.ElementAt(random.Next(MaxCount));
                _targets.Remove(victim, out MigrationTarget? removed);
                removed!.Dispose();
            }

            // No port: as with one where nobody listens, the first write fails.
            bool isPort = ushort.TryParse(port, out ushort number);
            target = new MigrationTarget(isPort ? addresses : [], number, timeout, time);
            _targets.Add(name, target);
        }
        target.Timeout = timeout;
        target.LastUseMs = NowMs;
        return target;
    }

    public void Close(string host, string port)
    {
        if (_targets.Remove($"{host}:{port}", out MigrationTarget? target))
        {
            target.Dispose();
        }
    }

    /// <summary>Closes those that have not been used for 10 seconds.</summary>
    public void CloseIdle()
    {
        if (_targets.Count == 0)
        {
            return;
        }
        long oldest = NowMs - MaxIdleMs;
        foreach ((string name, MigrationTarget target) in _targets)
        {
            if (target.LastUseMs < oldest)
            {
                target.Dispose();
                _targets.Remove(name);
            }
        }
    }

    public void Dispose()
    {
        foreach (MigrationTarget target in _targets.Values)
        {
            target.Dispose();
        }
        _targets.Clear();
    }

    private static IPAddress[] Resolve(string host)
    {
        try
        {
            // No name at all would be this machine's.
            return host.Length == 0 ? []
                : IPAddress.TryParse(host, out IPAddress? address) ? [address] : Dns.GetHostAddresses(host);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return [];
        }
    }
}
