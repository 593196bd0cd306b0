namespace Tidelog.Server.Config;

/// <summary>What SHUTDOWN, or a signal in its place, is asked to do.</summary>
[Flags]
internal enum ShutdownFlags
{
    Default = 0,
    Save = 1,
    NoSave = 2,

    /// <summary>Do not wait for lagging replicas.</summary>
    Now = 4,

    /// <summary>Exit even if saving fails.</summary>
    Force = 8,
}
