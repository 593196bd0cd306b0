using System.Globalization;
using System.Text;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;

namespace Tidelog.Tests.Snapshot;

/// <summary>Redis's form of some entries of a stream: a first one with the usual fields, and deltas.</summary>
internal static class RecordedEntries
{
    private const int Deleted = 1;
    private const int SameFields = 2;

    /// <returns>False if they are not what they must be.</returns>
    public static bool TryAdd(StreamId first, ReadOnlySpan<byte> listpack, List<string[]> entries)
    {
        Queue<string> items = [];
        BlobWalk walk = BlobWalk.OfListPack(listpack);
        while (walk.MoveNext())
        {
            items.Enqueue(walk.IsInteger ? $"{walk.Integer}" : Encoding.Latin1.GetString(walk.Text));
        }
        try
        {
            Add(first, items, entries);
            return true;
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static void Add(StreamId first, Queue<string> items, List<string[]> entries)
    {
        long Next() => long.Parse(items.Dequeue(), CultureInfo.InvariantCulture);
        long count = Next();
        count += Next();
        string[] fields = Take(Next());
        Next();
        for (; count > 0; count--)
        {
            long flags = Next();
            string id = RecordingVisitor.Text(
                new StreamId(first.Ms + (ulong)Next(), unchecked(first.Seq + (ulong)Next())));
            string[] pairs = (flags & SameFields) != 0
                ? [.. fields.SelectMany(field => (string[])[field, items.Dequeue()])]
                : Take(2 * Next());
            Next();
            if ((flags & Deleted) == 0)
            {
                entries.Add([id, .. pairs]);
            }
        }

        string[] Take(long number)
        {
            if (number < 0 || number > items.Count)
            {
                throw new FormatException();
            }
            return [.. Enumerable.Range(0, (int)number).Select(_ => items.Dequeue())];
        }
    }
}
