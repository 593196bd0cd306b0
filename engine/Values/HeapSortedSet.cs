// A big sorted set: a hash table from members to scores, which says what the set is, and a tree that says in which
// order (OrderTree). Both are copied on write, so that a snapshot sees either as it was at the cut.
//
// Every member is stored twice, which costs less than a pointer to it and from it would: entries move within their
// nodes all the time. Only the block of a long one is shared; the table owns it.

using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>The root of a big sorted set; the table counts the entries.</summary>
internal unsafe struct SortedSetRoot
{
    public HeapValue Value;
    public HashTableState Scores;
    public OrderTreeState Order;
}

/// <summary>Operations on big sorted sets; what changes one wants a root that is writable.</summary>
internal static unsafe class HeapSortedSet
{
    public static SortedSetRoot* New(ValueHeap heap)
    {
        SortedSetRoot* root = (SortedSetRoot*)heap.NewRoot(HeapValueKind.SortedSet, sizeof(SortedSetRoot));
        HashTable.Initialize(&root->Scores, stride: 2, heap, &root->Value);
        return root;
    }

    public static bool TryScore(SortedSetRoot* root, in PackedText member, out double score)
    {
        if (HashTable.TryFind(&root->Scores, member, out HashEntry entry))
        {
            score = SortedScore.Read(entry.Value);
            return true;
        }
        score = 0;
        return false;
    }

    /// <summary>Adds a member that is not there.</summary>
    public static void Add(SortedSetRoot* root, ReadOnlySpan<byte> text, double score, ValueHeap heap)
    {
        PackedText member = new(text);
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        HashTable.Set(&root->Scores, member, SortedScore.ToText(score, scratch), heap, &root->Value);
        Order(root, heap).Insert(score, text, member, StoredBlock(root, member));
    }

    /// <summary>Adds a member unless it is there.</summary>
    /// <param name="text">Of the member.</param>
    /// <returns>False if it is there; then its score in the table is of no meaning.</returns>
    public static bool TryAdd(
        SortedSetRoot* root, ReadOnlySpan<byte> text, in PackedText member, double score, ValueHeap heap)
    {
        if (!SetScore(root, member, score, heap))
        {
            return false;
        }
        Order(root, heap).Insert(score, text, member, StoredBlock(root, member));
        return true;
    }

    /// <summary>
    /// Adds a member, or changes its score, in the table alone, in a set that has no order yet:
    /// <see cref="AddToOrder"/> follows for each.
    /// </summary>
    /// <returns>True if the member is new.</returns>
    public static bool SetScore(SortedSetRoot* root, in PackedText member, double score, ValueHeap heap)
    {
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        return HashTable.Set(&root->Scores, member, SortedScore.ToText(score, scratch), heap, &root->Value);
    }

    /// <summary>Gives a member that the table has its place in the order; in ascending order is quickest.</summary>
    /// <param name="member">As the table has it.</param>
    public static void AddToOrder(SortedSetRoot* root, Element member, double score, ValueHeap heap)
    {
        byte* scratch = stackalloc byte[Element.ScratchLength];
        ReadOnlySpan<byte> text = member.Text(new Span<byte>(scratch, Element.ScratchLength));
        Order(root, heap).Insert(score, text, PackedText.Of(member), member);
    }

    /// <summary>Changes the score of a member that is there.</summary>
    public static void Update(
        SortedSetRoot* root, ReadOnlySpan<byte> text, double oldScore, double score, ValueHeap heap)
    {
        PackedText member = new(text);
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        HashTable.Set(&root->Scores, member, SortedScore.ToText(score, scratch), heap, &root->Value);
        OrderTree order = Order(root, heap);
        order.Remove(oldScore, text);
        order.Insert(score, text, member, StoredBlock(root, member));
    }

    /// <summary>Removes a member that is there.</summary>
    public static void Remove(SortedSetRoot* root, ReadOnlySpan<byte> text, double score, ValueHeap heap)
    {
        // The tree first: it compares with the block of a long member.
        Order(root, heap).Remove(score, text);
        bool wasThere = HashTable.Remove(&root->Scores, new PackedText(text), heap, &root->Value);
        Invariant.Require(wasThere);
    }

    /// <summary>Removes entries by their ranks.</summary>
    public static void RemoveRange(SortedSetRoot* root, long rank, long count, ValueHeap heap)
    {
        // Tree and table are changed in turn, some dozens of entries at a time, for the tree's leaf names the members.
        while (count > 0)
        {
            long within = rank;
            OrderLeaf* leaf = OrderTree.LeafOf(&root->Order, ref within);
            int here = (int)Math.Min(count, leaf->Count - within);
            RemoveFromTable(root, leaf, (int)within, here, heap);
            Order(root, heap).RemoveRange(rank, here);
            count -= here;
        }
    }

    /// <summary>Frees a set, on any thread; nothing is counted.</summary>
    public static void FreeNodes(SortedSetRoot* root)
    {
        OrderTree.FreeNodes(&root->Order);
        HashTable.FreeNodes(&root->Scores);
        NativeMemory.Free(root);
    }

    public static SortedSetRoot* Clone(SortedSetRoot* root, ValueHeap heap)
    {
        SortedSetRoot* copy = New(heap);
        HashTable.CopyTo(&root->Scores, &copy->Scores, heap, &copy->Value);
        copy->Value.Count = root->Value.Count;
        byte* scratch = stackalloc byte[Element.ScratchLength];
        SortedEntries entries = SortedEntries.Of(root, 0, root->Value.Count, isReversed: false);
        while (entries.MoveNext())
        {
            ReadOnlySpan<byte> text = entries.Member.Text(new Span<byte>(scratch, Element.ScratchLength));
            PackedText member = new(text);
            Order(copy, heap).Insert(entries.Score, text, member, StoredBlock(copy, member));
        }
        return copy;
    }

    private static OrderTree Order(SortedSetRoot* root, ValueHeap heap) => new(&root->Order, heap, &root->Value);

    /// <summary>A long member as the table has it; nothing for others.</summary>
    private static Element StoredBlock(SortedSetRoot* root, in PackedText member)
    {
        if (!member.IsBlock)
        {
            return default;
        }
        bool isThere = HashTable.TryFind(&root->Scores, member, out HashEntry entry);
        Invariant.Require(isThere);
        return entry.Key;
    }

    private static void RemoveFromTable(SortedSetRoot* root, OrderLeaf* leaf, int index, int count, ValueHeap heap)
    {
        Pack members = OrderLeaf.Members(leaf);
        int offset = members.OffsetOf(index);
        for (int i = index; i < index + count; i++)
        {
            Element member = members.At(i, offset);
            bool wasThere = HashTable.Remove(&root->Scores, PackedText.Of(member), heap, &root->Value);
            Invariant.Require(wasThere);
            offset += member.PayloadLength;
        }
    }
}
