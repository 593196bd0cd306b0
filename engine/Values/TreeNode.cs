using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Values;

/// <summary>A node of a <see cref="NodeTree{TKey, TValue}"/>; its entries follow this header.</summary>
internal unsafe struct TreeNode<TKey>
    where TKey : unmanaged, ITreeKey<TKey>
{
    public const int SmallestCapacity = 4;
    private const int MaxSize = 2040;

    public HeapNode Node;

    /// <summary>Entries in use.</summary>
    public int Count;

    private static int HeaderSize => (sizeof(TreeNode<TKey>) + 7) & ~7;

    private static int InnerStride => sizeof(TKey) + sizeof(TreeNode<TKey>*);

    public TKey* FirstKey => Key(0, 0);

    /// <summary>Entries of a node of the greatest size.</summary>
    public static int MaxCount(int stride) => (MaxSize - HeaderSize) / stride;

    /// <summary>Size of a node that has room for some entries at least: room doubles.</summary>
    public static int SizeFor(int count, int stride)
    {
        int capacity = SmallestCapacity;
        while (capacity < count)
        {
            capacity *= 2;
        }
        return HeaderSize + (Math.Min(capacity, MaxCount(stride)) * stride);
    }

    public static TreeNode<TKey>* New(int stride, int count, ValueHeap heap, HeapValue* owner)
    {
        TreeNode<TKey>* node = (TreeNode<TKey>*)heap.New(owner, SizeFor(count, stride));
        node->Count = 0;
        return node;
    }

    /// <summary>Makes room for an entry in a writable node.</summary>
    /// <param name="node">Changed when it has to grow.</param>
    /// <param name="sibling">What it had to be split into; the entry may be in either.</param>
    /// <returns>The entry, to be filled.</returns>
    public static byte* Open(
        ref TreeNode<TKey>* node, int index, int stride, ValueHeap heap, HeapValue* owner,
        out TreeNode<TKey>* sibling)
    {
        sibling = null;
        int count = node->Count;
        if (count < node->Capacity(stride))
        {
            return node->Open(index, stride);
        }
        if (count < MaxCount(stride))
        {
            node = (TreeNode<TKey>*)heap.Resize(owner, &node->Node, SizeFor(count + 1, stride));
            return node->Open(index, stride);
        }
        if (index == count)
        {
            sibling = New(stride, SmallestCapacity, heap, owner);
            return sibling->Open(0, stride);
        }
        int kept = count / 2;
        int moved = count - kept;
        sibling = New(stride, moved + 1, heap, owner);
        Unsafe.CopyBlock(sibling->Entry(0, stride), node->Entry(kept, stride), (uint)(moved * stride));
        sibling->Count = moved;
        node->Count = kept;
        return index > kept ? sibling->Open(index - kept, stride) : node->Open(index, stride);
    }

    /// <summary>Gives back room of a writable node that has become nearly empty.</summary>
    public static void Shrink(ref TreeNode<TKey>* node, int stride, ValueHeap heap, HeapValue* owner)
    {
        int size = SizeFor(2 * node->Count, stride);
        if (size < node->Node.Size)
        {
            node = (TreeNode<TKey>*)heap.Resize(owner, &node->Node, size);
        }
    }

    public int Capacity(int stride) => (Node.Size - HeaderSize) / stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Entry(int index, int stride) => (byte*)Unsafe.AsPointer(ref this) + HeaderSize + (index * stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TKey* Key(int index, int stride) => (TKey*)Entry(index, stride);

    /// <summary>Where an inner node has the pointer to a child.</summary>
    public TreeNode<TKey>** ChildSlot(int index) => (TreeNode<TKey>**)(Entry(index, InnerStride) + sizeof(TKey));

    public TreeNode<TKey>* Child(int index) => *ChildSlot(index);

    /// <summary>Sets a child, and the key that belongs to it.</summary>
    public void SetChild(int index, TreeNode<TKey>* child)
    {
        *Key(index, InnerStride) = *child->FirstKey;
        *ChildSlot(index) = child;
    }

    /// <summary>The child that has a key, or would have it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ChildIndex(in TKey key) => Math.Max(0, UpperBound(key, InnerStride) - 1);

    /// <summary>Index of the first entry whose key is not before a key.</summary>
    public int LowerBound(in TKey key, int stride)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (TKey.IsBefore(*Key(middle, stride), key))
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

    /// <summary>Index of the first entry whose key is behind a key.</summary>
    public int UpperBound(in TKey key, int stride)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (TKey.IsBefore(key, *Key(middle, stride)))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return low;
    }

    /// <summary>Removes an entry of a writable node.</summary>
    public void Close(int index, int stride)
    {
        Count--;
        long behind = (long)(Count - index) * stride;
        Buffer.MemoryCopy(Entry(index + 1, stride), Entry(index, stride), behind, behind);
    }

    private byte* Open(int index, int stride)
    {
        byte* entry = Entry(index, stride);
        long behind = (long)(Count - index) * stride;
        Buffer.MemoryCopy(entry, entry + stride, behind, behind);
        Count++;
        return entry;
    }
}
