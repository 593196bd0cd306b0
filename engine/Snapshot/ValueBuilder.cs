using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Makes a value in a database from what a reader shows, apart from any key until <see cref="Store"/>: what turns out
/// to be corrupt leaves no trace. Encodings are those that the present thresholds ask for. Ended by
/// <see cref="Store"/> or <see cref="Discard"/>.
/// </summary>
#pragma warning disable CS9113 // until it is built
internal ref struct ValueBuilder(Database database, EngineOptions options) : IValueVisitor
{
    /// <summary>The value turned out to have no elements, which old files can have: there is nothing to store.</summary>
    public readonly bool IsEmpty => throw new NotImplementedException();

    /// <summary>Gives the value to a key; once, after the visit has ended.</summary>
    /// <param name="existing">What is at the key; it is replaced.</param>
    /// <param name="expiry">Unix time in milliseconds, or -1.</param>
    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry) => throw new NotImplementedException();

    /// <summary>Frees what was built.</summary>
    public void Discard() => throw new NotImplementedException();

    public void String(ReadOnlySpan<byte> text) => throw new NotImplementedException();

    public void String(long integer) => throw new NotImplementedException();

    public void BeginList(long count) => throw new NotImplementedException();

    public bool ListElement(in PackedText element) => throw new NotImplementedException();

    public void BeginSet(long count) => throw new NotImplementedException();

    public bool Member(in PackedText member) => throw new NotImplementedException();

    public void BeginHash(long count) => throw new NotImplementedException();

    public bool Field(in PackedText field, in PackedText value) => throw new NotImplementedException();

    public void BeginSortedSet(long count) => throw new NotImplementedException();

    public bool ScoredMember(in PackedText member, double score) => throw new NotImplementedException();

    public void BeginStream() => throw new NotImplementedException();

    public bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack) => throw new NotImplementedException();

    public bool StreamState(in StreamState state) => throw new NotImplementedException();

    public bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) =>
        throw new NotImplementedException();

    public bool StreamPending(StreamId id, long deliveryMs, long deliveryCount) =>
        throw new NotImplementedException();

    public bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs) => throw new NotImplementedException();

    public bool ConsumerPending(StreamId id) => throw new NotImplementedException();

    public bool End() => throw new NotImplementedException();
}
