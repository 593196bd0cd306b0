namespace Tidelog.Engine.PubSub;

/// <summary>All that a session is subscribed to.</summary>
internal sealed class SessionSubscriptions
{
    /// <summary>The link and its entry in the list's dictionary; names are not counted.</summary>
    private const int BytesEach = 200;

    private readonly SubscriptionList[] _lists = [new(), new(), new()];

    public SubscriptionList this[TopicKind kind] => _lists[(int)kind];

    public long Bytes => (long)Count * BytesEach;

    public int Count => _lists[0].Count + _lists[1].Count + _lists[2].Count;
}
