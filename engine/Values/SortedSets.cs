using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>Look-ups in the sorted set of a record, in whichever form it is.</summary>
internal static unsafe class SortedSets
{
    public static long Count(Record record) =>
        record.IsHeapCollection ? record.Root->Count : PackedRecord.PackOf(record).Count / 2;

    public static bool TryScore(Record record, ReadOnlySpan<byte> text, out double score)
    {
        PackedText member = new(text);
        return record.IsHeapCollection
            ? HeapSortedSet.TryScore((SortedSetRoot*)record.Root, member, out score)
            : PackedSortedSet.Find(PackedRecord.PackOf(record), member, out score) >= 0;
    }

    /// <summary>Finds how many entries come before a member.</summary>
    public static bool TryRank(Record record, ReadOnlySpan<byte> text, out long rank)
    {
        PackedText member = new(text);
        double score;
        if (!record.IsHeapCollection)
        {
            int index = PackedSortedSet.Find(PackedRecord.PackOf(record), member, out score);
            rank = index / 2;
            return index >= 0;
        }
        SortedSetRoot* root = (SortedSetRoot*)record.Root;
        bool isThere = HeapSortedSet.TryScore(root, member, out score);
        rank = isThere ? OrderTree.CountBelow(&root->Order, OrderBound.OfEntry(score, text, isAfter: false)) : -1;
        return isThere;
    }

    /// <summary>How many entries are below a bound.</summary>
    public static long CountBelow(Record record, in OrderBound bound) => record.IsHeapCollection
        ? OrderTree.CountBelow(&((SortedSetRoot*)record.Root)->Order, bound)
        : PackedSortedSet.CountBelow(PackedRecord.PackOf(record), bound);
}
