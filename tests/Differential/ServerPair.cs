using Tidelog.Tests.Reference;

namespace Tidelog.Tests.Differential;

/// <summary>redis-server and the server under test, side by side with the same configuration.</summary>
public sealed class ServerPair : IDisposable
{
    private static readonly string[] Arguments =
        ["--appendonly", "no", "--enable-debug-command", "yes", "--databases", "16"];

    public ServerPair()
    {
        Reference = ServerProcess.StartRedis(Arguments);
        try
        {
            Tested = ServerProcess.StartTidelog(Arguments);
        }
        catch
        {
            Reference.Dispose();
            throw;
        }
    }

    internal ServerProcess Reference { get; }

    internal ServerProcess Tested { get; }

    /// <summary>A client on each server, both empty and speaking the same protocol.</summary>
    internal ClientPair Connect(int protocol)
    {
        var clients = new ClientPair(Reference.Connect(), Tested.Connect());
        try
        {
            clients.CallBoth("FLUSHALL");
            clients.CallBoth("HELLO", $"{protocol}");
            return clients;
        }
        catch
        {
            clients.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Tested.Dispose();
        Reference.Dispose();
    }
}
