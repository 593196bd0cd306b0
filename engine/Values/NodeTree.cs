// A B+-tree of nodes that a cut can freeze: sorted keys of fixed size, each with a value of fixed size. A stream keeps
// in such trees the chunks of its entries, its groups, their consumers, and what is pending.
//
// A node is a header and an array of entries: key and value in a leaf, key and child in an inner node, where the key is
// exactly the first one of the child (so that a key which points to memory never outlives its entry). Nodes begin
// small and double up to 2 KiB. A full node is split in the middle, but for an entry behind the last one, which begins
// a node of its own: what only grows at its end has full nodes. A node that becomes small is merged with a neighbour
// when both together leave room. All leaves are at the same depth.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>A key of a <see cref="NodeTree{TKey, TValue}"/>.</summary>
internal interface ITreeKey<T>
{
    static abstract bool IsBefore(in T left, in T right);
}

/// <summary>The value of a tree that is a set.</summary>
internal readonly struct NoValue;

/// <summary>
/// The tree's anchor, which lies in a node of its owner; to change the tree that node must be writable.
/// </summary>
internal unsafe struct NodeTree<TKey, TValue>
    where TKey : unmanaged, ITreeKey<TKey>
    where TValue : unmanaged
{
    private TreeNode<TKey>* _root;
    private int _height;

    /// <summary>Number of keys.</summary>
    public long Count { get; private set; }

    /// <summary>Memory of all nodes; what values point to is not in it.</summary>
    public long Bytes { get; private set; }

    /// <summary>Null if the tree is empty.</summary>
    public readonly TreeNode<TKey>* Root => _root;

    /// <summary>Levels of inner nodes above the leaves.</summary>
    public readonly int Height => _height;

    /// <summary>Bytes of an entry in a leaf.</summary>
    public static int LeafStride => sizeof(TKey) + (typeof(TValue) == typeof(NoValue) ? 0 : sizeof(TValue));

    private static int InnerStride => sizeof(TKey) + sizeof(TreeNode<TKey>*);

    /// <summary>The value of a key, to be read; null if there is no such key.</summary>
    public readonly TValue* Find(TKey key)
    {
        TreeNode<TKey>* node = _root;
        if (node == null)
        {
            return null;
        }
        for (int height = _height; height > 0; height--)
        {
            node = node->Child(node->ChildIndex(key));
        }
        int index = node->LowerBound(key, LeafStride);
        return index < node->Count && !TKey.IsBefore(key, *node->Key(index, LeafStride))
            ? (TValue*)(node->Entry(index, LeafStride) + sizeof(TKey))
            : null;
    }

    /// <summary>The value of a key, to be changed; null if there is no such key.</summary>
    public TValue* FindWritable(TKey key, ValueHeap heap)
    {
        if (Find(key) == null)
        {
            return null;
        }
        if (heap.Cut.Frozen != 0)
        {
            MakePathWritable(key, heap);
        }
        return Find(key);
    }

    /// <summary>Adds a key that is not there yet.</summary>
    /// <returns>Where its value is to be written; good until the tree is changed again.</returns>
    public TValue* Insert(TKey key, ValueHeap heap, HeapValue* owner)
    {
        long before = owner->Bytes;
        if (_root == null)
        {
            _root = TreeNode<TKey>.New(LeafStride, TreeNode<TKey>.SmallestCapacity, heap, owner);
        }
        TValue* slot = InsertInto(ref _root, _height, key, heap, owner, out TreeNode<TKey>* sibling);
        if (sibling != null)
        {
            TreeNode<TKey>* root = TreeNode<TKey>.New(InnerStride, TreeNode<TKey>.SmallestCapacity, heap, owner);
            root->Count = 2;
            root->SetChild(0, _root);
            root->SetChild(1, sibling);
            _root = root;
            _height++;
        }
        Count++;
        Bytes += owner->Bytes - before;
        return slot;
    }

    /// <returns>False if there is no such key.</returns>
    public bool Remove(TKey key, ValueHeap heap, HeapValue* owner)
    {
        if (Find(key) == null)
        {
            return false;
        }
        long before = owner->Bytes;
        RemoveFrom(ref _root, _height, key, heap, owner);
        Count--;
        while (_height > 0 && _root->Count == 1)
        {
            TreeNode<TKey>* child = _root->Child(0);
            heap.Free(owner, &_root->Node);
            _root = child;
            _height--;
        }
        if (_root->Count == 0)
        {
            heap.Free(owner, &_root->Node);
            this = default;
            return true;
        }
        Bytes += owner->Bytes - before;
        return true;
    }

    /// <summary>Removes everything; what keys and values point to is the caller's to free.</summary>
    public void Clear(ValueHeap heap, HeapValue* owner)
    {
        if (_root != null)
        {
            Clear(_root, _height, heap, owner);
            this = default;
        }
    }

    /// <summary>Frees all nodes on any thread; nothing is counted.</summary>
    /// <param name="release">Called for each entry before; null for nothing to do.</param>
    public readonly void FreeNodes(delegate*<TKey*, TValue*, void> release)
    {
        if (_root != null)
        {
            FreeNodes(_root, _height, release);
        }
    }

    /// <summary>A copy that shares nothing.</summary>
    /// <param name="own">Gives the copy of an entry, byte by byte the same, what it must not share.</param>
    public readonly NodeTree<TKey, TValue> Clone(
        ValueHeap heap, HeapValue* owner, delegate*<TKey*, TValue*, ValueHeap, HeapValue*, void> own)
    {
        NodeTree<TKey, TValue> copy = this;
        if (_root != null)
        {
            copy._root = CloneNode(_root, _height, heap, owner, own);
        }
        return copy;
    }

    /// <summary>Memory of all nodes, counted by a walk: for tests.</summary>
    public readonly long CountBytes() => _root == null ? 0 : CountBytes(_root, _height);

    private void MakePathWritable(in TKey key, ValueHeap heap)
    {
        ref TreeNode<TKey>* node = ref _root;
        for (int height = _height; ; height--)
        {
            node = (TreeNode<TKey>*)heap.Writable(&node->Node);
            if (height == 0)
            {
                return;
            }
            node = ref *node->ChildSlot(node->ChildIndex(key));
        }
    }

    private static TValue* InsertInto(
        ref TreeNode<TKey>* node, int height, in TKey key, ValueHeap heap, HeapValue* owner,
        out TreeNode<TKey>* sibling)
    {
        node = (TreeNode<TKey>*)heap.Writable(&node->Node);
        if (height == 0)
        {
            int place = node->LowerBound(key, LeafStride);
            byte* entry = TreeNode<TKey>.Open(ref node, place, LeafStride, heap, owner, out sibling);
            *(TKey*)entry = key;
            return (TValue*)(entry + sizeof(TKey));
        }
        int index = node->ChildIndex(key);
        TValue* slot = InsertInto(
            ref *node->ChildSlot(index), height - 1, key, heap, owner, out TreeNode<TKey>* childSibling);
        node->SetChild(index, node->Child(index));
        sibling = null;
        if (childSibling != null)
        {
            byte* entry = TreeNode<TKey>.Open(ref node, index + 1, InnerStride, heap, owner, out sibling);
            *(TKey*)entry = *childSibling->FirstKey;
            *(TreeNode<TKey>**)(entry + sizeof(TKey)) = childSibling;
        }
        return slot;
    }

    private static void RemoveFrom(ref TreeNode<TKey>* node, int height, in TKey key, ValueHeap heap, HeapValue* owner)
    {
        node = (TreeNode<TKey>*)heap.Writable(&node->Node);
        if (height == 0)
        {
            node->Close(node->LowerBound(key, LeafStride), LeafStride);
            TreeNode<TKey>.Shrink(ref node, LeafStride, heap, owner);
            return;
        }
        int index = node->ChildIndex(key);
        RemoveFrom(ref *node->ChildSlot(index), height - 1, key, heap, owner);
        TreeNode<TKey>* child = node->Child(index);
        if (child->Count == 0)
        {
            heap.Free(owner, &child->Node);
            node->Close(index, InnerStride);
        }
        else
        {
            node->SetChild(index, child);
            int stride = height == 1 ? LeafStride : InnerStride;
            if (child->Count < TreeNode<TKey>.MaxCount(stride) / 4
                && !TryMerge(node, index, stride, heap, owner) && index > 0)
            {
                TryMerge(node, index - 1, stride, heap, owner);
            }
        }
        TreeNode<TKey>.Shrink(ref node, InnerStride, heap, owner);
    }

    /// <summary>Makes one of two neighbouring children if both together leave room.</summary>
    private static bool TryMerge(TreeNode<TKey>* parent, int index, int stride, ValueHeap heap, HeapValue* owner)
    {
        if (index + 1 >= parent->Count)
        {
            return false;
        }
        TreeNode<TKey>* left = parent->Child(index);
        TreeNode<TKey>* right = parent->Child(index + 1);
        int count = left->Count + right->Count;
        if (count > TreeNode<TKey>.MaxCount(stride) * 3 / 4)
        {
            return false;
        }
        left = (TreeNode<TKey>*)heap.Writable(&left->Node);
        if (left->Capacity(stride) < count)
        {
            left = (TreeNode<TKey>*)heap.Resize(owner, &left->Node, TreeNode<TKey>.SizeFor(count, stride));
        }
        long moved = (long)right->Count * stride;
        Buffer.MemoryCopy(right->Entry(0, stride), left->Entry(left->Count, stride), moved, moved);
        left->Count = count;
        parent->SetChild(index, left);
        heap.Free(owner, &right->Node);
        parent->Close(index + 1, InnerStride);
        return true;
    }

    private static void Clear(TreeNode<TKey>* node, int height, ValueHeap heap, HeapValue* owner)
    {
        for (int i = 0; height > 0 && i < node->Count; i++)
        {
            Clear(node->Child(i), height - 1, heap, owner);
        }
        heap.Free(owner, &node->Node);
    }

    private static void FreeNodes(TreeNode<TKey>* node, int height, delegate*<TKey*, TValue*, void> release)
    {
        for (int i = 0; i < node->Count; i++)
        {
            if (height > 0)
            {
                FreeNodes(node->Child(i), height - 1, release);
            }
            else if (release != null)
            {
                byte* entry = node->Entry(i, LeafStride);
                release((TKey*)entry, (TValue*)(entry + sizeof(TKey)));
            }
        }
        NativeMemory.Free(node);
    }

    private static TreeNode<TKey>* CloneNode(
        TreeNode<TKey>* node, int height, ValueHeap heap, HeapValue* owner,
        delegate*<TKey*, TValue*, ValueHeap, HeapValue*, void> own)
    {
        TreeNode<TKey>* copy = (TreeNode<TKey>*)heap.New(owner, node->Node.Size);
        int content = node->Node.Size - sizeof(HeapNode);
        Unsafe.CopyBlock((byte*)copy + sizeof(HeapNode), (byte*)node + sizeof(HeapNode), (uint)content);
        for (int i = 0; i < node->Count; i++)
        {
            if (height > 0)
            {
                copy->SetChild(i, CloneNode(node->Child(i), height - 1, heap, owner, own));
            }
            else if (own != null)
            {
                byte* entry = copy->Entry(i, LeafStride);
                own((TKey*)entry, (TValue*)(entry + sizeof(TKey)), heap, owner);
            }
        }
        return copy;
    }

    private static long CountBytes(TreeNode<TKey>* node, int height)
    {
        long bytes = ValueHeap.CostOf(node->Node.Size);
        for (int i = 0; height > 0 && i < node->Count; i++)
        {
            bytes += CountBytes(node->Child(i), height - 1);
        }
        return bytes;
    }
}
