using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// What ZUNION and its kin were asked for, and how it is done. Scores are added up in redis's order, the smallest set
/// first, because sums of floating point numbers depend on it.
/// </summary>
internal sealed class SortedSetAlgebra
{
    private readonly SortedSetOperand[] _operands;
    private Aggregation _aggregation;
    private long _limit;

    private SortedSetAlgebra(SortedSetOperand[] operands)
    {
        _operands = operands;
    }

    private enum Aggregation
    {
        Sum,
        Minimum,
        Maximum,
    }

    public bool WithScores { get; private set; }

    /// <summary>Reads the arguments and finds the sets; answers the error itself.</summary>
    /// <param name="destination">Index of the key for the result, 0 to answer it.</param>
    public static bool TryRead(
        CommandContext context, bool isDifference, bool isCount, int destination, out SortedSetAlgebra algebra)
    {
        algebra = null!;
        int at = destination + 1;
        if (!context.TryInt64(at, out long count))
        {
            return false;
        }
        if (count < 1)
        {
            context.Reply.Error($"ERR at least 1 input key is needed for '{context.Command.FullName}' command");
            return false;
        }
        if (count > context.Count - at - 1)
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        SortedSetOperand[] operands = new SortedSetOperand[count];
        for (int i = 0; i < operands.Length; i++)
        {
            Record record = context.Database.Find(context[at + 1 + i], Lookup.Read);
            if (!SortedSetOperand.IsPossible(record))
            {
                context.Reply.Error(ReplyError.WrongType);
                return false;
            }
            operands[i] = new SortedSetOperand(record, 1, i);
        }
        algebra = new SortedSetAlgebra(operands);
        if (!algebra.TryReadOptions(context, at + 1 + operands.Length, isDifference, isCount, destination > 0))
        {
            return false;
        }
        if (!isDifference)
        {
            algebra.SortOperands(0, isDescending: false);
        }
        return true;
    }

    public void Unite(SortedSetBuilder result)
    {
        foreach (SortedSetOperand operand in _operands)
        {
            OperandWalk entries = new(operand);
            while (entries.MoveNext())
            {
                double score = Weighted(operand.Weight, entries.Score);
                PackedText member = PackedText.Of(entries.Member);
                result.Set(member, result.TryScore(member, out double old) ? Aggregate(old, score) : score);
            }
        }
    }

    public void Intersect(SortedSetBuilder result)
    {
        Span<byte> scratch = stackalloc byte[Element.ScratchLength];
        OperandWalk entries = new(_operands[0]);
        while (entries.MoveNext())
        {
            if (TryAggregate(entries.Member.Text(scratch), entries.Score, out double score))
            {
                result.Set(PackedText.Of(entries.Member), score);
            }
        }
    }

    /// <summary>How many members are in all sets, as far as the limit.</summary>
    public long CountCommon()
    {
        Span<byte> scratch = stackalloc byte[Element.ScratchLength];
        long count = 0;
        OperandWalk entries = new(_operands[0]);
        while ((_limit == 0 || count < _limit) && entries.MoveNext())
        {
            count += TryAggregate(entries.Member.Text(scratch), entries.Score, out _) ? 1 : 0;
        }
        return count;
    }

    public void Subtract(SortedSetBuilder result)
    {
        // The biggest first: it is the likeliest to have a member.
        SortOperands(1, isDescending: true);
        for (int i = 1; i < _operands.Length; i++)
        {
            if (_operands[i].IsSameAs(_operands[0]))
            {
                return;
            }
        }
        Span<byte> scratch = stackalloc byte[Element.ScratchLength];
        OperandWalk entries = new(_operands[0]);
        while (entries.MoveNext())
        {
            ReadOnlySpan<byte> member = entries.Member.Text(scratch);
            bool isElsewhere = false;
            for (int i = 1; i < _operands.Length && !isElsewhere; i++)
            {
                isElsewhere = _operands[i].TryScore(member, out _);
            }
            if (!isElsewhere)
            {
                result.Set(PackedText.Of(entries.Member), entries.Score);
            }
        }
    }

    private bool TryAggregate(ReadOnlySpan<byte> member, double first, out double score)
    {
        score = Weighted(_operands[0].Weight, first);
        for (int i = 1; i < _operands.Length; i++)
        {
            if (!_operands[i].TryScore(member, out double other))
            {
                return false;
            }
            score = Aggregate(score, other * _operands[i].Weight);
        }
        return true;
    }

    /// <summary>Infinity times 0 is 0 here.</summary>
    private static double Weighted(double weight, double score)
    {
        double product = weight * score;
        return double.IsNaN(product) ? 0 : product;
    }

    /// <summary>The sum of opposite infinities is 0 here; a NaN is neither less nor greater than another.</summary>
    private double Aggregate(double score, double other)
    {
        switch (_aggregation)
        {
            case Aggregation.Sum:
                double sum = score + other;
                return double.IsNaN(sum) ? 0 : sum;
            case Aggregation.Minimum:
                return other < score ? other : score;
            default:
                return other > score ? other : score;
        }
    }

    private bool TryReadOptions(CommandContext context, int at, bool isDifference, bool isCount, bool isStored)
    {
        while (at < context.Count)
        {
            int left = context.Count - at;
            if (!isDifference && !isCount && left > _operands.Length && context.Is(at, "WEIGHTS"u8))
            {
                if (!TryReadWeights(context, at + 1))
                {
                    return false;
                }
                at += 1 + _operands.Length;
            }
            else if (!isDifference && !isCount && left >= 2 && context.Is(at, "AGGREGATE"u8)
                && TryReadAggregation(context, at + 1))
            {
                at += 2;
            }
            else if (!isStored && !isCount && context.Is(at, "WITHSCORES"u8))
            {
                WithScores = true;
                at++;
            }
            else if (isCount && left >= 2 && context.Is(at, "LIMIT"u8))
            {
                if (!TryReadLimit(context, at + 1))
                {
                    return false;
                }
                at += 2;
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }

    private bool TryReadWeights(CommandContext context, int first)
    {
        for (int i = 0; i < _operands.Length; i++)
        {
            if (!Doubles.TryParse(context[first + i], out double weight))
            {
                context.Reply.Error(ReplyError.WeightNotAFloat);
                return false;
            }
            _operands[i] = new SortedSetOperand(_operands[i].Record, weight, i);
        }
        return true;
    }

    private bool TryReadAggregation(CommandContext context, int index)
    {
        _aggregation = context.Is(index, "MIN"u8) ? Aggregation.Minimum
            : context.Is(index, "MAX"u8) ? Aggregation.Maximum
            : Aggregation.Sum;
        return _aggregation != Aggregation.Sum || context.Is(index, "SUM"u8);
    }

    private bool TryReadLimit(CommandContext context, int index)
    {
        if (!context.TryInt64(index, out _limit, ReplyError.LimitNegative))
        {
            return false;
        }
        if (_limit < 0)
        {
            context.Reply.Error(ReplyError.LimitNegative);
        }
        return _limit >= 0;
    }

    /// <summary>Sorts by size and leaves those of one size in their order.</summary>
    private void SortOperands(int from, bool isDescending)
    {
        _operands.AsSpan(from).Sort(isDescending
            ? static (a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Index.CompareTo(b.Index)
            : static (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : a.Index.CompareTo(b.Index));
    }
}
