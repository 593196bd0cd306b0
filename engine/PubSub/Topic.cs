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

    /// <summary>The one who subscribed first comes first; messages go out in this order.</summary>
    public LinkedList<Subscription> Subscriptions { get; } = new();
}
