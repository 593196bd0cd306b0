using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>An input of ZUNION and its kin: a sorted set, a set, whose members all have the score 1, or nothing.</summary>
internal readonly struct SortedSetOperand(Record record, double weight)
{
    public Record Record { get; } = record;

    public double Weight { get; } = weight;

    public long Count { get; } = !record.Exists ? 0 : SortedSets.Count(record);

    public static bool IsPossible(Record record) =>
        !record.Exists || record.Type is ValueType.SortedSet or ValueType.Set;

    public bool IsSameAs(SortedSetOperand other) => Record.Exists && Record.Address == other.Record.Address;

    public bool TryScore(ReadOnlySpan<byte> member, out double score)
    {
        score = 0;
        return Record.Exists && SortedSets.TryScore(Record, member, out score);
    }

    public OperandEntries Entries() => new(Record, Count);
}

/// <summary>Goes over the members of an operand, a sorted set's from the end backwards, as redis does.</summary>
internal ref struct OperandEntries
{
    private SortedEntries _entries;

    public OperandEntries(Record record, long count)
    {
        _entries = count == 0 ? default : SortedEntries.Of(record, 0, count, isReversed: true);
    }

    public readonly Element Member => _entries.Member;

    public readonly double Score => _entries.Score;

    public bool MoveNext() => _entries.MoveNext();
}
