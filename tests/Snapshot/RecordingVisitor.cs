using System.Globalization;
using System.Text;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Tests.Snapshot;

/// <summary>Writes down what it is shown.</summary>
internal struct RecordingVisitor(RecordedValue value) : IValueVisitor
{
    public long Calls;

    public void String(ReadOnlySpan<byte> text) => Begin("string", Encoding.Latin1.GetString(text));

    public void String(long integer) => Begin("string", Text(integer));

    public void BeginList(long count) => Begin("list", count);

    public bool ListElement(in PackedText element) => Add(element);

    public void BeginSet(long count) => Begin("set", count);

    public bool Member(in PackedText member) => Add(member);

    public void BeginHash(long count) => Begin("hash", count);

    public bool Field(in PackedText field, in PackedText value1)
    {
        Calls++;
        return value.Add(Text(field), Text(value1));
    }

    public void BeginSortedSet(long count) => Begin("zset", count);

    public bool ScoredMember(in PackedText member, double score)
    {
        Calls++;
        return value.Add(Text(member), Text(score));
    }

    public void BeginStream() => Begin("stream", 0);

    public bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack)
    {
        Calls++;
        return RecordedEntries.TryAdd(first, listpack, value.Entries);
    }

    public bool StreamState(in StreamState state)
    {
        Calls++;
        value.State = state;
        return true;
    }

    public bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        Calls++;
        value.AddGroup($"\ngroup {Encoding.Latin1.GetString(name)} {Text(lastId)} {entriesRead}");
        return true;
    }

    public bool StreamPending(StreamId id, long deliveryMs, long deliveryCount)
    {
        Calls++;
        value.AddGroup($"\n pending {Text(id)} {deliveryMs} {deliveryCount}");
        return true;
    }

    public bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
        Calls++;
        value.AddGroup($"\n consumer {Encoding.Latin1.GetString(name)} {seenMs}");
        return true;
    }

    public bool ConsumerPending(StreamId id)
    {
        Calls++;
        value.AddGroup($" {Text(id)}");
        return true;
    }

    public bool End()
    {
        value.HasEnded = true;
        return true;
    }

    public static string Text(StreamId id) => $"{id.Ms}-{id.Seq}";

    public static string Text(in PackedText text) =>
        text.IsInteger ? Text(text.Integer) : Encoding.Latin1.GetString(text.Bytes);

    private static string Text(long integer) => integer.ToString(CultureInfo.InvariantCulture);

    private static string Text(double score)
    {
        byte[] text = new byte[Doubles.MaxLength];
        return Encoding.Latin1.GetString(text, 0, Doubles.Format(score, text));
    }

    private void Begin(string kind, long count)
    {
        Calls++;
        value.Kind = kind;
        value.Count = count;
    }

    private void Begin(string kind, string item)
    {
        Begin(kind, 1);
        value.Items.Add(item);
    }

    private bool Add(in PackedText item)
    {
        Calls++;
        return value.Add(Text(item));
    }
}
