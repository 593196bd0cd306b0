namespace Tidelog.Engine;

/// <summary>Whose serialized values are checked deeply before they are taken in.</summary>
public enum SanitizeDumpPayload
{
    No,
    Yes,

    /// <summary>Those of clients, not those of a master or of a file.</summary>
    Clients,
}
