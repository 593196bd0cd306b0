using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>Where an element is: a segment, a chunk in it, and its number in the chunk.</summary>
internal readonly record struct ListPlace(int Segment, int Chunk, int Index);

/// <summary>The spine of a list: finds chunks, makes them writable, and keeps the counts.</summary>
internal readonly unsafe ref struct ListSpine(ListRoot* root, ValueHeap heap)
{
    /// <summary>Entries of a segment; it is what a writer copies while a cut lasts.</summary>
    private const int MaxSegment = 512;
    private const int MinCapacity = 4;

    private readonly ListRoot* _root = root;

    public static ListPlace Find(ListRoot* root, long index)
    {
        int segment = Find(root->Top, root->Value.Count, ref index);
        ListEntry* entry = ListIndex.Entries(root->Top) + segment;
        int chunk = Find((ListIndex*)entry->Node, entry->Count, ref index);
        return new ListPlace(segment, chunk, (int)index);
    }

    public static ListIndex* SegmentAt(ListRoot* root, int segment) =>
        (ListIndex*)ListIndex.Entries(root->Top)[segment].Node;

    public static ListChunk* ChunkAt(ListRoot* root, int segment, int chunk) =>
        (ListChunk*)ListIndex.Entries(SegmentAt(root, segment))[chunk].Node;

    /// <summary>A new index without entries.</summary>
    public static ListIndex* NewIndex(ValueHeap heap, ListRoot* root, int capacity)
    {
        ListIndex* index = (ListIndex*)heap.New(&root->Value, ListIndex.SizeFor(capacity));
        index->First = 0;
        index->Length = 0;
        return index;
    }

    /// <summary>What <see cref="HeapValues.FreeNodes"/> does to a list.</summary>
    public static void FreeNodes(ListRoot* root)
    {
        ListEntry* segments = ListIndex.Entries(root->Top);
        for (int i = 0; i < root->Top->Length; i++)
        {
            ListIndex* segment = (ListIndex*)segments[i].Node;
            ListEntry* chunks = ListIndex.Entries(segment);
            for (int j = 0; j < segment->Length; j++)
            {
                ListChunk* chunk = (ListChunk*)chunks[j].Node;
                if (chunk->HasBlocks)
                {
                    HeapPack.FreeBlocks(ListChunk.PackOf(chunk));
                }
                NativeMemory.Free(chunk);
            }
            NativeMemory.Free(segment);
        }
        NativeMemory.Free(root->Top);
        NativeMemory.Free(root);
    }

    /// <summary>What <see cref="HeapValues.Clone"/> does to a list.</summary>
    public static ListRoot* Clone(ListRoot* root, ValueHeap heap)
    {
        ListRoot* clone = (ListRoot*)heap.NewRoot(HeapValueKind.List, sizeof(ListRoot));
        clone->Value.Count = root->Value.Count;
        clone->Top = (ListIndex*)CloneNode(clone, &root->Top->Node, heap);
        ListEntry* segments = ListIndex.Entries(clone->Top);
        for (int i = 0; i < clone->Top->Length; i++)
        {
            ListIndex* segment = (ListIndex*)(segments[i].Node = CloneNode(clone, segments[i].Node, heap));
            ListEntry* chunks = ListIndex.Entries(segment);
            for (int j = 0; j < segment->Length; j++)
            {
                ListChunk* chunk = (ListChunk*)(chunks[j].Node = CloneNode(clone, chunks[j].Node, heap));
                if (chunk->HasBlocks)
                {
                    HeapPack.CloneBlocks(ListChunk.PackOf(chunk), heap, &clone->Value);
                }
            }
        }
        return clone;
    }

    /// <summary>The segment, which may be changed now.</summary>
    public ListIndex* WritableSegment(int segment)
    {
        _root->Top = (ListIndex*)heap.Writable(&_root->Top->Node);
        ListEntry* entry = ListIndex.Entries(_root->Top) + segment;
        return (ListIndex*)(entry->Node = heap.Writable(entry->Node));
    }

    /// <summary>The chunk, which may be changed now.</summary>
    public ListChunk* WritableChunk(int segment, int chunk)
    {
        ListEntry* entry = ListIndex.Entries(WritableSegment(segment)) + chunk;
        return (ListChunk*)(entry->Node = heap.Writable(entry->Node));
    }

    /// <summary>Puts another chunk in a chunk's place; both have as many elements.</summary>
    public void SetChunk(int segment, int chunk, ListChunk* node) =>
        ListIndex.Entries(WritableSegment(segment))[chunk].Node = &node->Node;

    /// <summary>Counts elements that were added to a writable chunk, or taken away.</summary>
    public void Count(int segment, int chunk, long change)
    {
        ListEntry* entry = ListIndex.Entries(_root->Top) + segment;
        entry->Count += change;
        ListIndex.Entries((ListIndex*)entry->Node)[chunk].Count += change;
        _root->Value.Count += change;
    }

    /// <summary>Puts a chunk in front of another one, or at a segment's end, and counts its elements.</summary>
    public void Insert(int segment, int chunk, ListChunk* node)
    {
        if (_root->Top->Length == 0)
        {
            InsertSegment(0, MinCapacity);
        }
        ListIndex* entries = WritableSegment(segment);
        if (entries->Length == MaxSegment)
        {
            (segment, chunk) = MakeRoom(segment, chunk);
            entries = WritableSegment(segment);
        }
        entries = Open(entries, chunk, MaxSegment);
        ListEntry* parent = ListIndex.Entries(_root->Top) + segment;
        parent->Node = &entries->Node;
        ListEntry* entry = ListIndex.Entries(entries) + chunk;
        entry->Node = &node->Node;
        entry->Count = node->Count;
        parent->Count += node->Count;
        _root->Value.Count += node->Count;
    }

    /// <summary>Takes a chunk out, and its segment if that is empty then; the chunk is the caller's to free.</summary>
    public void Remove(int segment, int chunk)
    {
        ListIndex* entries = WritableSegment(segment);
        long count = ListIndex.Entries(entries)[chunk].Count;
        ListEntry* parent = ListIndex.Entries(_root->Top) + segment;
        parent->Count -= count;
        _root->Value.Count -= count;
        if (entries->Length > 1)
        {
            parent->Node = &Close(entries, chunk)->Node;
            return;
        }
        heap.Free(&_root->Value, &entries->Node);
        _root->Top = Close(_root->Top, segment);
    }

    private static int Find(ListIndex* index, long count, ref long element)
    {
        ListEntry* entries = ListIndex.Entries(index);
        int at;
        if (element <= count / 2)
        {
            for (at = 0; element >= entries[at].Count; at++)
            {
                element -= entries[at].Count;
            }
            return at;
        }
        long behind = count - element;
        for (at = index->Length - 1; behind > entries[at].Count; at--)
        {
            behind -= entries[at].Count;
        }
        element = entries[at].Count - behind;
        return at;
    }

    /// <summary>Makes a full segment take one more: at its ends by a new segment, else by two halves.</summary>
    /// <returns>Where the chunk is to be inserted then.</returns>
    private (int Segment, int Chunk) MakeRoom(int segment, int chunk)
    {
        if (chunk == 0 || chunk == MaxSegment)
        {
            int added = chunk == 0 ? segment : segment + 1;
            InsertSegment(added, MinCapacity);
            return (added, 0);
        }
        const int Half = MaxSegment / 2;
        InsertSegment(segment + 1, MaxSegment);
        ListEntry* parents = ListIndex.Entries(_root->Top) + segment;
        ListIndex* left = (ListIndex*)parents[0].Node;
        ListIndex* right = (ListIndex*)parents[1].Node;
        right->First = Half / 2;
        right->Length = Half;
        ListEntry* moved = ListIndex.Entries(right);
        Copy(ListIndex.Entries(left) + Half, moved, Half);
        left->Length = Half;
        for (int i = 0; i < Half; i++)
        {
            parents[1].Count += moved[i].Count;
        }
        parents[0].Count -= parents[1].Count;
        return chunk <= Half ? (segment, chunk) : (segment + 1, chunk - Half);
    }

    private void InsertSegment(int segment, int capacity)
    {
        _root->Top = Open((ListIndex*)heap.Writable(&_root->Top->Node), segment, int.MaxValue);
        ListEntry* entry = ListIndex.Entries(_root->Top) + segment;
        entry->Node = &NewIndex(heap, _root, capacity)->Node;
        entry->Count = 0;
    }

    /// <summary>Makes a place in a writable index, or in what replaces it; the entry there is not set.</summary>
    private ListIndex* Open(ListIndex* index, int at, int maxCapacity)
    {
        int length = index->Length;
        int capacity = ListIndex.CapacityOf(index);
        bool hasFront = index->First > 0;
        bool hasBack = index->First + length < capacity;
        if ((at == 0 && !hasFront) || (at == length && !hasBack) || (!hasFront && !hasBack))
        {
            // Three quarters of what is free go to the side that grows.
            capacity = length > capacity / 2 ? Math.Min(2 * capacity, maxCapacity) : capacity;
            int free = capacity - length;
            int first = at == 0 ? free - (free / 4) : at == length ? free / 4 : free / 2;
            index = Reseat(index, capacity, first);
            hasFront = first > 0;
            hasBack = first + length < capacity;
        }
        ListEntry* entries = ListIndex.Entries(index);
        if (hasFront && (at < length - at || !hasBack))
        {
            Copy(entries, entries - 1, at);
            index->First--;
        }
        else
        {
            Copy(entries + at, entries + at + 1, length - at);
        }
        index->Length++;
        return index;
    }

    /// <summary>Takes a place out of an index.</summary>
    /// <returns>The index, or a smaller one in its place.</returns>
    private ListIndex* Close(ListIndex* index, int at)
    {
        ListEntry* entries = ListIndex.Entries(index);
        int behind = index->Length - at - 1;
        if (at < behind)
        {
            Copy(entries, entries + 1, at);
            index->First++;
        }
        else
        {
            Copy(entries + at + 1, entries + at, behind);
        }
        index->Length--;
        int capacity = ListIndex.CapacityOf(index);
        if (capacity > MinCapacity && index->Length <= capacity / 4)
        {
            index = Reseat(index, capacity / 2, (capacity / 4) - (index->Length / 2));
        }
        return index;
    }

    private ListIndex* Reseat(ListIndex* index, int capacity, int first)
    {
        ListIndex* moved = NewIndex(heap, _root, capacity);
        moved->First = first;
        moved->Length = index->Length;
        Copy(ListIndex.Entries(index), ListIndex.Entries(moved), index->Length);
        heap.Free(&_root->Value, &index->Node);
        return moved;
    }

    private static void Copy(ListEntry* from, ListEntry* to, int count)
    {
        long bytes = (long)count * sizeof(ListEntry);
        Buffer.MemoryCopy(from, to, bytes, bytes);
    }

    private static HeapNode* CloneNode(ListRoot* clone, HeapNode* node, ValueHeap heap)
    {
        HeapNode* copy = heap.New(&clone->Value, node->Size);
        int size = node->Size - HeapNode.HeaderSize;
        Buffer.MemoryCopy((byte*)node + HeapNode.HeaderSize, (byte*)copy + HeapNode.HeaderSize, size, size);
        return copy;
    }
}
