using System.Globalization;
using System.Text;
using Tidelog.Engine.Snapshot;

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
