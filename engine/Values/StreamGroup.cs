namespace Tidelog.Engine.Values;

/// <summary>A group of consumers; lies in the tree of its stream's groups.</summary>
internal struct StreamGroup
{
    /// <summary><see cref="EntriesRead"/> of a group that does not know it.</summary>
    public const long Unknown = -1;

    /// <summary>The last ID that was delivered.</summary>
    public StreamId LastId;

    /// <summary>How many of the entries ever added are up to <see cref="LastId"/>, or <see cref="Unknown"/>.</summary>
    public long EntriesRead;

    /// <summary>What was delivered and not acknowledged.</summary>
    public NodeTree<StreamId, PendingEntry> Pending;

    /// <summary>Consumers by name: the key in <see cref="Consumers"/>.</summary>
    public NodeTree<NativeText, ConsumerNumber> Names;

    public NodeTree<ConsumerNumber, StreamConsumer> Consumers;
}

/// <summary>A consumer; lies in the tree of its group's consumers.</summary>
internal struct StreamConsumer
{
    public NativeText Name;

    /// <summary>When it last asked for something, Unix time in milliseconds.</summary>
    public long SeenMs;

    /// <summary>IDs of the group's pending entries that are this consumer's.</summary>
    public NodeTree<StreamId, NoValue> Pending;
}

/// <summary>An entry that was delivered and not acknowledged.</summary>
internal struct PendingEntry
{
    public ConsumerNumber Consumer;

    /// <summary>Unix time in milliseconds.</summary>
    public long DeliveryMs;
    public long DeliveryCount;
}

/// <summary>What a consumer is called within its group, so that pending entries need not know where it lies.</summary>
internal readonly record struct ConsumerNumber(long Value) : ITreeKey<ConsumerNumber>
{
    public static bool IsBefore(in ConsumerNumber left, in ConsumerNumber right) => left.Value < right.Value;
}
