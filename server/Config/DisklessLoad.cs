namespace Tidelog.Server.Config;

/// <summary>Whether a replica loads a full sync straight from the socket.</summary>
internal enum DisklessLoad
{
    Disabled,
    OnEmptyDb,

    /// <summary>Into fresh databases, swapped in at the end; the old data serves until then.</summary>
    SwapDb,
}
