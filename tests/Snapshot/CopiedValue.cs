using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;

namespace Tidelog.Tests.Snapshot;

/// <summary>Keeps a value that a reader shows, and shows it to a writer.</summary>
internal sealed class CopiedValue : RdbValueHandler
{
    private readonly List<(byte[] Text, byte[] Second, double Score)> _elements = [];
    private readonly List<(StreamId First, byte[] ListPack)> _listPacks = [];
    private readonly List<Group> _groups = [];
    private StreamState _state;
    private string _type = "string";

    public override void String(ReadOnlySpan<byte> text) => Add(text);

    public override void BeginList(long count) => _type = "list";

    public override void ListElement(ReadOnlySpan<byte> element) => Add(element);

    public override void BeginSet(long count) => _type = "set";

    public override void SetMember(ReadOnlySpan<byte> member) => Add(member);

    public override void BeginHash(long count) => _type = "hash";

    public override void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => Add(field, value);

    public override void BeginSortedSet(long count) => _type = "zset";

    public override void SortedSetMember(ReadOnlySpan<byte> member, double score) => Add(member, default, score);

    public override void BeginStream() => _type = "stream";

    public override void StreamListPack(StreamId first, ReadOnlySpan<byte> listPack) =>
        _listPacks.Add((first, listPack.ToArray()));

    public override void StreamState(in StreamState state) => _state = state;

    public override void StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) =>
        _groups.Add(new Group(name.ToArray(), lastId, entriesRead, [], []));

    public override void StreamPending(StreamId id, long deliveryMs, long deliveryCount) =>
        _groups[^1].Pending.Add((id, deliveryMs, deliveryCount));

    public override void StreamConsumer(ReadOnlySpan<byte> name, long seenMs) =>
        _groups[^1].Consumers.Add((name.ToArray(), seenMs, []));

    public override void StreamConsumerPending(StreamId id) => _groups[^1].Consumers[^1].Pending.Add(id);

    public void Write(RdbFileWriter writer, byte[] key, long expiry)
    {
        switch (_type)
        {
            case "string":
                writer.String(key, _elements[0].Text, expiry);
                break;
            case "list":
                writer.BeginList(key, _elements.Count, expiry);
                _elements.ForEach(element => writer.ListElement(element.Text));
                break;
            case "set":
                writer.BeginSet(key, _elements.Count, expiry);
                _elements.ForEach(element => writer.SetMember(element.Text));
                break;
            case "hash":
                writer.BeginHash(key, _elements.Count, expiry);
                _elements.ForEach(element => writer.HashField(element.Text, element.Second));
                break;
            case "zset":
                writer.BeginSortedSet(key, _elements.Count, expiry);
                _elements.ForEach(element => writer.SortedSetMember(element.Text, element.Score));
                break;
            default:
                writer.BeginStream(key, _listPacks.Count, expiry);
                _listPacks.ForEach(chunk => writer.StreamListPack(chunk.First, chunk.ListPack));
                writer.StreamState(_state, _groups.Count);
                _groups.ForEach(group => Write(writer, group));
                break;
        }
    }

    private static void Write(RdbFileWriter writer, Group group)
    {
        writer.StreamGroup(group.Name, group.LastId, group.Read, group.Pending.Count);
        group.Pending.ForEach(entry => writer.StreamPending(entry.Id, entry.Ms, entry.Count));
        writer.StreamConsumers(group.Consumers.Count);
        foreach ((byte[] name, long seenMs, List<StreamId> pending) in group.Consumers)
        {
            writer.StreamConsumer(name, seenMs, pending.Count);
            pending.ForEach(writer.StreamConsumerPending);
        }
    }

    private void Add(ReadOnlySpan<byte> text, ReadOnlySpan<byte> second = default, double score = 0) =>
        _elements.Add((text.ToArray(), second.ToArray(), score));

    private sealed record Group(
        byte[] Name, StreamId LastId, long Read, List<(StreamId Id, long Ms, long Count)> Pending,
        List<(byte[] Name, long SeenMs, List<StreamId> Pending)> Consumers);
}
