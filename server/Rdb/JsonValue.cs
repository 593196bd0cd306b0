using System.Text;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;

namespace Tidelog.Server.Rdb;

/// <summary>
/// Writes a value: a string, an array of elements or members, an object of fields or of members' scores; a stream as
/// an object of entries, counters and groups.
/// </summary>
internal sealed class JsonValue(JsonText json) : RdbValueHandler
{
    private Open _open;
    private int _fieldsLeft;
    private bool _hasGroups;

    /// <summary>What of a group waits for its end.</summary>
    private enum Open
    {
        Value,
        Array,
        Object,
        Stream,
        Pending,
        Consumer,
    }

    public override void String(ReadOnlySpan<byte> text)
    {
        _open = Open.Value;
        json.String(text);
    }

    public override void BeginList(long count) => BeginArray();

    public override void ListElement(ReadOnlySpan<byte> element) => json.String(element);

    public override void BeginSet(long count) => BeginArray();

    public override void SetMember(ReadOnlySpan<byte> member) => json.String(member);

    public override void BeginHash(long count) => BeginObject();

    public override void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        json.Name(field);
        json.String(value);
    }

    public override void BeginSortedSet(long count) => BeginObject();

    public override void SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        json.Name(member);
        json.Number(score);
    }

    public override void BeginStream()
    {
        _open = Open.Stream;
        _hasGroups = false;
        json.BeginObject();
        json.Name("entries"u8);
        json.BeginArray();
    }

    public override void BeginStreamEntry(StreamId id, int fields)
    {
        json.BeginObject();
        json.Name("id"u8);
        Id(id);
        json.Name("fields"u8);
        json.BeginArray();
        _fieldsLeft = fields;
        EndEntry();
    }

    public override void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        json.String(field);
        json.String(value);
        _fieldsLeft--;
        EndEntry();
    }

    public override void StreamState(in StreamState state)
    {
        json.EndArray();
        json.Name("length"u8);
        json.Number(state.Length);
        json.Name("lastId"u8);
        Id(state.LastId);
        if (state.FirstId is { } first)
        {
            json.Name("firstId"u8);
            Id(first);
        }
        if (state.MaxDeletedId is { } deleted)
        {
            json.Name("maxDeletedId"u8);
            Id(deleted);
        }
        if (state.EntriesAdded is { } added)
        {
            json.Name("entriesAdded"u8);
            json.Number(added);
        }
    }

    public override void StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        if (!_hasGroups)
        {
            json.Name("groups"u8);
            json.BeginObject();
        }
        EndGroup();
        _hasGroups = true;
        _open = Open.Pending;
        json.Name(name);
        json.BeginObject();
        json.Name("lastId"u8);
        Id(lastId);
        if (entriesRead >= 0)
        {
            json.Name("entriesRead"u8);
            json.Number(entriesRead);
        }
        json.Name("pending"u8);
        json.BeginArray();
    }

    public override void StreamPending(StreamId id, long deliveryMs, long deliveryCount)
    {
        json.BeginObject();
        json.Name("id"u8);
        Id(id);
        json.Name("delivered"u8);
        json.Number(deliveryMs);
        json.Name("deliveries"u8);
        json.Number(deliveryCount);
        json.EndObject();
    }

    public override void StreamConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
        json.EndArray();
        if (_open == Open.Pending)
        {
            json.Name("consumers"u8);
            json.BeginObject();
        }
        else
        {
            json.EndObject();
        }
        _open = Open.Consumer;
        json.Name(name);
        json.BeginObject();
        json.Name("seen"u8);
        json.Number(seenMs);
        json.Name("pending"u8);
        json.BeginArray();
    }

    public override void StreamConsumerPending(StreamId id) => Id(id);

    public override void End()
    {
        switch (_open)
        {
            case Open.Value:
                break;
            case Open.Array:
                json.EndArray();
                break;
            case Open.Object:
                json.EndObject();
                break;
            default:
                EndGroup();
                if (_hasGroups)
                {
                    json.EndObject();
                }
                json.EndObject();
                break;
        }
    }

    private void BeginArray()
    {
        _open = Open.Array;
        json.BeginArray();
    }

    private void BeginObject()
    {
        _open = Open.Object;
        json.BeginObject();
    }

    private void EndEntry()
    {
        if (_fieldsLeft == 0)
        {
            json.EndArray();
            json.EndObject();
        }
    }

    private void EndGroup()
    {
        if (_open is not (Open.Pending or Open.Consumer))
        {
            return;
        }
        json.EndArray();
        if (_open == Open.Consumer)
        {
            json.EndObject();
            json.EndObject();
        }
        json.EndObject();
    }

    private void Id(StreamId id) => json.String(Encoding.ASCII.GetBytes($"{id.Ms}-{id.Seq}"));
}
