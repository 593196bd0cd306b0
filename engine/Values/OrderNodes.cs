namespace Tidelog.Engine.Values;

/// <summary>
/// A leaf of an <see cref="OrderTree"/>: this header, room for <see cref="Slots"/> scores, and a pack of the members
/// over all the rest.
/// </summary>
internal unsafe struct OrderLeaf
{
    public const int HeaderSize = 16;

    public HeapNode Node;
    public ushort Count;

    /// <summary>How many scores there is room for.</summary>
    public ushort Slots;

    /// <summary>Bytes of the members' payloads.</summary>
    public int Used;

    public static double* Scores(OrderLeaf* leaf) => (double*)((byte*)leaf + HeaderSize);

    public static Pack Members(OrderLeaf* leaf) => new(
        (byte*)leaf + HeaderSize + (leaf->Slots * sizeof(double)),
        (byte*)leaf + leaf->Node.Size,
        leaf->Count,
        leaf->Used);

    /// <summary>Stores what a change of the pack made of its count and size.</summary>
    public static void Save(OrderLeaf* leaf, in Pack members)
    {
        leaf->Count = (ushort)members.Count;
        leaf->Used = members.Used;
    }

    public static int SizeFor(int slots, int packed) => HeaderSize + (slots * sizeof(double)) + packed;

    /// <summary>How many entries are below a bound.</summary>
    public static int CountBelow(OrderLeaf* leaf, in OrderBound bound)
    {
        double* scores = Scores(leaf);
        Pack members = Members(leaf);
        int low = 0;
        int high = leaf->Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (bound.IsAbove(scores[middle], members, middle))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }
}

/// <summary>
/// An inner node of an <see cref="OrderTree"/>. Of each child it has the pointer, the number of entries below, and what
/// tells where the child's entries begin: the first score, and the leaf that has the first member.
/// </summary>
internal unsafe struct OrderBranch
{
    public const int MaxChildren = 64;
    private const int HeaderSize = 16;
    private const int BytesPerChild = 32;

    public HeapNode Node;
    public int Count;
    public int Capacity;

    public static int SizeFor(int capacity) => HeaderSize + (capacity * BytesPerChild);

    public static double* FirstScores(OrderBranch* branch) => (double*)((byte*)branch + HeaderSize);

    public static HeapNode** Children(OrderBranch* branch) =>
        (HeapNode**)(FirstScores(branch) + branch->Capacity);

    public static OrderLeaf** FirstLeaves(OrderBranch* branch) =>
        (OrderLeaf**)(Children(branch) + branch->Capacity);

    /// <summary>Numbers of entries.</summary>
    public static long* Below(OrderBranch* branch) => (long*)(FirstLeaves(branch) + branch->Capacity);

    /// <summary>The last child whose first entry is below the bound, or the first child.</summary>
    /// <param name="before">How many entries the children in front of it have.</param>
    public static int Find(OrderBranch* branch, in OrderBound bound, out long before)
    {
        double* scores = FirstScores(branch);
        OrderLeaf** leaves = FirstLeaves(branch);
        int low = 1;
        int high = branch->Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (bound.IsAbove(scores[middle], leaves[middle]))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        before = 0;
        long* below = Below(branch);
        for (int i = 0; i < low - 1; i++)
        {
            before += below[i];
        }
        return low - 1;
    }

    /// <summary>The child that has the entry of a rank, which becomes the rank within the child.</summary>
    public static int Find(OrderBranch* branch, ref long rank)
    {
        long* below = Below(branch);
        int i = 0;
        while (rank >= below[i])
        {
            rank -= below[i++];
        }
        return i;
    }

    /// <summary>Number of all entries.</summary>
    public static long Sum(OrderBranch* branch)
    {
        long sum = 0;
        for (int i = 0; i < branch->Count; i++)
        {
            sum += Below(branch)[i];
        }
        return sum;
    }

    /// <summary>Makes room for a child; the caller fills it in.</summary>
    public static void Open(OrderBranch* branch, int index)
    {
        int behind = branch->Count - index;
        MoveWords(FirstScores(branch), index, index + 1, behind);
        MoveWords(Children(branch), index, index + 1, behind);
        MoveWords(FirstLeaves(branch), index, index + 1, behind);
        MoveWords(Below(branch), index, index + 1, behind);
        branch->Count++;
    }

    /// <summary>Takes children out; their nodes are the caller's.</summary>
    public static void Remove(OrderBranch* branch, int index)
    {
        int behind = branch->Count - index - 1;
        MoveWords(FirstScores(branch), index + 1, index, behind);
        MoveWords(Children(branch), index + 1, index, behind);
        MoveWords(FirstLeaves(branch), index + 1, index, behind);
        MoveWords(Below(branch), index + 1, index, behind);
        branch->Count--;
    }

    /// <summary>Copies children behind those of another branch that has room for them.</summary>
    public static void Append(OrderBranch* target, OrderBranch* source, int index, int count)
    {
        int at = target->Count;
        CopyWords(FirstScores(source) + index, FirstScores(target) + at, count);
        CopyWords(Children(source) + index, Children(target) + at, count);
        CopyWords(FirstLeaves(source) + index, FirstLeaves(target) + at, count);
        CopyWords(Below(source) + index, Below(target) + at, count);
        target->Count += count;
    }

    /// <summary>Enters where a child is and begins; the number of its entries is left as it is.</summary>
    public static void SetChild(OrderBranch* branch, int index, HeapNode* child, bool isLeaf)
    {
        Children(branch)[index] = child;
        if (isLeaf)
        {
            FirstScores(branch)[index] = OrderLeaf.Scores((OrderLeaf*)child)[0];
            FirstLeaves(branch)[index] = (OrderLeaf*)child;
        }
        else
        {
            FirstScores(branch)[index] = FirstScores((OrderBranch*)child)[0];
            FirstLeaves(branch)[index] = FirstLeaves((OrderBranch*)child)[0];
        }
    }

    private static void MoveWords(void* words, int from, int to, int count) =>
        CopyWords((long*)words + from, (long*)words + to, count);

    private static void CopyWords(void* from, void* to, int count) =>
        Buffer.MemoryCopy(from, to, (long)count * sizeof(long), (long)count * sizeof(long));
}
