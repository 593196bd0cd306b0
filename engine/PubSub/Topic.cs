namespace Tidelog.Engine.PubSub;

/// <summary>What sessions subscribe to.</summary>
public enum TopicKind
{
    Channel,

    /// <summary>Every channel whose name fits a glob.</summary>
    Pattern,

    /// <summary>A channel that a cluster serves on one shard; apart from the others.</summary>
    ShardChannel,
}

/// <summary>A channel or pattern that somebody is subscribed to; nobody's is forgotten.</summary>
internal sealed class Topic(byte[] name)
{
    public byte[] Name { get; } = name;

    public int SubscriberCount { get; private set; }

    /// <summary>The one who subscribed first; messages go out in this order.</summary>
    public Subscription? First { get; private set; }

    private Subscription? _last;

    public void Add(Subscription subscription)
    {
        subscription.PreviousOfTopic = _last;
        if (_last is null)
        {
            First = subscription;
        }
        else
        {
            _last.NextOfTopic = subscription;
        }
        _last = subscription;
        SubscriberCount++;
    }

    public void Remove(Subscription subscription)
    {
        Subscription? previous = subscription.PreviousOfTopic;
        Subscription? next = subscription.NextOfTopic;
        if (previous is null)
        {
            First = next;
        }
        else
        {
            previous.NextOfTopic = next;
        }
        if (next is null)
        {
            _last = previous;
        }
        else
        {
            next.PreviousOfTopic = previous;
        }
        SubscriberCount--;
    }
}
