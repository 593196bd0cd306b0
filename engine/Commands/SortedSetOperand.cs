using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>An input of ZUNION and its kin: a sorted set, a set, whose scores are all 1, or nothing.</summary>
/// <param name="index">Which of the inputs it is.</param>
internal readonly struct SortedSetOperand(Record record, double weight, int index)
{
    public Record Record { get; } = record;

    public double Weight { get; } = weight;

    public int Index { get; } = index;

    public long Count { get; } = !record.Exists ? 0
        : record.Type == ValueType.Set ? Entries.CountOf(record)
        : SortedSets.Count(record);

    public static bool IsPossible(Record record) =>
        !record.Exists || record.Type is ValueType.SortedSet or ValueType.Set;

    public bool IsSameAs(SortedSetOperand other) => Record.Exists && Record.Address == other.Record.Address;

    public bool TryScore(ReadOnlySpan<byte> member, out double score)
    {
        score = 1;
        return Record.Exists && (Record.Type == ValueType.Set
            ? Entries.Contains(Record, new PackedText(member))
            : SortedSets.TryScore(Record, member, out score));
    }
}

/// <summary>Goes over the members of an operand, a sorted set's from the end backwards, as redis does.</summary>
internal ref struct OperandWalk
{
    private readonly bool _isSet;
    private EntryWalk _members;
    private SortedEntries _entries;

    public OperandWalk(SortedSetOperand operand)
    {
        _isSet = operand.Count > 0 && operand.Record.Type == ValueType.Set;
        if (_isSet)
        {
            _members = new EntryWalk(operand.Record);
        }
        else if (operand.Count > 0)
        {
            _entries = SortedEntries.Of(operand.Record, 0, operand.Count, isReversed: true);
        }
    }

    public readonly Element Member => _isSet ? _members.Key : _entries.Member;

    public readonly double Score => _isSet ? 1 : _entries.Score;

    public bool MoveNext() => _isSet ? _members.MoveNext() : _entries.MoveNext();
}
