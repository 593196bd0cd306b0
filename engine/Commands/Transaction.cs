using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Commands;

/// <summary>
/// What MULTI and WATCH leave with a session: the commands that wait for EXEC, and the keys whose change would fail it.
/// One object serves all transactions of a session, and most sessions never have one.
/// </summary>
public sealed class Transaction(Session session)
{
    private const long WatchedKeyCost = 160;
    private readonly List<KeyLink> _watched = [];

    /// <summary>Between MULTI and EXEC or DISCARD.</summary>
    public bool IsOpen { get; internal set; }

    /// <summary>A watched key has changed: EXEC will do nothing.</summary>
    public bool IsTouched { get; internal set; }

    /// <summary>The flags of all commands that wait, together.</summary>
    public CommandFlags Flags { get; private set; }

    public QueuedCommands Queue { get; } = new();

    /// <summary>Bytes that it costs.</summary>
    public long MemoryUsage => Queue.Capacity + (_watched.Count * WatchedKeyCost);

    /// <summary>A command could not be queued: EXEC will be refused.</summary>
    internal bool IsAborted { get; private set; }

    /// <summary>After an error while commands are queued.</summary>
    internal void Abort() => IsAborted |= IsOpen;

    /// <summary>
    /// Adds a command, with a copy of its arguments. One that will not be executed anyway is not kept.
    /// </summary>
    internal void Add(CommandContext context)
    {
        if (!IsTouched && !IsAborted)
        {
            Queue.Add(context);
            Flags |= context.Command.Flags;
        }
    }

    internal void Watch(Database database, ReadOnlySpan<byte> name)
    {
        WantedKey key = database.Want(name);
        foreach (KeyLink watched in _watched)
        {
            if (watched.Key == key)
            {
                return;
            }
        }
        Record record = database.FindExpiredToo(name);
        KeyLink link = new(session, key) { WasExpired = record.Exists && database.IsExpired(record) };
        key.Watchers.AddLast(link.Place);
        _watched.Add(link);
    }

    internal void Unwatch()
    {
        foreach (KeyLink link in _watched)
        {
            link.Key.Watchers.Remove(link.Place);
            link.Key.Database.ForgetIfUnwanted(link.Key);
        }
        _watched.Clear();
    }

    /// <summary>A watched key changes. The others need not be watched any more.</summary>
    internal void Touch()
    {
        IsTouched = true;
        Unwatch();
    }

    /// <summary>Time has removed a watched key since the watching began, noticed or not.</summary>
    internal bool HasExpiredKey()
    {
        foreach (KeyLink link in _watched)
        {
            Record record = link.Key.Database.FindExpiredToo(link.Key.Name);
            if (!link.WasExpired && record.Exists && link.Key.Database.IsExpired(record))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Ends it: nothing is queued or watched any more.</summary>
    internal void Discard()
    {
        IsOpen = IsTouched = IsAborted = false;
        Flags = CommandFlags.None;
        Queue.Clear();
        Unwatch();
    }
}
