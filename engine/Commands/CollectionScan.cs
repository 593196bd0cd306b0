using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>
/// A step of the walk over a set, a hash or a sorted set: SSCAN, HSCAN and ZSCAN. A collection inside its record is
/// answered whole, as redis does with its small ones.
/// </summary>
internal static unsafe class CollectionScan
{
    /// <summary>Steps for each entry asked for: a sparse table must not make a call long.</summary>
    private const int StepsPerEntry = 10;

    public static void Run(CommandContext context, ValueType type)
    {
        if (!ScanCommands.TryCursor(context[2], out ulong cursor))
        {
            context.Reply.Error(ReplyError.InvalidCursor);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!record.Exists)
        {
            context.Reply.Array(2);
            context.Reply.BulkInteger(0);
            context.Reply.Array(0);
            return;
        }
        if (!context.IsTypeOrMissing(record, type)
            || !ScanCommands.TryOptions(context, 3, ofKeys: false, out ScanOptions options))
        {
            return;
        }
        if (record.IsHeapValue)
        {
            ScanTable(context, record, cursor, options);
        }
        else
        {
            ReplyWhole(context, record, options);
        }
    }

    private static void ReplyWhole(CommandContext context, Record record, ScanOptions options)
    {
        context.Reply.Array(2);
        context.Reply.BulkInteger(0);
        long mark = context.Reply.BeginArray();
        long count = 0;
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            count += ReplyIfWanted(context, record, new HashEntry(walk.Key, walk.Value), options);
        }
        context.Reply.EndArray(mark, count);
    }

    private static void ScanTable(CommandContext context, Record record, ulong cursor, ScanOptions options)
    {
        HashTableState* table = record.Type == ValueType.SortedSet
            ? &((SortedSetRoot*)record.Root)->Scores
            : HashTable.StateOf(record.Root);

        // The next cursor stands in front of the entries, so the steps are taken once to count and once to answer.
        long steps = options.Count > long.MaxValue / StepsPerEntry ? long.MaxValue : options.Count * StepsPerEntry;
        long entries = 0;
        ulong next = cursor;
        do
        {
            next = HashTable.Scan(table, next, out HashLeaf* first, out HashLeaf* second);
            entries += (first == null ? 0 : first->Entries) + (second == null ? 0 : second->Entries);
        }
        while (next != 0 && steps-- > 0 && entries < options.Count);

        context.Reply.Array(2);
        context.Reply.BulkInteger((long)next);
        long mark = context.Reply.BeginArray();
        long count = 0;
        do
        {
            cursor = HashTable.Scan(table, cursor, out HashLeaf* first, out HashLeaf* second);
            count += ReplyLeaf(context, record, first, options);
            count += ReplyLeaf(context, record, second, options);
        }
        while (cursor != next);
        context.Reply.EndArray(mark, count);
    }

    private static long ReplyLeaf(CommandContext context, Record record, HashLeaf* leaf, ScanOptions options)
    {
        long count = 0;
        HashLeafWalk walk = new(leaf, Entries.StrideOf(record));
        while (walk.MoveNext())
        {
            count += ReplyIfWanted(context, record, new HashEntry(walk.Key, walk.Value), options);
        }
        return count;
    }

    /// <returns>How many elements were answered.</returns>
    private static int ReplyIfWanted(CommandContext context, Record record, HashEntry entry, ScanOptions options)
    {
        if (options.Match > 0)
        {
            Span<byte> scratch = stackalloc byte[Element.ScratchLength];
            if (!GlobPattern.Matches(context[options.Match], entry.Key.Text(scratch)))
            {
                return 0;
            }
        }
        entry.Key.Reply(context.Reply);
        switch (record.Type)
        {
            case ValueType.Set:
                return 1;
            case ValueType.SortedSet:
                ReplyScore(context.Reply, SortedScore.Read(entry.Value), record.Encoding == ValueEncoding.ListPack);
                return 2;
            default:
                entry.Value.Reply(context.Reply);
                return 2;
        }
    }

    private static void ReplyScore(ReplyWriter reply, double score, bool isListPack)
    {
        // A list pack keeps whole numbers as their digits, and they are answered so.
        const double MostDigits = long.MaxValue / 2;
        if (isListPack && Math.Abs(score) <= MostDigits && Math.Floor(score) == score
            && !Doubles.IsNegativeZero(score))
        {
            reply.BulkInteger((long)score);
            return;
        }
        Span<byte> text = stackalloc byte[Doubles.MaxLength];
        reply.Bulk(text[..Doubles.Format(score, text)]);
    }
}
