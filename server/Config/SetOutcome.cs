namespace Tidelog.Server.Config;

internal enum SetOutcome
{
    Refused,

    /// <summary>Accepted, and nothing to be applied: it was so before.</summary>
    Unchanged,

    Changed,
}
