// A stream: chunks of entries in a tree by the ID of their first entry, and the groups of its consumers in a tree by
// name. All of redis's counters that clients can see are kept as redis 7.0 keeps them (t_stream.c).

using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>The root of a stream.</summary>
internal unsafe struct StreamRoot
{
    /// <summary>Its count is the number of entries.</summary>
    public HeapValue Value;

    /// <summary>The greatest ID ever added, or what XSETID made of it.</summary>
    public StreamId LastId;

    /// <summary>The first entry that is not deleted; 0-0 when there is none.</summary>
    public StreamId FirstId;

    /// <summary>The greatest ID that XDEL deleted.</summary>
    public StreamId MaxDeletedId;

    /// <summary>How many entries were ever added.</summary>
    public ulong EntriesAdded;

    /// <summary>Nodes of the radix tree that redis would have over the chunks: XINFO tells them.</summary>
    public long RadixNodes;

    /// <summary>Each value is a pointer to a <see cref="StreamChunk"/>.</summary>
    public NodeTree<StreamId, nint> Chunks;

    public NodeTree<NativeText, StreamGroup> Groups;

    /// <summary>An empty stream.</summary>
    public static StreamRoot* New(ValueHeap heap)
    {
        StreamRoot* root = (StreamRoot*)heap.NewRoot(HeapValueKind.Stream, sizeof(StreamRoot));
        root->RadixNodes = 1;
        return root;
    }

    /// <summary>See <see cref="HeapValues.FreeNodes"/>.</summary>
    public static void FreeNodes(StreamRoot* root)
    {
        root->Chunks.FreeNodes(&StreamEntries.FreeChunk);
        root->Groups.FreeNodes(&StreamGroups.FreeNodes);
        NativeMemory.Free(root);
    }

    /// <summary>See <see cref="HeapValues.Clone"/>.</summary>
    public static HeapValue* Clone(StreamRoot* source, ValueHeap heap)
    {
        StreamRoot* root = New(heap);
        HeapValue value = root->Value;
        *root = *source;
        root->Value = value;
        root->Value.Count = source->Value.Count;
        root->Chunks = source->Chunks.Clone(heap, &root->Value, &StreamEntries.OwnChunk);
        root->Groups = source->Groups.Clone(heap, &root->Value, &StreamGroups.Own);
        return &root->Value;
    }
}
