namespace Tidelog.Engine;

/// <summary>The classes of keyspace events: the letters of <c>notify-keyspace-events</c>.</summary>
[Flags]
public enum NotifyEvents
{
    None = 0,

    /// <summary>K: publish to <c>__keyspace@N__:key</c>.</summary>
    Keyspace = 1 << 0,

    /// <summary>E: publish to <c>__keyevent@N__:event</c>.</summary>
    KeyEvent = 1 << 1,

    Generic = 1 << 2,
    String = 1 << 3,
    List = 1 << 4,
    Set = 1 << 5,
    Hash = 1 << 6,
    SortedSet = 1 << 7,
    Expired = 1 << 8,
    Evicted = 1 << 9,
    Stream = 1 << 10,

    /// <summary>m: a read of a key that is not there; not part of <see cref="All"/>.</summary>
    KeyMiss = 1 << 11,

    Module = 1 << 13,

    /// <summary>n: a key came into being; not part of <see cref="All"/>.</summary>
    New = 1 << 14,

    /// <summary>A: every class but m, n, K and E.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,
}
