namespace Tidelog.Engine;

/// <summary>Counters of the engine; INFO stats prints them.</summary>
public sealed class EngineMetrics
{
    public long CommandsProcessed;
    public long KeyspaceHits;
    public long KeyspaceMisses;
    public long ExpiredKeys;
    public long EvictedKeys;

    /// <summary>Milliseconds that memory was over its limit, up to when it last came back under it.</summary>
    public long EvictionExceededMs;
    public long UnexpectedErrorReplies;

    /// <summary>Packed encodings in payloads of RESTORE that were checked to their last byte.</summary>
    public long DumpPayloadSanitizations;

    /// <summary>Rounds of active expiry that stopped for their budget with keys still due.</summary>
    public long ExpiryBudgetReached;

    /// <summary>Error replies by code, such as "ERR" or "WRONGTYPE".</summary>
    public Dictionary<string, long> ErrorReplies { get; } = [];

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        CommandsProcessed = KeyspaceHits = KeyspaceMisses = ExpiredKeys = EvictedKeys = UnexpectedErrorReplies = 0;
        ExpiryBudgetReached = EvictionExceededMs = DumpPayloadSanitizations = 0;
        ErrorReplies.Clear();
    }

    /// <param name="text">An error reply without its "-": its first word is the code.</param>
    internal void CountError(ReadOnlySpan<byte> text)
    {
        int space = text.IndexOf((byte)' ');
        string code = System.Text.Encoding.Latin1.GetString(space < 0 ? text : text[..space]);
        ErrorReplies[code] = ErrorReplies.GetValueOrDefault(code) + 1;
    }
}
