namespace Tidelog.Engine.PubSub;

/// <summary>A session's subscriptions of one kind, in the order in which it made them.</summary>
internal sealed class SubscriptionList
{
    private readonly Dictionary<Topic, Subscription> _byTopic = [];
    private readonly LinkedList<Subscription> _inOrder = new();

    public int Count => _byTopic.Count;

    public Subscription? First => _inOrder.First?.Value;

    public bool Contains(Topic topic) => _byTopic.ContainsKey(topic);

    public void Add(Subscription subscription)
    {
        _byTopic.Add(subscription.Topic, subscription);
        _inOrder.AddLast(subscription.PlaceInSession);
    }

    /// <returns>Null if the session is not subscribed to the topic.</returns>
    public Subscription? Remove(Topic topic)
    {
        if (_byTopic.Remove(topic, out Subscription? subscription))
        {
            _inOrder.Remove(subscription.PlaceInSession);
        }
        return subscription;
    }
}
