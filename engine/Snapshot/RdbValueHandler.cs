using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Is shown a value of an RDB file piece by piece: its beginning, its elements in the order of the file, its end. Spans
/// are good during the call. What is not overridden is passed over. Elements are shown while they are read: a fault of
/// the file may come behind them.
/// </summary>
public abstract class RdbValueHandler
{
    /// <summary>A string; nothing else of it but <see cref="End"/> follows.</summary>
    public virtual void String(ReadOnlySpan<byte> text)
    {
    }

    /// <param name="count">Elements that follow; -1 if the file does not say.</param>
    public virtual void BeginList(long count)
    {
    }

    public virtual void ListElement(ReadOnlySpan<byte> element)
    {
    }

    /// <inheritdoc cref="BeginList"/>
    public virtual void BeginSet(long count)
    {
    }

    public virtual void SetMember(ReadOnlySpan<byte> member)
    {
    }

    /// <inheritdoc cref="BeginList"/>
    public virtual void BeginHash(long count)
    {
    }

    public virtual void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
    }

    /// <inheritdoc cref="BeginList"/>
    public virtual void BeginSortedSet(long count)
    {
    }

    /// <param name="score">Not NaN.</param>
    public virtual void SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
    }

    public virtual void BeginStream()
    {
    }

    /// <summary>Some entries as the file has them, before they are shown one by one.</summary>
    /// <param name="first">What their IDs count from.</param>
    /// <param name="listPack">Redis's form of them: docs/formats/rdb.md.</param>
    public virtual void StreamListPack(StreamId first, ReadOnlySpan<byte> listPack)
    {
    }

    /// <summary>An entry that is not deleted.</summary>
    /// <param name="fields">How often <see cref="StreamField"/> follows.</param>
    public virtual void BeginStreamEntry(StreamId id, int fields)
    {
    }

    public virtual void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
    }

    /// <summary>Comes behind the entries.</summary>
    public virtual void StreamState(in StreamState state)
    {
    }

    /// <param name="entriesRead">-1 if that is not known.</param>
    public virtual void StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
    }

    /// <summary>An entry that the group shown last has pending.</summary>
    /// <param name="deliveryMs">Unix time in milliseconds.</param>
    public virtual void StreamPending(StreamId id, long deliveryMs, long deliveryCount)
    {
    }

    /// <param name="seenMs">Unix time in milliseconds.</param>
    public virtual void StreamConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
    }

    /// <summary>One of the group's pending entries, which the consumer shown last has.</summary>
    public virtual void StreamConsumerPending(StreamId id)
    {
    }

    /// <summary>The value is whole.</summary>
    public virtual void End()
    {
    }
}
