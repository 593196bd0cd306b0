using System.Globalization;
using System.Text;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Tests.Snapshot;

/// <summary>What a reader showed of a value, as text; refuses members and fields that came before.</summary>
internal sealed class RecordedValue
{
    private readonly StringBuilder _groups = new();
    private readonly HashSet<string> _seen = [];

    public string Kind { get; set; } = "";

    /// <summary>Announced elements.</summary>
    public long Count { get; set; }

    /// <summary>Elements in order; fields and values, or members and scores, in turn.</summary>
    public List<string> Items { get; } = [];

    /// <summary>ID, fields and values of each entry.</summary>
    public List<string[]> Entries { get; } = [];

    public StreamState State { get; set; }

    public string Groups => _groups.ToString();

    public bool HasEnded { get; set; }

    public bool Add(string item, params string[] more)
    {
        bool isNew = Kind == "list" || _seen.Add(item);
        Items.Add(item);
        Items.AddRange(more);
        return isNew;
    }

    public void AddGroup(FormattableString text) => _groups.Append(CultureInfo.InvariantCulture, $"{text}");

    /// <summary>All of it; what has no order is sorted.</summary>
    public override string ToString()
    {
        IEnumerable<string> items = Kind switch
        {
            "set" => Items.Order(StringComparer.Ordinal),
            "hash" or "zset" => Items.Chunk(2).Select(pair => $"{pair[0]}={pair[1]}").Order(StringComparer.Ordinal),
            "stream" => Entries.Select(entry => string.Join(' ', entry)),
            _ => Items,
        };
        string all = $"{Kind}({string.Join(", ", items)})";
        return Kind == "stream" ? $"{all} {State}{_groups}" : all;
    }
}

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

/// <summary>Redis's form of some entries of a stream: a first one that says which fields most have, and deltas.</summary>
internal static class RecordedEntries
{
    private const int Deleted = 1;
    private const int SameFields = 2;

    /// <returns>False if they are not what they must be.</returns>
    public static bool TryAdd(StreamId first, ReadOnlySpan<byte> listpack, List<string[]> entries)
    {
        Queue<string> items = [];
        BlobWalk walk = BlobWalk.OfListPack(listpack);
        while (walk.MoveNext())
        {
            items.Enqueue(walk.IsInteger ? $"{walk.Integer}" : Encoding.Latin1.GetString(walk.Text));
        }
        try
        {
            Add(first, items, entries);
            return true;
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static void Add(StreamId first, Queue<string> items, List<string[]> entries)
    {
        long Next() => long.Parse(items.Dequeue(), CultureInfo.InvariantCulture);
        long count = Next();
        count += Next();
        string[] fields = Take(Next());
        Next();
        for (; count > 0; count--)
        {
            long flags = Next();
            string id = RecordingVisitor.Text(
                new StreamId(first.Ms + (ulong)Next(), unchecked(first.Seq + (ulong)Next())));
            string[] pairs = (flags & SameFields) != 0
                ? [.. fields.SelectMany(field => (string[])[field, items.Dequeue()])]
                : Take(2 * Next());
            Next();
            if ((flags & Deleted) == 0)
            {
                entries.Add([id, .. pairs]);
            }
        }

        string[] Take(long number)
        {
            if (number < 0 || number > items.Count)
            {
                throw new FormatException();
            }
            return [.. Enumerable.Range(0, (int)number).Select(_ => items.Dequeue())];
        }
    }
}
