using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Is shown a value piece by piece while it is read. Elements are good during the call. A method that returns false
/// refuses what it was shown, a member that was there before for example; the reader then reports it as corrupt with
/// its place.
/// </summary>
internal interface IValueVisitor
{
    void String(ReadOnlySpan<byte> text);

    /// <summary>A string that is an integer in its canonical form.</summary>
    void String(long integer);

    /// <param name="count">
    /// Elements that will follow, as announced: checked against the length of the input. -1 if that cannot be known.
    /// </param>
    void BeginList(long count);

    bool ListElement(in PackedText element);

    void BeginSet(long count);

    bool Member(in PackedText member);

    void BeginHash(long count);

    bool Field(in PackedText field, in PackedText value);

    void BeginSortedSet(long count);

    /// <param name="score">Not NaN.</param>
    bool ScoredMember(in PackedText member, double score);

    void BeginStream();

    /// <summary>Some entries, in redis's form.</summary>
    /// <param name="first">What their IDs count from.</param>
    /// <param name="listpack">
    /// Its header, and elements that are well formed and not none; that they make entries is for the visitor to check.
    /// </param>
    bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack);

    /// <summary>Comes after the entries.</summary>
    bool StreamState(in StreamState state);

    /// <param name="entriesRead">-1 if unknown.</param>
    bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead);

    /// <summary>A pending entry of the group; whose it is comes with the consumers.</summary>
    bool StreamPending(StreamId id, long deliveryMs, long deliveryCount);

    /// <param name="seenMs">Unix time in milliseconds.</param>
    bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs);

    /// <summary>An entry that the consumer shown last has pending.</summary>
    bool ConsumerPending(StreamId id);

    /// <summary>The value, a string too, is whole.</summary>
    bool End();
}

/// <summary>What a stream knows beside its entries.</summary>
/// <param name="Length">Entries that are not deleted.</param>
/// <param name="FirstId">Null if the file, an old one, does not say.</param>
public readonly record struct StreamState(
    long Length, StreamId LastId, StreamId? FirstId, StreamId? MaxDeletedId, ulong? EntriesAdded);
