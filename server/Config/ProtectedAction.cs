namespace Tidelog.Server.Config;

/// <summary>Who may do what can harm the machine, not only the data.</summary>
internal enum ProtectedAction
{
    No,
    Yes,

    /// <summary>Clients of this machine only.</summary>
    Local,
}
