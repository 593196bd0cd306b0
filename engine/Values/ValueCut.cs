using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>
/// The cut that a snapshot sees heap values at, and strings outside the log. A node made before the cut belongs to it
/// and is not changed while the cut lasts: a writer copies it and puts the copy in its parent, which it has copied
/// before. Whoever holds a root from the time of the cut therefore sees the value as it was then, from any thread,
/// while writers go on. What writers replace or remove meanwhile is kept until the cut ends.
/// </summary>
internal sealed unsafe class ValueCut
{
    private RetiredBlocks _retired = new();
    private uint _generation = 1;

    /// <summary>What a node made now is stamped with.</summary>
    public uint Generation => _generation;

    /// <summary>Nodes stamped lower belong to the cut; 0 while there is none.</summary>
    public uint Frozen { get; private set; }

    /// <summary>Bytes that only the cut still needs.</summary>
    public long RetiredBytes { get; private set; }

    public void Begin()
    {
        Invariant.Require(Frozen == 0);
        Frozen = ++_generation;
    }

    /// <param name="lazyFree">Frees what was retired in the background; null frees it now.</param>
    public void End(LazyFree? lazyFree = null)
    {
        Frozen = 0;
        RetiredBytes = 0;
        RetiredBlocks retired = _retired;
        _retired = new RetiredBlocks();
        if (lazyFree is null)
        {
            retired.Dispose();
        }
        else if (!retired.IsEmpty)
        {
            lazyFree.Dispose(retired, objects: 0);
        }
    }

    /// <summary>Keeps a node that was replaced or removed.</summary>
    public void Retire(HeapNode* node)
    {
        RetiredBytes += ValueHeap.CostOf(node->Size);
        _retired.AddBlock(node);
    }

    /// <summary>Keeps a string outside the log that was replaced or removed.</summary>
    public void Retire(HeapBytes* block)
    {
        RetiredBytes += block->Size;
        _retired.AddBlock(block);
    }

    /// <summary>Keeps a whole value that was deleted.</summary>
    public void Retire(HeapValue* root)
    {
        RetiredBytes += root->Bytes;
        _retired.AddValue(root);
    }
}
