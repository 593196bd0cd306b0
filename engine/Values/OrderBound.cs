namespace Tidelog.Engine.Values;

/// <summary>
/// A place in the order of a sorted set: entries are below it or not, and the ones below come first. Scores decide, and
/// members, byte by byte, among equal scores.
/// </summary>
internal readonly ref struct OrderBound
{
    private readonly double _score;
    private readonly ReadOnlySpan<byte> _member;
    private readonly bool _hasScore;
    private readonly bool _hasMember;
    private readonly bool _isAfter;

    private OrderBound(bool hasScore, double score, bool hasMember, ReadOnlySpan<byte> member, bool isAfter)
    {
        _hasScore = hasScore;
        _score = score;
        _hasMember = hasMember;
        _member = member;
        _isAfter = isAfter;
    }

    /// <summary>Before or after all entries with a score.</summary>
    public static OrderBound OfScore(double score, bool isAfter) => new(true, score, false, [], isAfter);

    /// <summary>Before or after one entry.</summary>
    public static OrderBound OfEntry(double score, ReadOnlySpan<byte> member, bool isAfter) =>
        new(true, score, true, member, isAfter);

    /// <summary>Before or after a member, in a set whose scores are all the same.</summary>
    public static OrderBound OfMember(ReadOnlySpan<byte> member, bool isAfter) => new(false, 0, true, member, isAfter);

    /// <summary>Before or after everything.</summary>
    public static OrderBound OfAll(bool isAfter) => new(false, 0, false, [], isAfter);

    /// <summary>True if an entry with this score and member is below.</summary>
    public bool IsAbove(double score, Element member) =>
        _hasScore && score != _score ? score < _score : IsAbove(member);

    /// <summary>The same for an entry whose member is at an index of a pack.</summary>
    public bool IsAbove(double score, in Pack members, int index) =>
        _hasScore && score != _score ? score < _score
        : _hasMember ? IsAbove(members.At(index, members.OffsetOf(index)))
        : _isAfter;

    /// <summary>The same for the first entry of a leaf.</summary>
    public unsafe bool IsAbove(double score, OrderLeaf* leaf) =>
        _hasScore && score != _score ? score < _score
        : _hasMember ? IsAbove(OrderLeaf.Members(leaf).At(0, 0))
        : _isAfter;

    /// <summary>For an entry whose score does not decide.</summary>
    private bool IsAbove(Element member)
    {
        if (!_hasMember)
        {
            return _isAfter;
        }
        int order = member.Text(stackalloc byte[Element.ScratchLength]).SequenceCompareTo(_member);
        return order < 0 || (order == 0 && _isAfter);
    }
}
