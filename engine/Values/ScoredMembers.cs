using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>An entry of a sorted set.</summary>
internal readonly record struct ScoredMember(Element Member, double Score);

/// <summary>Entries of a sorted set on their way into order, in memory of their own.</summary>
/// <param name="capacity">How many there will be.</param>
internal unsafe ref struct ScoredMembers(long capacity)
{
    private readonly int _capacity = checked((int)capacity);
    private readonly ScoredMember* _start = (ScoredMember*)NativeMemory.Alloc(
        (nuint)Math.Max(1, capacity), (nuint)sizeof(ScoredMember));

    private int _count;

    public readonly ReadOnlySpan<ScoredMember> Items => new(_start, _count);

    public void Append(Element member, double score)
    {
        Invariant.Require(_count < _capacity);
        _start[_count++] = new ScoredMember(member, score);
    }

    /// <summary>By score, and by the bytes of the member where that is the same.</summary>
    public readonly void Sort() => new Span<ScoredMember>(_start, _count).Sort(Compare);

    public readonly void Reverse() => new Span<ScoredMember>(_start, _count).Reverse();

    public readonly void Dispose() => NativeMemory.Free(_start);

    private static int Compare(ScoredMember left, ScoredMember right)
    {
        if (left.Score != right.Score)
        {
            return left.Score < right.Score ? -1 : 1;
        }
        Span<byte> scratch = stackalloc byte[Element.ScratchLength];
        Span<byte> other = stackalloc byte[Element.ScratchLength];
        return left.Member.Text(scratch).SequenceCompareTo(right.Member.Text(other));
    }
}
