// The way to the leaves of a hash table: an array of pointers cut in segments, so that a cut that freezes it makes a
// writer copy 4 KiB and not the whole. The first segment of a small table is only as big as it needs to be.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

internal static unsafe class HashDirectory
{
    private const int SegmentBits = 9;
    private const int SegmentLength = 1 << SegmentBits;

    public static void Initialize(HashTableState* table, ValueHeap heap, HeapValue* owner)
    {
        HeapNode* segment = heap.New(owner, SizeOf(1));
        PointersOf(segment)[0] = null;
        table->Top = heap.New(owner, SizeOf(1));
        PointersOf(table->Top)[0] = segment;
    }

    public static long BucketCount(HashTableState* table) => (1L << table->Level) + table->Split;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long BucketOf(HashTableState* table, ulong hash)
    {
        long low = (long)(hash & ((1UL << table->Level) - 1));
        return low >= table->Split ? low : (long)(hash & ((2UL << table->Level) - 1));
    }

    /// <summary>The leaf of a bucket, or null: it has no entries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HashLeaf* Leaf(HashTableState* table, long bucket) =>
        (HashLeaf*)PointersOf(PointersOf(table->Top)[bucket >> SegmentBits])[bucket & (SegmentLength - 1)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HashLeaf* LeafOf(HashTableState* table, ulong hash) => Leaf(table, BucketOf(table, hash));

    /// <summary>Where the pointer to a bucket's leaf stands, to be changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HashLeaf** WritableSlot(HashTableState* table, long bucket, ValueHeap heap)
    {
        HeapNode** segment = WritableSegment(table, (int)(bucket >> SegmentBits), heap);
        return (HashLeaf**)PointersOf(*segment) + (bucket & (SegmentLength - 1));
    }

    /// <summary>Adds a bucket without a leaf: the other part of the one that <c>Split</c> points to.</summary>
    public static void AddBucket(HashTableState* table, ValueHeap heap, HeapValue* owner)
    {
        long bucket = BucketCount(table);
        int segment = (int)(bucket >> SegmentBits);
        int index = (int)(bucket & (SegmentLength - 1));
        table->Top = heap.Writable(table->Top);
        if (index == 0)
        {
            if (segment >= RoomOf(table->Top))
            {
                table->Top = heap.Resize(owner, table->Top, SizeOf(segment * 2));
            }
            PointersOf(table->Top)[segment] = heap.New(owner, SizeOf(SegmentLength));
        }
        HeapNode** place = WritableSegment(table, segment, heap);
        if (index >= RoomOf(*place))
        {
            *place = heap.Resize(owner, *place, SizeOf(Math.Min(index * 2, SegmentLength)));
        }
        PointersOf(*place)[index] = null;
        if (++table->Split == 1 << table->Level)
        {
            table->Level++;
            table->Split = 0;
        }
    }

    /// <summary>Takes the last bucket away, whose leaf is gone.</summary>
    public static void RemoveBucket(HashTableState* table, ValueHeap heap, HeapValue* owner)
    {
        if (table->Split == 0)
        {
            table->Level--;
            table->Split = 1 << table->Level;
        }
        table->Split--;
        long bucket = BucketCount(table);
        if ((bucket & (SegmentLength - 1)) == 0)
        {
            HeapNode** place = WritableSegment(table, (int)(bucket >> SegmentBits), heap);
            heap.Free(owner, *place);
            *place = null;
        }
    }

    /// <summary>Frees the directory itself on any thread; nothing is counted.</summary>
    public static void Free(HashTableState* table)
    {
        long segments = (BucketCount(table) + SegmentLength - 1) >> SegmentBits;
        for (int i = 0; i < segments; i++)
        {
            NativeMemory.Free(PointersOf(table->Top)[i]);
        }
        NativeMemory.Free(table->Top);
    }

    /// <summary>Where the pointer to a segment stands, the segment being writable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static HeapNode** WritableSegment(HashTableState* table, int segment, ValueHeap heap)
    {
        table->Top = heap.Writable(table->Top);
        HeapNode** place = PointersOf(table->Top) + segment;
        *place = heap.Writable(*place);
        return place;
    }

    private static HeapNode** PointersOf(HeapNode* node) => (HeapNode**)(node + 1);

    private static int RoomOf(HeapNode* node) => (node->Size - HeapNode.HeaderSize) / sizeof(HeapNode*);

    private static int SizeOf(int pointers) => HeapNode.HeaderSize + (pointers * sizeof(HeapNode*));
}
