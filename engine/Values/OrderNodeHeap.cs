namespace Tidelog.Engine.Values;

/// <summary>Makes the nodes of an <see cref="OrderTree"/>, of a size that wastes little.</summary>
internal readonly unsafe ref struct OrderNodeHeap(ValueHeap heap, HeapValue* owner)
{
    /// <summary>Children that there is room for in a new top.</summary>
    public const int MinCapacity = 8;

    /// <summary>Two nodes with more entries or children stay apart.</summary>
    private const int MaxUnited = 48;

    public OrderLeaf* NewLeaf(int slots, int packed)
    {
        OrderLeaf* leaf = (OrderLeaf*)heap.New(owner, RoundedSize(slots, packed));
        leaf->Count = 0;
        leaf->Slots = (ushort)slots;
        leaf->Used = 0;
        return leaf;
    }

    public OrderBranch* NewBranch(int capacity)
    {
        OrderBranch* branch = (OrderBranch*)heap.New(owner, OrderBranch.SizeFor(capacity));
        branch->Count = 0;
        branch->Capacity = capacity;
        return branch;
    }

    /// <summary>A leaf with a part of another's entries.</summary>
    public OrderLeaf* CopyOf(OrderLeaf* leaf, int index, int count, bool grows)
    {
        int packed = OrderLeaf.Members(leaf).SumOfSizes(index, count) + count;
        OrderLeaf* copy = NewLeaf(grows ? SlotsFor(count) : count, grows ? WithMargin(packed) : packed);
        AppendTo(copy, leaf, index, count);
        return copy;
    }

    /// <summary>The leaf, or another in its place, with room for one more entry.</summary>
    /// <param name="size">Bytes of the member and its code.</param>
    public OrderLeaf* WithRoom(OrderLeaf* leaf, int size)
    {
        Pack members = OrderLeaf.Members(leaf);
        if (leaf->Count < leaf->Slots && members.Free >= size)
        {
            return leaf;
        }
        int slots = leaf->Count < leaf->Slots ? leaf->Slots : SlotsFor(leaf->Count + 1);
        return Moved(leaf, slots, members.Needed + size);
    }

    /// <summary>A leaf that gives back room when much of it is free.</summary>
    public OrderLeaf* Trimmed(OrderLeaf* leaf)
    {
        int needed = OrderLeaf.SizeFor(leaf->Count, leaf->Used + leaf->Count);
        return leaf->Count > 0 && leaf->Node.Size > (2 * needed) + 64
            ? Moved(leaf, SlotsFor(leaf->Count), leaf->Used + leaf->Count)
            : leaf;
    }

    /// <summary>A node with the entries of two, which are the caller's to free; null if they are too many.</summary>
    public HeapNode* United(OrderLeaf* left, OrderLeaf* right)
    {
        Pack first = OrderLeaf.Members(left);
        Pack second = OrderLeaf.Members(right);
        if (first.Count + second.Count > MaxUnited || first.Needed + second.Needed > OrderTree.MaxLeafBytes * 3 / 4)
        {
            return null;
        }
        OrderLeaf* united = NewLeaf(
            SlotsFor(first.Count + second.Count), WithMargin(first.Needed + second.Needed));
        AppendTo(united, left, 0, left->Count);
        AppendTo(united, right, 0, right->Count);
        return (HeapNode*)united;
    }

    /// <inheritdoc cref="United(OrderLeaf*, OrderLeaf*)"/>
    public HeapNode* United(OrderBranch* left, OrderBranch* right)
    {
        if (left->Count + right->Count > MaxUnited)
        {
            return null;
        }
        OrderBranch* united = NewBranch(OrderBranch.MaxChildren);
        OrderBranch.Append(united, left, 0, left->Count);
        OrderBranch.Append(united, right, 0, right->Count);
        return (HeapNode*)united;
    }

    private static void AppendTo(OrderLeaf* target, OrderLeaf* source, int index, int count)
    {
        Buffer.MemoryCopy(
            OrderLeaf.Scores(source) + index, OrderLeaf.Scores(target) + target->Count,
            (long)count * sizeof(double), (long)count * sizeof(double));
        Pack members = OrderLeaf.Members(target);
        members.Append(OrderLeaf.Members(source), index, count);
        OrderLeaf.Save(target, members);
    }

    private OrderLeaf* Moved(OrderLeaf* leaf, int slots, int packed)
    {
        OrderLeaf* moved = NewLeaf(slots, WithMargin(packed));
        AppendTo(moved, leaf, 0, leaf->Count);
        heap.Free(owner, &leaf->Node);
        return moved;
    }

    /// <summary>Room for some more scores.</summary>
    private static int SlotsFor(int count) => Math.Min((count + 1 + (count / 8)) & ~1, OrderTree.MaxLeafEntries);

    /// <summary>An eighth more members than are there.</summary>
    private static int WithMargin(int packed) => packed + (packed / 8);

    /// <summary>All of what the C library gives for such a size; one score at least.</summary>
    private static int RoundedSize(int slots, int packed) => ((OrderLeaf.SizeFor(slots, packed) + 8 + 15) & ~15) - 8;
}
