namespace Tidelog.Engine.PubSub;

/// <summary>A session's subscriptions of one kind, in the order in which it made them.</summary>
internal sealed class SubscriptionList
{
    private readonly Dictionary<Topic, Subscription> _byTopic = [];
    private Subscription? _last;

    public int Count => _byTopic.Count;

    public Subscription? First { get; private set; }

    public bool Contains(Topic topic) => _byTopic.ContainsKey(topic);

    public void Add(Subscription subscription)
    {
        _byTopic.Add(subscription.Topic, subscription);
        subscription.PreviousOfSession = _last;
        if (_last is null)
        {
            First = subscription;
        }
        else
        {
            _last.NextOfSession = subscription;
        }
        _last = subscription;
    }

    /// <returns>Null if the session is not subscribed to the topic.</returns>
    public Subscription? Remove(Topic topic)
    {
        if (!_byTopic.Remove(topic, out Subscription? subscription))
        {
            return null;
        }
        Subscription? previous = subscription.PreviousOfSession;
        Subscription? next = subscription.NextOfSession;
        if (previous is null)
        {
            First = next;
        }
        else
        {
            previous.NextOfSession = next;
        }
        if (next is null)
        {
            _last = previous;
        }
        else
        {
            next.PreviousOfSession = previous;
        }
        return subscription;
    }
}
