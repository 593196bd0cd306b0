// Every collection is written in its plain form, whose count comes first: so it is asked for, and what is then written
// must agree. What is due is one number and what it counts; a stream has a few of them in turn.

using System.Buffers.Binary;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Writes an RDB file without a server, key by key, with memory for one element at a time:
/// <code>
/// using RdbFileWriter writer = new(stream);
/// writer.SelectDatabase(0);
/// writer.String("key"u8, "value"u8);
/// writer.BeginList("list"u8, 2);
/// writer.ListElement("a"u8);
/// writer.ListElement("b"u8);
/// writer.End();
/// </code>
/// It is not looked for keys or members that are there twice: a server refuses such a file.
/// </summary>
/// <remarks>docs/formats/rdb.md.</remarks>
public sealed class RdbFileWriter : IDisposable
{
    private const int WindowSize = 64 << 10;
    private const int IdSize = 16;
    private const int CountersVersion = 10;
    private const int ActiveTimeVersion = 11;

    private readonly Sink _sink;
    private readonly RdbOutput _output;
    private readonly RdbWriter _writer;
    private readonly RdbFormat _format;
    private Due _due;
    private long _left;
    private long _groupsLeft;
    private long _consumersLeft;

    /// <param name="stream">Written to in big pieces; stays open.</param>
    /// <param name="format">What there is to decide; null for redis 5 and later, compressed, with a checksum.</param>
    public RdbFileWriter(Stream stream, RdbFormat? format = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _format = format ?? new RdbFormat();
        if (_format.Version is < RdbFormat.DefaultVersion or > RdbFormat.MaxVersion)
        {
            throw new ArgumentOutOfRangeException(
                nameof(format), $"A version from {RdbFormat.DefaultVersion} to {RdbFormat.MaxVersion} is written.");
        }
        _sink = new Sink(stream, _format.Checksum);
        _output = new RdbOutput(WindowSize, _sink);
        _writer = new RdbWriter(_output, _format);
        _writer.Magic();
    }

    private enum Due
    {
        Item,
        ListElement,
        SetMember,
        HashField,
        SortedSetMember,
        StreamListPack,
        StreamState,
        StreamGroup,
        StreamPending,
        StreamConsumers,
        StreamConsumer,
        StreamConsumerPending,
        Nothing,
    }

    private RdbStringWriter Strings => _writer.Strings;

    /// <summary>A note: "redis-ver", for example. They come first.</summary>
    /// <exception cref="InvalidOperationException">Something else is due.</exception>
    /// <exception cref="IOException">The stream failed.</exception>
    public void Aux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Take(Due.Item);
        _writer.Aux(name, value);
    }

    /// <summary>Code of a library of functions. Only redis 7 and later read files that have some.</summary>
    /// <inheritdoc cref="Aux"/>
    public void Function(ReadOnlySpan<byte> code)
    {
        Take(Due.Item);
        _writer.Function(code);
    }

    /// <summary>The keys that follow are in this database.</summary>
    /// <inheritdoc cref="Aux"/>
    public void SelectDatabase(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        Take(Due.Item);
        _writer.SelectDatabase(index);
    }

    /// <summary>How many keys the database has and how many of them expire: a hint that makes loading faster.</summary>
    /// <inheritdoc cref="Aux"/>
    public void Counts(long keys, long expiring)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keys);
        ArgumentOutOfRangeException.ThrowIfNegative(expiring);
        Take(Due.Item);
        _writer.Counts(keys, expiring);
    }

    /// <summary>A key with a string.</summary>
    /// <param name="expiry">Unix time in milliseconds, or -1.</param>
    /// <inheritdoc cref="Aux"/>
    public void String(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiry = -1)
    {
        Take(Due.Item);
        Key(RdbType.String, key, expiry);
        Strings.Text(value);
    }

    /// <summary>A key with a list; so many times <see cref="ListElement"/> must follow.</summary>
    /// <param name="count">At least 1.</param>
    /// <inheritdoc cref="String"/>
    public void BeginList(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.List, key, count, expiry, Due.ListElement);

    /// <inheritdoc cref="Aux"/>
    public void ListElement(ReadOnlySpan<byte> element)
    {
        Take(Due.ListElement);
        Strings.Text(element);
    }

    /// <summary>A key with a set; so many times <see cref="SetMember"/> must follow.</summary>
    /// <inheritdoc cref="BeginList"/>
    public void BeginSet(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.Set, key, count, expiry, Due.SetMember);

    /// <inheritdoc cref="Aux"/>
    public void SetMember(ReadOnlySpan<byte> member)
    {
        Take(Due.SetMember);
        Strings.Text(member);
    }

    /// <summary>A key with a hash; so many times <see cref="HashField"/> must follow.</summary>
    /// <inheritdoc cref="BeginList"/>
    public void BeginHash(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.Hash, key, count, expiry, Due.HashField);

    /// <inheritdoc cref="Aux"/>
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        Take(Due.HashField);
        Strings.Text(field);
        Strings.Text(value);
    }

    /// <summary>A key with a sorted set; so many times <see cref="SortedSetMember"/> must follow.</summary>
    /// <inheritdoc cref="BeginList"/>
    public void BeginSortedSet(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.SortedSet2, key, count, expiry, Due.SortedSetMember);

    /// <summary>Fastest to load from the greatest score down.</summary>
    /// <param name="score">Not NaN.</param>
    /// <inheritdoc cref="Aux"/>
    public void SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        if (double.IsNaN(score))
        {
            throw new ArgumentOutOfRangeException(nameof(score), "A score is a number.");
        }
        Take(Due.SortedSetMember);
        Strings.Text(member);
        _output.Int64LittleEndian(BitConverter.DoubleToInt64Bits(score));
    }

    /// <summary>
    /// A key with a stream: so many times <see cref="StreamListPack"/> must follow, then <see cref="StreamState"/>.
    /// </summary>
    /// <param name="listPacks">0 for a stream without entries.</param>
    /// <inheritdoc cref="BeginList"/>
    public void BeginStream(ReadOnlySpan<byte> key, long listPacks, long expiry = -1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(listPacks);
        Take(Due.Item);
        RdbType type = RdbStreamWriter.TypeIn(_format.Version);
        Key(type, key, expiry);
        Strings.Length(listPacks);
        Expect(listPacks > 0 ? Due.StreamListPack : Due.StreamState, Math.Max(1, listPacks));
    }

    /// <summary>Some entries, in redis's form; see <see cref="RdbValueHandler.StreamListPack"/>.</summary>
    /// <param name="first">What their IDs count from; greater than that of the entries in front.</param>
    /// <inheritdoc cref="Aux"/>
    public void StreamListPack(StreamId first, ReadOnlySpan<byte> listPack)
    {
        Take(Due.StreamListPack);
        _output.Byte(IdSize);
        RawId(first);
        Strings.OtherText(listPack);
        if (_left == 0)
        {
            Expect(Due.StreamState, 1);
        }
    }

    /// <summary>
    /// What the stream knows beside its entries; so many times <see cref="StreamGroup"/> must follow.
    /// </summary>
    /// <remarks>Version 9 has no room for more than the length and the last ID.</remarks>
    /// <inheritdoc cref="Aux"/>
    public void StreamState(in StreamState state, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(groups);
        Take(Due.StreamState);
        Strings.Length(state.Length);
        Id(state.LastId);
        if (_format.Version >= CountersVersion)
        {
            Id(state.FirstId ?? default);
            Id(state.MaxDeletedId ?? default);
            Strings.Length(state.EntriesAdded ?? (ulong)state.Length);
        }
        Strings.Length(groups);
        _groupsLeft = groups;
        NextGroup();
    }

    /// <summary>
    /// A group: so many times <see cref="StreamPending"/> must follow, then <see cref="StreamConsumers"/>.
    /// </summary>
    /// <param name="entriesRead">-1 if that is not known.</param>
    /// <inheritdoc cref="Aux"/>
    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead, long pending)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pending);
        Take(Due.StreamGroup);
        _groupsLeft--;
        Strings.Text(name);
        Id(lastId);
        if (_format.Version >= CountersVersion)
        {
            Strings.Length(entriesRead);
        }
        Strings.Length(pending);
        Expect(pending > 0 ? Due.StreamPending : Due.StreamConsumers, Math.Max(1, pending));
    }

    /// <summary>An entry that the group has pending; IDs ascend.</summary>
    /// <param name="deliveryMs">Unix time in milliseconds.</param>
    /// <inheritdoc cref="Aux"/>
    public void StreamPending(StreamId id, long deliveryMs, long deliveryCount)
    {
        Take(Due.StreamPending);
        RawId(id);
        _output.Int64LittleEndian(deliveryMs);
        Strings.Length(deliveryCount);
        if (_left == 0)
        {
            Expect(Due.StreamConsumers, 1);
        }
    }

    /// <summary>So many times <see cref="StreamConsumer"/> must follow.</summary>
    /// <inheritdoc cref="Aux"/>
    public void StreamConsumers(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Take(Due.StreamConsumers);
        Strings.Length(count);
        _consumersLeft = count;
        NextConsumer();
    }

    /// <summary>A consumer of the group; so many times <see cref="StreamConsumerPending"/> must follow.</summary>
    /// <param name="seenMs">Unix time in milliseconds.</param>
    /// <inheritdoc cref="Aux"/>
    public void StreamConsumer(ReadOnlySpan<byte> name, long seenMs, long pending)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pending);
        Take(Due.StreamConsumer);
        _consumersLeft--;
        Strings.Text(name);
        _output.Int64LittleEndian(seenMs);
        if (_format.Version >= ActiveTimeVersion)
        {
            _output.Int64LittleEndian(seenMs);
        }
        Strings.Length(pending);
        if (pending > 0)
        {
            Expect(Due.StreamConsumerPending, pending);
        }
        else
        {
            NextConsumer();
        }
    }

    /// <summary>One of the group's pending entries, which the consumer has.</summary>
    /// <inheritdoc cref="Aux"/>
    public void StreamConsumerPending(StreamId id)
    {
        Take(Due.StreamConsumerPending);
        RawId(id);
        if (_left == 0)
        {
            NextConsumer();
        }
    }

    /// <summary>Ends the file and gives all of it to the stream, which is not flushed.</summary>
    /// <inheritdoc cref="Aux"/>
    public void End()
    {
        Take(Due.Item);
        _writer.End();
        _output.Flush();
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _sink.Checksum);
        _output.Write(checksum);
        _output.Flush();
        _due = Due.Nothing;
    }

    /// <summary>Leaves the file as it is: without <see cref="End"/> it is not whole.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _output.Dispose();
    }

    private void Begin(RdbType type, ReadOnlySpan<byte> key, long count, long expiry, Due element)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Take(Due.Item);
        Key(type, key, expiry);
        Strings.Length(count);
        Expect(element, count);
    }

    private void Key(RdbType type, ReadOnlySpan<byte> key, long expiry)
    {
        if (expiry != -1)
        {
            _output.Byte((byte)RdbOpcode.ExpireMs);
            _output.Int64LittleEndian(expiry);
        }
        _output.Byte((byte)type);
        Strings.Text(key);
    }

    private void Take(Due given)
    {
        Due due = _left == 0 && _due != Due.Nothing ? Due.Item : _due;
        if (due != given)
        {
            throw new InvalidOperationException($"{given} was written where {due} is due.");
        }
        _left -= due == Due.Item ? 0 : 1;
    }

    private void Expect(Due due, long count)
    {
        _due = due;
        _left = count;
    }

    private void NextGroup() => Expect(_groupsLeft > 0 ? Due.StreamGroup : Due.Item, _groupsLeft);

    private void NextConsumer()
    {
        if (_consumersLeft > 0)
        {
            Expect(Due.StreamConsumer, _consumersLeft);
        }
        else
        {
            NextGroup();
        }
    }

    private void Id(StreamId id)
    {
        Strings.Length(id.Ms);
        Strings.Length(id.Seq);
    }

    private void RawId(StreamId id)
    {
        Span<byte> bytes = stackalloc byte[IdSize];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.Ms);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], id.Seq);
        _output.Write(bytes);
    }

    /// <summary>Takes the checksum of what passes.</summary>
    private sealed class Sink(Stream stream, bool takesChecksum) : ISnapshotSink
    {
        public ulong Checksum { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Checksum = takesChecksum ? Crc64.Append(Checksum, bytes) : 0;
            stream.Write(bytes);
        }
    }
}
