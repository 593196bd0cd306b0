// Redis keeps the chunks of a stream in a radix tree of their IDs, 16 bytes with the most significant one first, and
// XINFO STREAM tells how many nodes that tree has. What the tree looks like follows from the keys alone: a node with
// several children where keys part, one node for each stretch of bytes between such places, one at each key's end. So
// how many nodes a key adds is known from its neighbours, without a tree.

using System.Numerics;

namespace Tidelog.Engine.Values;

/// <summary>Counts the nodes of redis's radix tree.</summary>
internal static unsafe class RadixNodes
{
    private const int KeyLength = 16;

    /// <summary>How many nodes more there are with a key than without it.</summary>
    /// <param name="keys">The others.</param>
    public static int AddedBy(in NodeTree<StreamId, nint> keys, StreamId key)
    {
        TreeCursor<StreamId, nint> before = TreeCursor<StreamId, nint>.AtOrBefore(keys, key);
        TreeCursor<StreamId, nint> behind = TreeCursor<StreamId, nint>.AtOrBehind(keys, key);
        if (!before.IsValid && !behind.IsValid)
        {
            // The root, which an empty tree has too, holds the whole key; the leaf at its end is new.
            return 1;
        }

        // The new key leaves the others' paths behind so many bytes.
        int depth = Math.Max(Common(before, key), Common(behind, key));
        StreamId first = TreeCursor<StreamId, nint>.AtOrBehind(keys, WithTail(key, depth, 0)).Key;
        StreamId last = TreeCursor<StreamId, nint>.AtOrBefore(keys, WithTail(key, depth, ulong.MaxValue)).Key;
        int leaf = depth + 1 < KeyLength ? 2 : 1;
        int end = Common(first, last);
        if (end == depth)
        {
            return leaf;
        }

        // There was a stretch of bytes around that place: it is cut, and a node with two children comes in.
        int begin = Math.Max(CommonWithPrevious(keys, first), CommonWithNext(keys, last)) + 1;
        return leaf + (depth > begin ? 1 : 0) + (depth + 1 < end ? 1 : 0);
    }

    private static int CommonWithPrevious(in NodeTree<StreamId, nint> keys, StreamId key)
    {
        TreeCursor<StreamId, nint> cursor = TreeCursor<StreamId, nint>.AtOrBefore(keys, key);
        cursor.MovePrevious();
        return Common(cursor, key);
    }

    private static int CommonWithNext(in NodeTree<StreamId, nint> keys, StreamId key)
    {
        TreeCursor<StreamId, nint> cursor = TreeCursor<StreamId, nint>.AtOrBehind(keys, key);
        cursor.MoveNext();
        return Common(cursor, key);
    }

    private static int Common(in TreeCursor<StreamId, nint> cursor, StreamId key) =>
        cursor.IsValid ? Common(cursor.Key, key) : -1;

    /// <summary>Bytes that two keys begin with alike.</summary>
    private static int Common(StreamId left, StreamId right)
    {
        ulong ms = left.Ms ^ right.Ms;
        return ms != 0
            ? BitOperations.LeadingZeroCount(ms) / 8
            : 8 + (BitOperations.LeadingZeroCount(left.Seq ^ right.Seq) / 8);
    }

    /// <summary>A key whose bytes behind the first so many are all 0 or all 255.</summary>
    private static StreamId WithTail(StreamId key, int length, ulong tail)
    {
        ulong ms = length >= 8 ? 0 : ulong.MaxValue >> (8 * length);
        ulong seq = length <= 8 ? ulong.MaxValue : ulong.MaxValue >> (8 * (length - 8));
        return new StreamId((key.Ms & ~ms) | (tail & ms), (key.Seq & ~seq) | (tail & seq));
    }
}
