namespace Tidelog.Server.Config;

[Flags]
internal enum DirectiveFlags
{
    None = 0,

    /// <summary>Read at the start only; CONFIG SET refuses it.</summary>
    Immutable = 1 << 0,

    /// <summary>Its value is kept out of logs.</summary>
    Sensitive = 1 << 1,

    /// <summary>Takes several words; CONFIG SET splits its one value at blanks.</summary>
    MultiArgument = 1 << 2,

    /// <summary>CONFIG GET answers it by its exact name only.</summary>
    Hidden = 1 << 3,

    /// <summary>CONFIG SET needs <c>enable-protected-configs</c>.</summary>
    Protected = 1 << 4,

    /// <summary>CONFIG SET refuses it while data is being loaded.</summary>
    DenyLoading = 1 << 5,

    /// <summary>Counts as changed whenever it is set: what it names may have changed.</summary>
    AlwaysApplied = 1 << 6,
}
