// The memory of collections outside the log. A heap value is a tree of blocks: a root, which a record points to, and
// nodes of some kilobytes below it. No block is on the runtime's heap, so a collection of any size costs the garbage
// collector nothing, and every block can be copied on write while a snapshot reads the old one (ValueCut).
//
// A method that changes a node first asks Writable for it, from the root down, and stores what it got in the parent.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>Allocates the blocks of one database's heap values and counts their bytes.</summary>
internal sealed unsafe class ValueHeap(ValueCut cut)
{
    /// <summary>Memory of all values, in bytes, the allocator's own share included.</summary>
    public long Bytes { get; private set; }

    /// <summary>The cut that its blocks may belong to: that of the keyspace, also one that adopts them.</summary>
    public ValueCut Cut { get; set; } = cut;

    /// <summary>What a block costs in the C library's heap.</summary>
    public static long CostOf(int size) => Math.Max(32, ((long)size + 8 + 15) & ~15);

    /// <summary>A new root. The bytes behind its <see cref="HeapValue"/> are zero.</summary>
    public HeapValue* NewRoot(HeapValueKind kind, int size)
    {
        HeapValue* root = (HeapValue*)NativeMemory.AllocZeroed((nuint)size);
        root->Node.Generation = Cut.Generation;
        root->Node.Size = size;
        root->Kind = kind;
        root->Made = Cut.Generation;
        root->Bytes = CostOf(size);
        Bytes += root->Bytes;
        return root;
    }

    /// <summary>The root itself, or a copy of it that the caller puts in the record.</summary>
    public HeapValue* WritableRoot(HeapValue* root)
    {
        if (root->Node.Generation >= Cut.Frozen)
        {
            return root;
        }
        HeapValue* copy = (HeapValue*)Copy(&root->Node);
        Cut.Retire(&root->Node);
        return copy;
    }

    /// <summary>A new node, not cleared.</summary>
    /// <param name="size">In bytes, with the header.</param>
    public HeapNode* New(HeapValue* owner, int size)
    {
        HeapNode* node = (HeapNode*)NativeMemory.Alloc((nuint)size);
        node->Generation = Cut.Generation;
        node->Size = size;
        Count(owner, CostOf(size));
        return node;
    }

    /// <summary>The node itself, or a copy of it that the caller puts in the parent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeapNode* Writable(HeapNode* node) => node->Generation >= Cut.Frozen ? node : CopyOnWrite(node);

    /// <summary>Changes a node's size, keeps the bytes that fit; the caller puts it in the parent.</summary>
    public HeapNode* Resize(HeapValue* owner, HeapNode* node, int size)
    {
        long more = CostOf(size) - CostOf(node->Size);
        if (node->Generation >= Cut.Frozen)
        {
            node = (HeapNode*)NativeMemory.Realloc(node, (nuint)size);
            node->Size = size;
            Count(owner, more);
            return node;
        }
        HeapNode* copy = (HeapNode*)NativeMemory.Alloc((nuint)size);
        Count(owner, more);
        long kept = Math.Min(size, node->Size);
        Buffer.MemoryCopy(node, copy, kept, kept);
        copy->Generation = Cut.Generation;
        copy->Size = size;
        Cut.Retire(node);
        return copy;
    }

    /// <summary>Frees a node that nothing of the value points to any more.</summary>
    public void Free(HeapValue* owner, HeapNode* node)
    {
        Count(owner, -CostOf(node->Size));
        if (node->Generation >= Cut.Frozen)
        {
            NativeMemory.Free(node);
        }
        else
        {
            Cut.Retire(node);
        }
    }

    /// <summary>Counts a value that came from another database's heap.</summary>
    public void Adopt(HeapValue* root) => Bytes += root->Bytes;

    /// <summary>Counts a value no more that goes to another database's heap, or away.</summary>
    public void Disown(HeapValue* root) => Bytes -= root->Bytes;

    private HeapNode* CopyOnWrite(HeapNode* node)
    {
        HeapNode* copy = Copy(node);
        Cut.Retire(node);
        return copy;
    }

    private HeapNode* Copy(HeapNode* node)
    {
        HeapNode* copy = (HeapNode*)NativeMemory.Alloc((nuint)node->Size);
        Buffer.MemoryCopy(node, copy, node->Size, node->Size);
        copy->Generation = Cut.Generation;
        return copy;
    }

    private void Count(HeapValue* owner, long bytes)
    {
        owner->Bytes += bytes;
        Bytes += bytes;
    }
}
