using Tidelog.Engine.Snapshot;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Server.Rdb;

/// <summary>
/// <c>rdb stat</c>: keys by database and type, when they expire, the biggest. Memory is what MEMORY USAGE would tell if
/// Tidelog loaded the file: each value is built for that, and forgotten.
/// </summary>
internal sealed class RdbStat(RdbFileReader reader, TextWriter target, DateTimeOffset now)
{
    private const int BiggestShown = 10;
    private const long MinuteMs = 60_000;
    private const long DayMs = 24 * 60 * MinuteMs;

    private static readonly (string Name, long MostMs)[] Spans =
    [
        ("over", 0),
        ("within a minute", MinuteMs),
        ("within an hour", 60 * MinuteMs),
        ("within a day", DayMs),
        ("within a week", 7 * DayMs),
        ("within 30 days", 30 * DayMs),
        ("within 365 days", 365 * DayMs),
        ("later", long.MaxValue),
    ];

    private readonly SortedDictionary<(int Database, ValueType Type), Counts> _counts = [];
    private readonly PriorityQueue<Key, long> _biggest = new();
    private readonly long[] _expiries = new long[Spans.Length];
    private string _writer = "";
    private long _functions;

    /// <exception cref="Engine.CorruptDataException">The file is not whole.</exception>
    public void Write()
    {
        RdbItem item;
        while ((item = reader.Read()) != RdbItem.End)
        {
            switch (item)
            {
                case RdbItem.Aux when reader.Name.SequenceEqual("redis-ver"u8):
                    _writer = $", written by version {RdbText.Quote(reader.Text)}";
                    break;
                case RdbItem.Function:
                    _functions++;
                    break;
                case RdbItem.Key:
                    Count();
                    break;
            }
        }
        target.WriteLine($"RDB version {reader.Version}{_writer}, {reader.Offset} bytes, functions: {_functions}");
        WriteCounts();
        WriteExpiries();
        WriteBiggest();
    }

    private void Count()
    {
        RdbValueSize size = reader.BuildValue();
        Counts counts = _counts.GetValueOrDefault((reader.Database, reader.Type));
        long expiry = reader.Expiry;
        _counts[(reader.Database, reader.Type)] = counts.With(size, expires: expiry >= 0);
        if (expiry >= 0)
        {
            long left = expiry - now.ToUnixTimeMilliseconds();
            _expiries[Array.FindIndex(Spans, span => left <= span.MostMs)]++;
        }
        if (_biggest.Count < BiggestShown)
        {
            _biggest.Enqueue(ThisKey(size), size.Memory);
        }
        else if (_biggest.TryPeek(out _, out long least) && size.Memory > least)
        {
            _biggest.DequeueEnqueue(ThisKey(size), size.Memory);
        }
    }

    private Key ThisKey(RdbValueSize size) => new(reader.Database, reader.Type, RdbText.Quote(reader.Key), size);

    private void WriteCounts()
    {
        List<string[]> rows = [["database", "type", " keys", " expiring", " elements", " memory"]];
        foreach (((int database, ValueType type), Counts counts) in _counts)
        {
            rows.Add(counts.Row($"db{database}", RdbText.NameOf(type)));
        }
        rows.Add(_counts.Values.Aggregate(default(Counts), (sum, counts) => sum.Plus(counts)).Row("all", ""));
        target.WriteLine();
        RdbText.WriteTable(target, rows);
        target.WriteLine(
            "memory: of keys, values and index in Tidelog with its default settings, as MEMORY USAGE tells");
    }

    private void WriteExpiries()
    {
        List<string[]> rows = [["expiry", " keys"]];
        rows.AddRange(Spans.Select((span, i) => (string[])[span.Name, RdbText.Count(_expiries[i])]));
        target.WriteLine();
        RdbText.WriteTable(target, rows);
    }

    private void WriteBiggest()
    {
        List<string[]> rows = [[" memory", " elements", "type", "database", "biggest keys"]];
        rows.AddRange(_biggest.UnorderedItems.Select(item => item.Element).OrderByDescending(key => key.Size.Memory)
            .Select(key => (string[])
            [
                RdbText.Size(key.Size.Memory), RdbText.Count(key.Size.Elements), RdbText.NameOf(key.Type),
                $"db{key.Database}", key.Name,
            ]));
        target.WriteLine();
        RdbText.WriteTable(target, rows);
    }

    private sealed record Key(int Database, ValueType Type, string Name, RdbValueSize Size);

    private readonly record struct Counts(long Keys, long Expiring, long Elements, long Memory)
    {
        public Counts With(RdbValueSize size, bool expires) =>
            Plus(new Counts(1, expires ? 1 : 0, size.Elements, size.Memory));

        public Counts Plus(Counts more) => new(
            Keys + more.Keys, Expiring + more.Expiring, Elements + more.Elements, Memory + more.Memory);

        public string[] Row(string database, string type) =>
        [
            database, type, RdbText.Count(Keys), RdbText.Count(Expiring), RdbText.Count(Elements), RdbText.Size(Memory),
        ];
    }
}
