namespace Tidelog.Engine.PubSub;

/// <summary>All that a session is subscribed to.</summary>
internal sealed class SessionSubscriptions
{
    private readonly SubscriptionList[] _lists = [new(), new(), new()];

    public SubscriptionList this[TopicKind kind] => _lists[(int)kind];

    public int Count => _lists[0].Count + _lists[1].Count + _lists[2].Count;
}
