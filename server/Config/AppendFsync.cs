namespace Tidelog.Server.Config;

/// <summary>When the append-only file is forced to disk.</summary>
internal enum AppendFsync
{
    EverySecond,
    Always,

    /// <summary>When the operating system sees fit.</summary>
    No,
}
