namespace Tidelog.Engine.Values;

/// <summary>
/// A small sorted set as a pack: member, score, member, score, in order. Ranks are half of the members' indexes.
/// </summary>
internal static unsafe class PackedSortedSet
{
    /// <summary>Index of a member, or -1.</summary>
    public static int Find(in Pack pack, in PackedText member, out double score)
    {
        int index = pack.Find(member, 0, 2, out int offset);
        score = index < 0 ? 0 : SortedScore.Read(pack.At(index + 1, offset + Element.SizeOf(pack.CodeAt(index))));
        return index;
    }

    /// <summary>How many entries are below a bound.</summary>
    public static int CountBelow(in Pack pack, in OrderBound bound)
    {
        int offset = 0;
        int index = 0;
        while (index < pack.Count)
        {
            Element member = pack.At(index, offset);
            Element score = pack.At(index + 1, offset + member.PayloadLength);
            if (!bound.IsAbove(SortedScore.Read(score), member))
            {
                break;
            }
            offset += member.PayloadLength + score.PayloadLength;
            index += 2;
        }
        return index / 2;
    }

    /// <summary>Inserts an entry that is not there and fits.</summary>
    public static void Insert(ref Pack pack, ReadOnlySpan<byte> text, in PackedText member, double score)
    {
        int index = 2 * CountBelow(pack, OrderBound.OfEntry(score, text, isAfter: false));
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        pack.Insert(index, member);
        pack.Insert(index + 1, SortedScore.ToText(score, scratch));
    }

    /// <summary>Bytes that an entry takes.</summary>
    public static int SizeOf(in PackedText member, double score) => Pack.SizeOf(member) + SizeOf(score);

    /// <summary>Bytes that a score takes.</summary>
    public static int SizeOf(double score)
    {
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        return Pack.SizeOf(SortedScore.ToText(score, scratch));
    }
}
