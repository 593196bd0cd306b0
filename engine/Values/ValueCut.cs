using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>
/// The cut that a snapshot sees heap values at. A node made before the cut belongs to it and is not changed while the
/// cut lasts: a writer copies it and puts the copy in its parent, which it has copied before. Whoever holds a root from
/// the time of the cut therefore sees the value as it was then, from any thread, while writers go on. What writers
/// replace or remove meanwhile is kept until the cut ends.
/// </summary>
internal sealed unsafe class ValueCut
{
    private readonly List<nint> _retiredNodes = [];
    private readonly List<nint> _retiredValues = [];
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

    public void End()
    {
        Frozen = 0;
        RetiredBytes = 0;
        foreach (nint node in _retiredNodes)
        {
            NativeMemory.Free((void*)node);
        }
        foreach (nint value in _retiredValues)
        {
            HeapValues.FreeNodes((HeapValue*)value);
        }
        _retiredNodes.Clear();
        _retiredValues.Clear();
    }

    /// <summary>Keeps a node that was replaced or removed.</summary>
    public void Retire(HeapNode* node)
    {
        RetiredBytes += ValueHeap.CostOf(node->Size);
        _retiredNodes.Add((nint)node);
    }

    /// <summary>Keeps a whole value that was deleted.</summary>
    public void Retire(HeapValue* root)
    {
        RetiredBytes += root->Bytes;
        _retiredValues.Add((nint)root);
    }
}
