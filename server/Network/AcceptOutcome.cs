namespace Tidelog.Server.Network;

internal enum AcceptOutcome
{
    Accepted,

    /// <summary>No connection waits.</summary>
    None,

    /// <summary>One waits and cannot be taken, most likely for want of file descriptors.</summary>
    Failed,
}
