// Streams: what is due is one number and what it counts, a few times in turn.

using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <content>Streams.</content>
public sealed partial class RdbFileWriter
{
    private const int IdSize = 16;
    private const int ActiveTimeVersion = 11;

    private long _groupsLeft;
    private long _consumersLeft;

    /// <summary>Groups of which <see cref="NextStreamCounters"/> was told; -1 if it was not called.</summary>
    private long _notedGroups = -1;

    /// <summary>
    /// What version 9 has no room for in a stream, as a note in front of it that Tidelog reads and redis passes over;
    /// <see cref="BeginStream"/> must follow. Later versions have it in <see cref="StreamState"/>, and nothing is
    /// written here.
    /// </summary>
    /// <param name="state">With the first ID, the greatest deleted one and the entries added.</param>
    /// <param name="entriesRead">Of each group, in their order; -1 where it is not known.</param>
    /// <inheritdoc cref="Aux"/>
    public void NextStreamCounters(in StreamState state, ReadOnlySpan<long> entriesRead)
    {
        if (state is not { FirstId: { } first, MaxDeletedId: { } deleted, EntriesAdded: { } added })
        {
            throw new ArgumentException("There are no counters in it.", nameof(state));
        }
        Take(Due.Item);
        if (_format.Version < RdbStreamWriter.CountersVersion)
        {
            StringBuilder text = new();
            text.Append(CultureInfo.InvariantCulture, $"{first.Ms}-{first.Seq} {deleted.Ms}-{deleted.Seq} {added}");
            foreach (long entries in entriesRead)
            {
                text.Append(CultureInfo.InvariantCulture, $" {Math.Max(entries, Values.StreamGroup.Unknown)}");
            }
            _writer.Aux(StreamNote.Name, Encoding.ASCII.GetBytes(text.ToString()));
            _notedGroups = entriesRead.Length;
        }
        Expect(Due.Stream, 1);
    }

    /// <summary>
    /// A key with a stream: so many times <see cref="StreamListPack"/> must follow, then <see cref="StreamState"/>.
    /// </summary>
    /// <param name="listPacks">0 for a stream without entries.</param>
    /// <inheritdoc cref="BeginList"/>
    public void BeginStream(ReadOnlySpan<byte> key, long listPacks, long expiry = -1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(listPacks);
        Take(_due == Due.Stream ? Due.Stream : Due.Item);
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
    /// <remarks>
    /// Version 9 has no room here for more than the length and the last ID: see <see cref="NextStreamCounters"/>.
    /// </remarks>
    /// <inheritdoc cref="Aux"/>
    public void StreamState(in StreamState state, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(groups);
        if (_notedGroups >= 0 && groups != _notedGroups)
        {
            throw new ArgumentException(
                $"The counters in front of the key are of {_notedGroups} groups.", nameof(groups));
        }
        Take(Due.StreamState);
        _notedGroups = -1;
        Strings.Length(state.Length);
        Id(state.LastId);
        if (_format.Version >= RdbStreamWriter.CountersVersion)
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
        if (_format.Version >= RdbStreamWriter.CountersVersion)
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
}
