using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>How a hash table comes to have one bucket more, or less.</summary>
internal static unsafe class HashGrowth
{
    private const int MostOnStack = 512;

    /// <summary>Divides the next bucket by one more bit of the hash.</summary>
    public static void SplitNext(HashTableState* table, ValueHeap heap, HeapValue* owner)
    {
        long source = table->Split;
        long target = HashDirectory.BucketCount(table);
        ulong bit = 1UL << table->Level;
        HashDirectory.AddBucket(table, heap, owner);
        HashLeaf* leaf = HashDirectory.Leaf(table, source);
        if (leaf == null)
        {
            return;
        }
        int entries = leaf->Entries;
        byte* moves = stackalloc byte[MostOnStack];
        if (entries > MostOnStack)
        {
            moves = (byte*)NativeMemory.Alloc((nuint)entries);
        }
        int moved = Choose(leaf, table->Stride, bit, moves, out int packed);
        if (moved > 0)
        {
            HashLeaf* kept = Part(leaf, table->Stride, moves, 0, entries - moved,
                HashLeaf.PackOf(leaf, table->Stride).Needed - packed, heap, owner);
            HashLeaf* gone = Part(leaf, table->Stride, moves, 1, moved, packed, heap, owner);
            *HashDirectory.WritableSlot(table, source, heap) = kept;
            *HashDirectory.WritableSlot(table, target, heap) = gone;
            heap.Free(owner, &leaf->Node);
        }
        if (entries > MostOnStack)
        {
            NativeMemory.Free(moves);
        }
    }

    /// <summary>Puts the last bucket and the one that it was split from together.</summary>
    public static void MergeLast(HashTableState* table, ValueHeap heap, HeapValue* owner)
    {
        long source = HashDirectory.BucketCount(table) - 1;
        long target = table->Split > 0 ? table->Split - 1 : (1L << (table->Level - 1)) - 1;
        HashLeaf* from = HashDirectory.Leaf(table, source);
        HashLeaf* into = HashDirectory.Leaf(table, target);
        if (from != null)
        {
            if (into == null)
            {
                into = from;
            }
            else
            {
                int packed = checked(HashLeaf.PackOf(from, table->Stride).Needed
                    + HashLeaf.PackOf(into, table->Stride).Needed);
                HashLeaf* both = HashLeaf.New(from->Entries + into->Entries, packed, heap, owner);
                HashLeaf.MoveAll(both, into, table->Stride);
                HashLeaf.MoveAll(both, from, table->Stride);
                heap.Free(owner, &from->Node);
                heap.Free(owner, &into->Node);
                into = both;
                table->MostEntries = Math.Max(table->MostEntries, both->Entries);
            }
            *HashDirectory.WritableSlot(table, target, heap) = into;
            *HashDirectory.WritableSlot(table, source, heap) = null;
        }
        HashDirectory.RemoveBucket(table, heap, owner);
    }

    /// <summary>Marks with 1 the entries whose hash has a bit.</summary>
    /// <param name="packed">Bytes of their elements in a pack.</param>
    /// <returns>How many these are.</returns>
    private static int Choose(HashLeaf* leaf, int stride, ulong bit, byte* moves, out int packed)
    {
        Pack pack = HashLeaf.PackOf(leaf, stride);
        int offset = 0;
        int moved = 0;
        packed = 0;
        for (int i = 0; i < leaf->Entries; i++)
        {
            Element key = pack.At(i * stride, offset);
            int size = key.PayloadLength;
            if (stride == 2)
            {
                size += Element.SizeOf(pack.CodeAt((i * 2) + 1));
            }
            bool isMoved = (HashTable.HashOf(key) & bit) != 0;
            moves[i] = isMoved ? (byte)1 : (byte)0;
            if (isMoved)
            {
                moved++;
                packed += size + stride;
            }
            offset += size;
        }
        return moved;
    }

    /// <summary>A new leaf of the entries with a mark, or null for none.</summary>
    private static HashLeaf* Part(
        HashLeaf* leaf, int stride, byte* moves, byte mark, int entries, int packed, ValueHeap heap, HeapValue* owner)
    {
        if (entries == 0)
        {
            return null;
        }
        HashLeaf* part = HashLeaf.New(entries, HashLeaf.RoomToGrow(packed), heap, owner);
        Pack source = HashLeaf.PackOf(leaf, stride);
        Pack target = HashLeaf.PackOf(part, stride);
        int offset = 0;
        for (int i = 0; i < leaf->Entries; i++)
        {
            if (moves[i] == mark)
            {
                HashLeaf.TagsOf(part)[part->Entries++] = HashLeaf.TagsOf(leaf)[i];
                HashLeaf.MoveEntry(ref target, source, stride, i * stride, ref offset);
            }
            else
            {
                offset += source.SumOfSizes(i * stride, stride);
            }
        }
        part->Used = target.Used;
        return part;
    }
}
