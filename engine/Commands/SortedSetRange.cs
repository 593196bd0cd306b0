using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>By what entries of a sorted set are chosen.</summary>
internal enum RangeKind
{
    Rank,
    Score,
    Lex,
}

/// <summary>Two arguments that say where a range of entries begins and ends.</summary>
internal struct SortedSetRange
{
    private RangeKind _kind;
    private int _minimum;
    private int _maximum;
    private double _lowest;
    private double _highest;
    private long _start;
    private long _end;

    /// <summary>Reads the arguments; answers the error if they are no such range.</summary>
    /// <param name="minimum">Index of the lower bound, or of the first rank.</param>
    public static bool TryRead(
        CommandContext context, RangeKind kind, int minimum, int maximum, out SortedSetRange range)
    {
        range = new SortedSetRange { _kind = kind, _minimum = minimum, _maximum = maximum };
        switch (kind)
        {
            case RangeKind.Rank:
                return context.TryInt64(minimum, out range._start) && context.TryInt64(maximum, out range._end);
            case RangeKind.Score:
                if (Doubles.TryParseCString(Inclusive(context[minimum]), out range._lowest)
                    && Doubles.TryParseCString(Inclusive(context[maximum]), out range._highest))
                {
                    return true;
                }
                context.Reply.Error(ReplyError.RangeNotFloats);
                return false;
            default:
                if (IsLexBound(context[minimum]) && IsLexBound(context[maximum]))
                {
                    return true;
                }
                context.Reply.Error(ReplyError.RangeNotStrings);
                return false;
        }
    }

    /// <summary>The ranks of the range's entries in a set.</summary>
    /// <param name="isReversed">Ranks, given and found, are counted from the end.</param>
    public readonly (long First, long Count) Find(CommandContext context, Record record, bool isReversed)
    {
        long count = SortedSets.Count(record);
        if (_kind == RangeKind.Rank)
        {
            long start = Math.Max(_start < 0 ? count + _start : _start, 0);
            long end = Math.Min(_end < 0 ? count + _end : _end, count - 1);
            return start > end ? (0, 0) : (start, end - start + 1);
        }
        ReadOnlySpan<byte> minimum = context[_minimum];
        ReadOnlySpan<byte> maximum = context[_maximum];
        bool isLex = _kind == RangeKind.Lex;
        long first = SortedSets.CountBelow(record, isLex ? LexBound(minimum, isMinimum: true)
            : OrderBound.OfScore(_lowest, isAfter: IsExclusive(minimum)));
        long behind = SortedSets.CountBelow(record, isLex ? LexBound(maximum, isMinimum: false)
            : OrderBound.OfScore(_highest, isAfter: !IsExclusive(maximum)));
        return first >= behind ? (0, 0) : (isReversed ? count - behind : first, behind - first);
    }

    private static bool IsExclusive(ReadOnlySpan<byte> bound) => !bound.IsEmpty && bound[0] == '(';

    private static ReadOnlySpan<byte> Inclusive(ReadOnlySpan<byte> bound) => IsExclusive(bound) ? bound[1..] : bound;

    /// <summary>"-" and "+" may have a zero byte behind them, where C sees the end.</summary>
    private static bool IsLexBound(ReadOnlySpan<byte> bound) => !bound.IsEmpty
        && (bound[0] is (byte)'[' or (byte)'('
            || (bound[0] is (byte)'-' or (byte)'+' && (bound.Length == 1 || bound[1] == 0)));

    private static OrderBound LexBound(ReadOnlySpan<byte> bound, bool isMinimum) => bound[0] switch
    {
        (byte)'-' => OrderBound.OfAll(isAfter: false),
        (byte)'+' => OrderBound.OfAll(isAfter: true),
        _ => OrderBound.OfMember(bound[1..], isAfter: (bound[0] == '(') == isMinimum),
    };
}
