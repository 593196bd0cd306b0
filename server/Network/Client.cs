using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using Tidelog.Server.Config;

namespace Tidelog.Server.Network;

/// <summary>
/// A connected client: its socket, what it sent and was not executed, what it was answered and was not sent.
/// </summary>
internal sealed class Client(Database database, EventLoop loop, int socket, string address, string localAddress)
    : Session(database)
{
    private const int FixedCost = 512;

    public EventLoop Loop { get; } = loop;

    /// <summary>The poller's handle, on Linux the file descriptor; -1 once closed.</summary>
    public int Socket { get; set; } = socket;

    /// <summary>"127.0.0.1:50123", "[::1]:50123", or "/path:0" for a unix socket.</summary>
    public string Address { get; } = address;

    public string LocalAddress { get; } = localAddress;

    public bool IsUnixSocket { get; init; }

    public bool IsLoopback { get; init; }

    /// <summary>It comes from this machine.</summary>
    public bool IsLocal => IsLoopback || IsUnixSocket;

    /// <summary>Unix time in milliseconds.</summary>
    public long ConnectedAtMs { get; init; }

    /// <summary>Unix time in milliseconds of its last bytes in or out.</summary>
    public long LastInteractionMs { get; set; }

    public InputBuffer Input { get; } = new();

    public RequestParser Parser { get; } = new();

    /// <summary>Replies that the socket did not take; null until there are some for the first time.</summary>
    public OutputQueue? Output { get; set; }

    /// <summary>Bytes of replies that wait for the socket.</summary>
    public long OutputPending => Output is null ? 0 : Output.Pending;

    /// <summary>
    /// Messages that leave at the end of the turn; null for none. The loop's <see cref="Outbox"/> guards it.
    /// </summary>
    public ReplyWriter? Mail { get; set; }

    /// <summary>Its messages were more than its output limit: it is to be closed.</summary>
    public bool MissedMail { get; set; }

    /// <summary>What its socket is watched for.</summary>
    public SocketEvents Interest { get; set; }

    /// <summary>To be closed at the end of the turn, sent or not.</summary>
    public bool CloseSoon { get; set; }

    /// <summary>It waits for the end of CLIENT PAUSE with a command in its input.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Its input is not executed for now: it is paused, or in a blocking command.</summary>
    public bool IsWaiting => IsPaused || Blocked is not null;

    /// <summary>Its input may hold complete commands: it had its share of a turn, or takes no replies.</summary>
    public bool HasWork { get; set; }

    /// <summary>It is on the loop's list of those that go on in the next turn.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Unix time in milliseconds since which its output is over the soft limit; 0 if it is not.</summary>
    public long OverSoftLimitSinceMs { get; set; }

    /// <summary>Which output limits hold for it.</summary>
    public ClientClass Class => IsSubscribed ? ClientClass.PubSub : ClientClass.Normal;

    /// <summary>Bytes that it costs: buffers, what it queued in a transaction, and the object itself.</summary>
    public long MemoryUsage =>
        Input.Capacity + (Output?.Capacity ?? 0) + (Transaction?.MemoryUsage ?? 0) + SubscriptionBytes + FixedCost;

    /// <summary><see cref="MemoryUsage"/> as the server's sum has it.</summary>
    public long CountedMemory { get; set; }

    /// <inheritdoc/>
    protected override void WaitEnded(ReplyWriter answer) => Loop.Release(this, answer);

    /// <inheritdoc/>
    public override bool IsTooMuchOutput(long bytes) => Loop.IsOverHardLimit(this, OutputPending + bytes);

    /// <inheritdoc/>
    public override void Deliver(ReadOnlySpan<byte> message) => Loop.Deliver(this, message);
}
