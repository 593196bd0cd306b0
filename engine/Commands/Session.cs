using Tidelog.Engine.Blocking;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.PubSub;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Which of a client's replies it wants: CLIENT REPLY.</summary>
public enum ReplyMode
{
    On,
    Off,

    /// <summary>The reply of the next command is not sent.</summary>
    SkipNext,

    /// <summary>The reply of the command that runs now is not sent.</summary>
    Skipping,
}

/// <summary>
/// What the engine knows of whoever sends commands: a network client, the replay of a log, a test. It belongs to one
/// thread at a time.
/// </summary>
public class Session(Database database)
{
    /// <summary>The database that its commands act on.</summary>
    public Database Database { get; set; } = database;

    /// <summary>What CLIENT ID answers, from 1; 0 for whoever is no connection.</summary>
    public long Id { get; init; }

    /// <summary>RESP version of its replies: 2 or 3.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>True once it gave the password, or when none was asked for at its beginning.</summary>
    public bool Authenticated { get; set; }

    /// <summary>
    /// What it sends are effects, of a log or a master: they were checked where they came to be, and limits that held
    /// there do not hold again.
    /// </summary>
    public bool SendsEffects { get; init; }

    /// <summary>CLIENT SETNAME; empty for none.</summary>
    public byte[] Name { get; set; } = [];

    public ReplyMode ReplyMode { get; set; }

    /// <summary>CLIENT NO-EVICT: not closed for the memory that its buffers hold.</summary>
    public bool NoEvict { get; set; }

    /// <summary>The connection ends when the replies so far are sent.</summary>
    public bool CloseAfterReply { get; set; }

    /// <summary>What it waits for; null while it does not.</summary>
    public BlockedState? Blocked { get; internal set; }

    /// <summary>What MULTI and WATCH left; null if there were none yet.</summary>
    public Transaction? Transaction { get; internal set; }

    /// <summary>The last command that it sent, for CLIENT LIST.</summary>
    public Command? LastCommand { get; set; }

    /// <summary>
    /// Its blocking command has ended, and it may go on with those behind it. That happens while another session's
    /// command is executed, so this one's next must not be executed before that is over.
    /// </summary>
    /// <param name="answer">The reply, empty if it wants none; to be copied during the call.</param>
    protected internal virtual void WaitEnded(ReplyWriter answer)
    {
    }

    /// <summary>It is subscribed to something; in RESP2 it may then do little else.</summary>
    public bool IsSubscribed => Subscriptions is not null;

    /// <summary>All that it is subscribed to; null for nothing.</summary>
    internal SessionSubscriptions? Subscriptions { get; set; }

    /// <summary>Memory that its subscriptions cost, about, in bytes.</summary>
    public long SubscriptionBytes => Subscriptions?.Bytes ?? 0;

    /// <summary>To how many topics of a kind it is subscribed.</summary>
    public int CountSubscriptions(TopicKind kind) => Subscriptions is null ? 0 : Subscriptions[kind].Count;

    /// <summary>
    /// Sends it what it did not ask for now: the messages of what it is subscribed to. Safe from any thread. One that
    /// has no connection hears nothing.
    /// </summary>
    /// <param name="message">Whole messages in its version of RESP; the view is good until this returns.</param>
    public virtual void Deliver(ReadOnlySpan<byte> message)
    {
    }

    /// <summary>
    /// True if so many bytes of replies would cost it its connection, so that a command that has written them need not
    /// go on.
    /// </summary>
    public virtual bool IsTooMuchOutput(long bytes) => false;

    /// <summary>Back to the state of a new session: RESET.</summary>
    /// <param name="database">Database 0.</param>
    public virtual void Reset(Database database)
    {
        Transaction?.Discard();
        Database = database;
        Protocol = 2;
        Name = [];
        if (ReplyMode != ReplyMode.Skipping)
        {
            ReplyMode = ReplyMode.On;
        }
    }
}
