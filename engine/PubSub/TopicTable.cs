using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.PubSub;

/// <summary>The topics of one kind that have subscribers, by their names.</summary>
internal sealed class TopicTable
{
    private readonly Dictionary<byte[], Topic> _topics = new(new NameComparer());
    private readonly Dictionary<byte[], Topic>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    public TopicTable() => _byName = _topics.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _topics.Count;

    public Dictionary<byte[], Topic>.ValueCollection All => _topics.Values;

    public Topic? Find(ReadOnlySpan<byte> name) => _byName.TryGetValue(name, out Topic? topic) ? topic : null;

    public Topic FindOrAdd(ReadOnlySpan<byte> name)
    {
        if (Find(name) is not Topic topic)
        {
            topic = new Topic(name.ToArray());
            _topics.Add(topic.Name, topic);
        }
        return topic;
    }

    public void Remove(Topic topic) => _topics.Remove(topic.Name);

    // Names are the clients' choice, so they are hashed as keys are: with the process's secret.
    private sealed class NameComparer
        : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)KeyHash.Of(alternate);
    }
}
