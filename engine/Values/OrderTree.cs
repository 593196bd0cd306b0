// The order of a big sorted set: a B+-tree over (score, member) whose inner nodes count the entries below, so that the
// entry of a rank, and the rank of an entry, are found on one way from the root to a leaf.
//
//   root (OrderTreeState) -> OrderBranch ... -> OrderLeaf: scores, and a pack of members, in order
//
//  - An inner node has of each child its first score. Where scores are equal the member decides, which is read from the
//    first leaf below the child: its address is kept in the node, so that a comparison is one access away and no
//    member is stored twice in the tree.
//  - Nodes do not know their neighbours. A walk asks for the leaf of the next rank instead, once for some dozens of
//    entries; so every node has one parent, and is copied on write by the way from the root (ValueCut).
//  - A node on the way to a change is divided when it is full, before it is entered, so its parent has room always.
//    Nodes at the right or left edge are not divided in halves: entries that come in order fill the leaves.
//  - A long member's block belongs to the hash table of the set. Here is a copy of the pointer.

using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>The state of a tree, a part of the root of the heap value that has it.</summary>
internal unsafe struct OrderTreeState
{
    /// <summary>A leaf when <see cref="Height"/> is 0, else a branch; null while there is no entry.</summary>
    public HeapNode* Top;

    /// <summary>Branches on the way to a leaf.</summary>
    public int Height;
}

/// <summary>A branch on the way to a leaf, and the child that the way goes on through.</summary>
internal unsafe struct OrderStep
{
    public OrderBranch* Branch;
    public int Index;
}

/// <summary>Look-ups in a tree, and changes of it.</summary>
internal readonly unsafe ref struct OrderTree(OrderTreeState* tree, ValueHeap heap, HeapValue* owner)
{
    public const int MaxLeafEntries = 64;

    /// <summary>Bytes of members and their codes in a leaf, unless it has a single one.</summary>
    public const int MaxLeafBytes = 4096;

    /// <summary>A child with fewer entries or children is united with a neighbour if that has not many more.</summary>
    private const int FewChildren = 16;

    /// <summary>A new level takes sixty divisions of the one below, each of which takes thirty of the next.</summary>
    private const int MaxHeight = 24;

    private readonly OrderNodeHeap _nodes = new(heap, owner);

    /// <summary>How many entries are below a bound.</summary>
    public static long CountBelow(OrderTreeState* tree, in OrderBound bound)
    {
        if (tree->Top == null)
        {
            return 0;
        }
        long count = 0;
        HeapNode* node = tree->Top;
        for (int level = 0; level < tree->Height; level++)
        {
            OrderBranch* branch = (OrderBranch*)node;
            node = OrderBranch.Children(branch)[OrderBranch.Find(branch, bound, out long before)];
            count += before;
        }
        return count + OrderLeaf.CountBelow((OrderLeaf*)node, bound);
    }

    /// <summary>The leaf with the entry of a rank.</summary>
    /// <param name="rank">Of the entry within the leaf, when it returns.</param>
    public static OrderLeaf* LeafOf(OrderTreeState* tree, ref long rank)
    {
        HeapNode* node = tree->Top;
        for (int level = 0; level < tree->Height; level++)
        {
            OrderBranch* branch = (OrderBranch*)node;
            node = OrderBranch.Children(branch)[OrderBranch.Find(branch, ref rank)];
        }
        return (OrderLeaf*)node;
    }

    /// <summary>Frees all nodes, on any thread; nothing is counted.</summary>
    public static void FreeNodes(OrderTreeState* tree) => FreeNodes(tree->Top, tree->Height);

    /// <summary>Adds an entry that is not there.</summary>
    /// <param name="text">The member's bytes.</param>
    /// <param name="stored">The member as the hash table has it, needed if it is a block.</param>
    public void Insert(double score, ReadOnlySpan<byte> text, in PackedText member, Element stored)
    {
        if (tree->Top == null)
        {
            tree->Top = (HeapNode*)_nodes.NewLeaf(1, Pack.SizeOf(member));
        }
        OrderStep* way = stackalloc OrderStep[MaxHeight];
        OrderBound place = OrderBound.OfEntry(score, text, isAfter: false);
        OrderLeaf* leaf = DescendToInsert(way, place, Pack.SizeOf(member), out int index);
        leaf = _nodes.WithRoom(leaf, Pack.SizeOf(member));
        double* scores = OrderLeaf.Scores(leaf);
        long behind = (leaf->Count - index) * sizeof(double);
        Buffer.MemoryCopy(scores + index, scores + index + 1, behind, behind);
        scores[index] = score;
        Pack members = OrderLeaf.Members(leaf);
        if (member.IsBlock)
        {
            members.Insert(index, stored);
        }
        else
        {
            members.Insert(index, member);
        }
        OrderLeaf.Save(leaf, members);
        Enter(way, leaf, 1);
    }

    /// <summary>Removes an entry that is there.</summary>
    public void Remove(double score, ReadOnlySpan<byte> text)
    {
        OrderBound behind = OrderBound.OfEntry(score, text, isAfter: true);
        OrderStep* way = stackalloc OrderStep[MaxHeight];
        HeapNode* node = WritableTop();
        for (int level = 0; level < tree->Height; level++)
        {
            OrderBranch* branch = (OrderBranch*)node;
            node = WritableChild(way, level, branch, OrderBranch.Find(branch, behind, out _));
        }
        OrderLeaf* leaf = (OrderLeaf*)node;
        int index = OrderLeaf.CountBelow(leaf, behind) - 1;
        Invariant.Require(index >= 0 && OrderLeaf.Scores(leaf)[index] == score);
        RemoveFrom(way, leaf, index, 1);
    }

    /// <summary>Removes entries by their ranks.</summary>
    public void RemoveRange(long rank, long count)
    {
        OrderStep* way = stackalloc OrderStep[MaxHeight];
        while (count > 0)
        {
            long within = rank;
            HeapNode* node = WritableTop();
            for (int level = 0; level < tree->Height; level++)
            {
                OrderBranch* branch = (OrderBranch*)node;
                node = WritableChild(way, level, branch, OrderBranch.Find(branch, ref within));
            }
            OrderLeaf* leaf = (OrderLeaf*)node;
            int here = (int)Math.Min(count, leaf->Count - within);
            RemoveFrom(way, leaf, (int)within, here);
            count -= here;
        }
    }

    private HeapNode* WritableTop()
    {
        tree->Top = heap.Writable(tree->Top);
        return tree->Top;
    }

    private HeapNode* WritableChild(OrderStep* way, int level, OrderBranch* branch, int index)
    {
        HeapNode** slot = OrderBranch.Children(branch) + index;
        *slot = heap.Writable(*slot);
        way[level].Branch = branch;
        way[level].Index = index;
        return *slot;
    }

    /// <summary>Goes to where an entry belongs, and divides what is full on the way.</summary>
    private OrderLeaf* DescendToInsert(OrderStep* way, in OrderBound place, int size, out int index)
    {
        HeapNode* node = WritableTop();
        if (tree->Height > 0 && ((OrderBranch*)node)->Count == OrderBranch.MaxChildren)
        {
            node = (HeapNode*)Raise(OrderBranch.Sum((OrderBranch*)node));
        }
        bool atRight = true;
        for (int level = 0; level < tree->Height; level++)
        {
            OrderBranch* branch = (OrderBranch*)node;
            int i = OrderBranch.Find(branch, place, out _);
            node = WritableChild(way, level, branch, i);
            if (level < tree->Height - 1 && ((OrderBranch*)node)->Count == OrderBranch.MaxChildren)
            {
                Divide(way, level, atRight && i == branch->Count - 1, place);
                branch = way[level].Branch;
                i = OrderBranch.Find(branch, place, out _);
                node = WritableChild(way, level, branch, i);
            }
            atRight &= i == branch->Count - 1;
        }
        OrderLeaf* leaf = (OrderLeaf*)node;
        index = OrderLeaf.CountBelow(leaf, place);
        bool isFull = leaf->Count == MaxLeafEntries
            || (leaf->Count > 0 && leaf->Used + leaf->Count + size > MaxLeafBytes);
        return isFull ? DivideLeaf(way, leaf, atRight, ref index) : leaf;
    }

    /// <summary>Puts a branch above the top.</summary>
    private OrderBranch* Raise(long count)
    {
        OrderBranch* branch = _nodes.NewBranch(OrderNodeHeap.MinCapacity);
        branch->Count = 1;
        OrderBranch.SetChild(branch, 0, tree->Top, tree->Height == 0);
        OrderBranch.Below(branch)[0] = count;
        tree->Top = (HeapNode*)branch;
        tree->Height++;
        return branch;
    }

    /// <summary>Divides a full branch, the next on the way, whose parent has room.</summary>
    private void Divide(OrderStep* way, int level, bool atRight, in OrderBound place)
    {
        int index = way[level].Index;
        OrderBranch* left = (OrderBranch*)OrderBranch.Children(way[level].Branch)[index];
        atRight = atRight && OrderBranch.Find(left, place, out _) == left->Count - 1;
        int kept = atRight ? left->Count - 1 : left->Count / 2;
        OrderBranch* right = _nodes.NewBranch(OrderBranch.MaxChildren);
        OrderBranch.Append(right, left, kept, left->Count - kept);
        left->Count = kept;
        OrderBranch* parent = AddChild(way, level, index + 1, (HeapNode*)right, isLeaf: false);
        long moved = OrderBranch.Sum(right);
        OrderBranch.Below(parent)[index + 1] = moved;
        OrderBranch.Below(parent)[index] -= moved;
    }

    /// <summary>Divides a full leaf at the end of the way, whose parent has room.</summary>
    /// <param name="index">Where the new entry goes, in the leaf that is returned.</param>
    /// <returns>The leaf for the new entry, to which the way leads then.</returns>
    private OrderLeaf* DivideLeaf(OrderStep* way, OrderLeaf* leaf, bool atRight, ref int index)
    {
        if (tree->Height == 0)
        {
            way[0].Branch = Raise(leaf->Count);
            way[0].Index = 0;
        }
        int level = tree->Height - 1;
        int at = way[level].Index;
        int count = leaf->Count;

        // At index 0 only the first leaf of all gets an entry.
        int kept = atRight && index == count ? count : index == 0 ? 0 : count / 2;
        bool atEdge = kept == 0 || kept == count;
        OrderLeaf* right = _nodes.CopyOf(leaf, kept, count - kept, grows: !atEdge);
        OrderBranch* parent = AddChild(way, level, at + 1, (HeapNode*)right, isLeaf: true);
        OrderBranch.Below(parent)[at + 1] = count - kept;
        OrderBranch.Below(parent)[at] = kept;
        OrderLeaf* left = _nodes.CopyOf(leaf, 0, kept, grows: !atEdge);
        heap.Free(owner, &leaf->Node);
        if (index > kept || kept == count)
        {
            // The left one is entered by hand: the way leads past it.
            OrderBranch.SetChild(parent, at, (HeapNode*)left, isLeaf: true);
            EnterFirst(way, level);
            way[level].Index = at + 1;
            index -= kept;
            return right;
        }
        OrderBranch.Children(parent)[at] = (HeapNode*)left;
        return left;
    }

    /// <summary>Makes a place for a child in a branch on the way.</summary>
    private OrderBranch* AddChild(OrderStep* way, int level, int index, HeapNode* child, bool isLeaf)
    {
        OrderBranch* branch = way[level].Branch;
        if (branch->Count == branch->Capacity)
        {
            OrderBranch* bigger = _nodes.NewBranch(Math.Min(2 * branch->Capacity, OrderBranch.MaxChildren));
            OrderBranch.Append(bigger, branch, 0, branch->Count);
            heap.Free(owner, &branch->Node);
            way[level].Branch = branch = bigger;
            if (level == 0)
            {
                tree->Top = (HeapNode*)bigger;
            }
            else
            {
                OrderBranch.Children(way[level - 1].Branch)[way[level - 1].Index] = (HeapNode*)bigger;
            }
        }
        OrderBranch.Open(branch, index);
        OrderBranch.SetChild(branch, index, child, isLeaf);
        return branch;
    }

    /// <summary>Enters a changed leaf, and the number of its entries, all the way up.</summary>
    private void Enter(OrderStep* way, OrderLeaf* leaf, long added)
    {
        HeapNode* node = (HeapNode*)leaf;
        for (int level = tree->Height - 1; level >= 0; level--)
        {
            OrderStep step = way[level];
            OrderBranch.SetChild(step.Branch, step.Index, node, level == tree->Height - 1);
            OrderBranch.Below(step.Branch)[step.Index] += added;
            node = (HeapNode*)step.Branch;
        }
        tree->Top = node;
    }

    /// <summary>Enters up from a branch on the way what it begins with.</summary>
    private void EnterFirst(OrderStep* way, int level)
    {
        for (; level > 0; level--)
        {
            OrderStep step = way[level - 1];
            OrderBranch.SetChild(step.Branch, step.Index, (HeapNode*)way[level].Branch, isLeaf: false);
        }
        tree->Top = (HeapNode*)way[0].Branch;
    }

    private void RemoveFrom(OrderStep* way, OrderLeaf* leaf, int index, int count)
    {
        double* scores = OrderLeaf.Scores(leaf);
        long behind = (leaf->Count - index - count) * sizeof(double);
        Buffer.MemoryCopy(scores + index + count, scores + index, behind, behind);
        Pack members = OrderLeaf.Members(leaf);
        members.Remove(index, count);
        OrderLeaf.Save(leaf, members);
        leaf = _nodes.Trimmed(leaf);
        Enter(way, leaf, -count);
        if (tree->Height == 0)
        {
            if (leaf->Count == 0)
            {
                heap.Free(owner, &leaf->Node);
                tree->Top = null;
            }
            return;
        }
        Thin(way, leaf->Count);
    }

    /// <summary>Takes out what a removal has emptied, and unites what it made small.</summary>
    private void Thin(OrderStep* way, int count)
    {
        int level = tree->Height - 1;
        for (; level >= 0 && count < FewChildren; level--)
        {
            OrderBranch* branch = way[level].Branch;
            int index = way[level].Index;
            if (count == 0)
            {
                heap.Free(owner, OrderBranch.Children(branch)[index]);
                OrderBranch.Remove(branch, index);
            }
            else if (!TryUnite(branch, index, level == tree->Height - 1)
                && (index == 0 || !TryUnite(branch, index - 1, level == tree->Height - 1)))
            {
                break;
            }
            count = branch->Count;
        }
        if (level < tree->Height - 1 && ((OrderBranch*)tree->Top)->Count > 0)
        {
            EnterFirsts(way, level);
        }
        LowerTop();
    }

    /// <summary>Enters anew what the branches on the way begin with.</summary>
    /// <param name="level">The lowest branch that was left as it was; those below it may be gone.</param>
    private void EnterFirsts(OrderStep* way, int level)
    {
        if (level >= 0)
        {
            OrderStep step = way[level];
            HeapNode* child = OrderBranch.Children(step.Branch)[step.Index];
            OrderBranch.SetChild(step.Branch, step.Index, child, level == tree->Height - 1);
            EnterFirst(way, level);
        }
    }

    /// <summary>Unites a child with the next one, if they are small enough.</summary>
    private bool TryUnite(OrderBranch* branch, int index, bool areLeaves)
    {
        if (index + 1 >= branch->Count)
        {
            return false;
        }
        HeapNode* left = OrderBranch.Children(branch)[index];
        HeapNode* right = OrderBranch.Children(branch)[index + 1];
        HeapNode* united = areLeaves
            ? _nodes.United((OrderLeaf*)left, (OrderLeaf*)right)
            : _nodes.United((OrderBranch*)left, (OrderBranch*)right);
        if (united == null)
        {
            return false;
        }
        heap.Free(owner, left);
        heap.Free(owner, right);
        OrderBranch.Below(branch)[index] += OrderBranch.Below(branch)[index + 1];
        OrderBranch.Remove(branch, index + 1);
        OrderBranch.SetChild(branch, index, united, areLeaves);
        return true;
    }

    private void LowerTop()
    {
        while (tree->Height > 0 && ((OrderBranch*)tree->Top)->Count <= 1)
        {
            OrderBranch* top = (OrderBranch*)tree->Top;
            tree->Top = top->Count == 0 ? null : OrderBranch.Children(top)[0];
            tree->Height = tree->Top == null ? 0 : tree->Height - 1;
            heap.Free(owner, &top->Node);
        }
    }

    private static void FreeNodes(HeapNode* node, int height)
    {
        if (node == null)
        {
            return;
        }
        if (height > 0)
        {
            OrderBranch* branch = (OrderBranch*)node;
            for (int i = 0; i < branch->Count; i++)
            {
                FreeNodes(OrderBranch.Children(branch)[i], height - 1);
            }
        }
        NativeMemory.Free(node);
    }
}
