namespace Tidelog.Engine.Commands;

/// <summary>
/// What a command does to the keys that a <see cref="KeySpec"/> names (Redis 7.0 server.h, CMD_KEY_*).
/// </summary>
[Flags]
public enum KeyFlags
{
    None = 0,
    ReadOnly = 1 << 0,
    ReadWrite = 1 << 1,
    Overwrite = 1 << 2,
    Remove = 1 << 3,
    Access = 1 << 4,
    Update = 1 << 5,
    Insert = 1 << 6,
    Delete = 1 << 7,
    NotKey = 1 << 8,
    Incomplete = 1 << 9,
    VariableFlags = 1 << 10,
}

/// <summary>How the first key of a <see cref="KeySpec"/> is found.</summary>
public enum BeginSearch
{
    Index,
    Keyword,
    Unknown,
}

/// <summary>How the further keys are found from the first.</summary>
public enum FindKeys
{
    Range,
    KeyCount,
    Unknown,
}

/// <summary>
/// Where a command's keys stand among its arguments. The two searches and their numbers are those of COMMAND INFO: see
/// the factory methods for the ones in use.
/// </summary>
public sealed record KeySpec
{
    public required KeyFlags Flags { get; init; }

    public BeginSearch Begin { get; init; }

    /// <summary>
    /// Index of the first key for <see cref="BeginSearch.Index"/>; where the search starts for a keyword.
    /// </summary>
    public int Start { get; init; }

    public string Keyword { get; init; } = "";

    public FindKeys Find { get; init; }

    /// <summary>Last key relative to the first; negative counts from the last argument.</summary>
    public int Last { get; init; }

    public int Step { get; init; } = 1;

    /// <summary>
    /// With a negative <see cref="Last"/>: 0 or 1 no limit, 2 half of the remaining arguments, and so on.
    /// </summary>
    public int Limit { get; init; }

    /// <summary>
    /// For <see cref="FindKeys.KeyCount"/>: where the count stands, and the first key, relative to the start.
    /// </summary>
    public int CountIndex { get; init; }

    public int FirstKey { get; init; }

    /// <summary>Redis's remark on a spec that cannot say all.</summary>
    public string? Notes { get; init; }

    /// <summary>Keys behind an argument that says how many they are.</summary>
    public static KeySpec Counted(int index, KeyFlags flags) =>
        new() { Flags = flags, Start = index, Find = FindKeys.KeyCount, CountIndex = 0, FirstKey = 1 };

    /// <summary>One key at an index.</summary>
    public static KeySpec Key(int index, KeyFlags flags) => new() { Flags = flags, Start = index };

    /// <summary>
    /// Keys from an index to another one relative to it (-1: to the last argument), each <paramref name="step"/>th.
    /// </summary>
    public static KeySpec Keys(int index, int last, KeyFlags flags, int step = 1) =>
        new() { Flags = flags, Start = index, Last = last, Step = step };
}
