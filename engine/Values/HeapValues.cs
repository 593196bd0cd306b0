namespace Tidelog.Engine.Values;

/// <summary>What every structure of a heap value can do, chosen by its kind.</summary>
internal static unsafe class HeapValues
{
    /// <summary>
    /// Frees a value's nodes and its root. Safe on any thread once nothing leads to the value; the heap that counted it
    /// has been told by <see cref="ValueHeap.Disown"/>.
    /// </summary>
    public static void FreeNodes(HeapValue* root)
    {
        switch (root->Kind)
        {
            case HeapValueKind.List:
                ListSpine.FreeNodes((ListRoot*)root);
                break;
            case HeapValueKind.HashTable:
                HashTable.FreeNodes(root);
                break;
            case HeapValueKind.SortedSet:
                HeapSortedSet.FreeNodes((SortedSetRoot*)root);
                break;
            case HeapValueKind.Stream:
                StreamRoot.FreeNodes((StreamRoot*)root);
                break;
            default:
                throw new InvariantException($"no heap value of kind {root->Kind}");
        }
    }

    /// <summary>A copy that shares nothing: COPY.</summary>
    public static HeapValue* Clone(HeapValue* root, ValueHeap heap)
    {
        return root->Kind switch
        {
            HeapValueKind.List => &ListSpine.Clone((ListRoot*)root, heap)->Value,
            HeapValueKind.HashTable => HashTable.Clone(root, heap),
            HeapValueKind.SortedSet => (HeapValue*)HeapSortedSet.Clone((SortedSetRoot*)root, heap),
            HeapValueKind.Stream => StreamRoot.Clone((StreamRoot*)root, heap),
            _ => throw new InvariantException($"no heap value of kind {root->Kind}"),
        };
    }
}
