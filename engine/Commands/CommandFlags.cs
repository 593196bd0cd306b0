namespace Tidelog.Engine.Commands;

/// <summary>What a command does and where it may run; the names that COMMAND prints are redis's.</summary>
[Flags]
public enum CommandFlags
{
    None = 0,
    Write = 1 << 0,
    ReadOnly = 1 << 1,

    /// <summary>May grow the dataset: refused while used memory is over <c>maxmemory</c>.</summary>
    DenyOom = 1 << 2,
    Admin = 1 << 3,
    PubSub = 1 << 4,
    NoScript = 1 << 5,
    Blocking = 1 << 6,

    /// <summary>Allowed while the dataset is being loaded.</summary>
    Loading = 1 << 7,

    /// <summary>Allowed on a replica whose link to its master is down.</summary>
    Stale = 1 << 8,
    SkipMonitor = 1 << 9,
    SkipSlowlog = 1 << 10,
    Asking = 1 << 11,
    Fast = 1 << 12,

    /// <summary>Allowed before authentication.</summary>
    NoAuth = 1 << 13,
    MayReplicate = 1 << 14,
    NoMandatoryKeys = 1 << 15,

    /// <summary>Needs an enable-* directive; not printed by COMMAND.</summary>
    Protected = 1 << 16,
    NoAsyncLoading = 1 << 17,
    NoMulti = 1 << 18,
    MovableKeys = 1 << 19,
    AllowBusy = 1 << 20,
}

/// <summary>ACL categories; those that follow from the flags are added by <see cref="Command"/> itself.</summary>
[Flags]
public enum AclCategories
{
    None = 0,
    Keyspace = 1 << 0,
    Read = 1 << 1,
    Write = 1 << 2,
    Set = 1 << 3,
    SortedSet = 1 << 4,
    List = 1 << 5,
    Hash = 1 << 6,
    String = 1 << 7,
    Bitmap = 1 << 8,
    HyperLogLog = 1 << 9,
    Geo = 1 << 10,
    Stream = 1 << 11,
    PubSub = 1 << 12,
    Admin = 1 << 13,
    Fast = 1 << 14,
    Slow = 1 << 15,
    Blocking = 1 << 16,
    Dangerous = 1 << 17,
    Connection = 1 << 18,
    Transaction = 1 << 19,
    Scripting = 1 << 20,
}
