using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Values;

/// <summary>Changes a list outside its record. The root is writable: <see cref="ValueHeap.WritableRoot"/>.</summary>
internal readonly unsafe ref struct ListEditor(ListRoot* root, ValueHeap heap)
{
    /// <summary>The chunks of a list beyond this size are made big at once.</summary>
    private const int BigList = 64 * 1024;

    /// <summary>Neighbours that have become so small together are joined.</summary>
    private const int JoinedSize = ListChunk.MaxSize / 2;

    private readonly ListRoot* _root = root;
    private readonly ValueHeap _heap = heap;

    /// <summary>A new empty list.</summary>
    public static ListRoot* New(ValueHeap heap)
    {
        ListRoot* root = (ListRoot*)heap.NewRoot(HeapValueKind.List, sizeof(ListRoot));
        root->Top = ListSpine.NewIndex(heap, root, capacity: 2);
        return root;
    }

    /// <summary>A list of a pack's elements, none of them a block.</summary>
    public static ListRoot* New(ValueHeap heap, in Pack pack)
    {
        ListRoot* root = New(heap);
        if (pack.Count > 0)
        {
            int size = ListChunk.RoomyFor(sizeof(ListChunk) + pack.Needed);
            ListChunk* chunk = ListChunks.New(heap, root, size, ListChunkFlags.None);
            Pack copy = ListChunk.PackOf(chunk);
            copy.Append(pack, 0, pack.Count);
            ListChunk.Save(chunk, copy);
            new ListSpine(root, heap).Insert(0, 0, chunk);
        }
        return root;
    }

    public void Push(in PackedText text, bool atHead)
    {
        ListSpine spine = new(_root, _heap);
        int segment = 0;
        int end = 0;
        if (_root->Value.Count > 0)
        {
            segment = atHead ? 0 : _root->Top->Length - 1;
            ListIndex* entries = spine.WritableSegment(segment);
            end = atHead ? 0 : entries->Length - 1;
            ListChunk* chunk = spine.WritableChunk(segment, end);
            if (TryPush(segment, end, chunk, text, atHead))
            {
                spine.Count(segment, end, 1);
                return;
            }
        }
        PushChunk(segment, end, text, atHead);
    }

    /// <summary>Removes elements, not all of them.</summary>
    public void Remove(long first, long count)
    {
        ListSpine spine = new(_root, _heap);
        while (count > 0)
        {
            ListPlace place = ListSpine.Find(_root, first);
            ListChunk* chunk = ListSpine.ChunkAt(_root, place.Segment, place.Chunk);
            int removed = (int)Math.Min(chunk->Count - place.Index, count);
            if (removed == chunk->Count)
            {
                RemoveChunk(place.Segment, place.Chunk);
            }
            else
            {
                chunk = spine.WritableChunk(place.Segment, place.Chunk);
                RemoveFrom(chunk, place.Index, removed);
                spine.Count(place.Segment, place.Chunk, -removed);
                Shrink(place.Segment, place.Chunk, chunk);
            }
            count -= removed;
        }
    }

    /// <summary>Puts a text in an element's place.</summary>
    public void Set(long index, in PackedText text)
    {
        ListPlace place;
        ListChunk* chunk;
        while (!TryMakeRoom(index, Pack.SizeOf(text), out place, out chunk))
        {
        }
        Pack pack = ListChunk.PackOf(chunk);
        int at = ListChunk.RunOf(chunk).PackIndexOf(place.Index, 1);
        HeapPack.Replace(ref pack, at, text, _heap, &_root->Value);
        Save(chunk, pack, text);
    }

    /// <summary>Inserts a text in front of an element; at the end if there is none of this number.</summary>
    public void Insert(long index, in PackedText text)
    {
        if (index == 0 || index == _root->Value.Count)
        {
            Push(text, atHead: index == 0);
            return;
        }
        ListPlace place;
        ListChunk* chunk;
        while (!TryMakeRoom(index, Pack.SizeOf(text), out place, out chunk))
        {
        }
        Pack pack = ListChunk.PackOf(chunk);
        int at = ListChunk.RunOf(chunk).PackIndexOf(place.Index, 0);
        HeapPack.Insert(ref pack, at, text, _heap, &_root->Value);
        Save(chunk, pack, text);
        new ListSpine(_root, _heap).Count(place.Segment, place.Chunk, 1);
    }

    /// <summary>Removes elements that are equal to a text; the list may be empty then.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="backward">From the last to the first.</param>
    /// <returns>How many it were.</returns>
    public long RemoveEqual(in PackedText text, long limit, bool backward)
    {
        long removed = 0;
        int step = backward ? -1 : 1;
        for (int segment = backward ? _root->Top->Length - 1 : 0; removed < limit
             && (uint)segment < (uint)_root->Top->Length; segment += step)
        {
            int segments = _root->Top->Length;
            removed += RemoveEqual(segment, text, limit - removed, backward);
            if (_root->Top->Length < segments && !backward)
            {
                segment--;
            }
        }
        return removed;
    }

    private bool TryPush(int segment, int end, ListChunk* chunk, in PackedText text, bool atHead)
    {
        int size = Pack.SizeOf(text);
        if (chunk->PrefixLength != 0)
        {
            return false;
        }
        if (atHead != chunk->IsReversed)
        {
            return TryPushInGap(chunk, text);
        }
        Pack pack = ListChunk.PackOf(chunk);
        if (pack.Free < size)
        {
            // A chunk that is nearly full is left, lest a gap be closed for a few elements again and again.
            int needed = chunk->Needed + size;
            if (needed > ListChunk.MaxSize - (chunk->Node.Size == ListChunk.MaxSize ? ListChunk.MaxSize / 8 : 0))
            {
                return false;
            }
            chunk = Replace(segment, end, chunk,
                ListChunks.Part(_heap, _root, chunk, 0, chunk->Count, ListChunk.RoomyFor(needed)));
            pack = ListChunk.PackOf(chunk);
        }
        if (text.IsBlock)
        {
            HeapPack.Insert(ref pack, pack.Count, text, _heap, &_root->Value);
        }
        else
        {
            pack.Append(text);
        }
        Save(chunk, pack, text);
        return true;
    }

    /// <summary>Pushes at the physical begin, where elements were popped.</summary>
    private static bool TryPushInGap(ListChunk* chunk, in PackedText text)
    {
        int length = text.PayloadLength;
        if (chunk->GapBytes < length || chunk->GapCodes == 0 || text.IsBlock)
        {
            return false;
        }
        chunk->GapBytes -= (ushort)length;
        chunk->GapCodes--;
        chunk->Count++;
        chunk->Used += (ushort)length;
        Pack pack = ListChunk.PackOf(chunk);
        text.WritePayload(pack.Start);
        pack.End[-1] = text.Code;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PushChunk(int segment, int end, in PackedText text, bool atHead)
    {
        ListSpine spine = new(_root, _heap);
        int needed = sizeof(ListChunk) + Pack.SizeOf(text);
        int size = _root->Value.Bytes > BigList ? ListChunk.MaxSize : ListChunk.RoomyFor(needed);
        ListChunk* chunk = ListChunks.New(
            _heap, _root, size, atHead ? ListChunkFlags.Reversed : ListChunkFlags.None);
        Fill(chunk, text);
        bool hasNeighbours = _root->Top->Length > 1
            || (_root->Top->Length == 1 && ListSpine.SegmentAt(_root, 0)->Length > 1);
        if (hasNeighbours)
        {
            Compact(segment, end);
        }
        spine.Insert(segment, atHead || _root->Value.Count == 0 ? 0 : end + 1, chunk);
    }

    /// <summary>
    /// Puts the first element in a chunk of no list yet; frees the chunk if there is no memory for it.
    /// </summary>
    private void Fill(ListChunk* chunk, in PackedText text)
    {
        Pack pack = ListChunk.PackOf(chunk);
        try
        {
            HeapPack.Insert(ref pack, 0, text, _heap, &_root->Value);
        }
        catch (OutOfMemoryException)
        {
            _heap.Free(&_root->Value, &chunk->Node);
            throw;
        }
        Save(chunk, pack, text);
    }

    private void Compact(int segment, int index)
    {
        ListChunk* chunk = ListSpine.ChunkAt(_root, segment, index);
        ListChunk* compacted = ListChunks.Compacted(_heap, _root, chunk);
        if (compacted != null)
        {
            Replace(segment, index, chunk, compacted);
        }
    }

    /// <summary>Puts a copy of a chunk's elements in its place.</summary>
    private ListChunk* Replace(int segment, int index, ListChunk* chunk, ListChunk* copy)
    {
        new ListSpine(_root, _heap).SetChunk(segment, index, copy);
        _heap.Free(&_root->Value, &chunk->Node);
        return copy;
    }

    private void RemoveChunk(int segment, int index)
    {
        ListChunk* chunk = ListSpine.ChunkAt(_root, segment, index);
        new ListSpine(_root, _heap).Remove(segment, index);
        ListChunks.Free(_heap, _root, chunk);
    }

    private void RemoveFrom(ListChunk* chunk, int index, int count)
    {
        Pack pack = ListChunk.PackOf(chunk);
        int from = ListChunk.RunOf(chunk).PackIndexOf(index, count);
        if (chunk->HasBlocks)
        {
            ListChunks.FreeBlocks(_heap, _root, pack, from, count);
        }
        if (from == 0)
        {
            int bytes = pack.SumOfSizes(0, count);
            chunk->GapBytes += (ushort)bytes;
            chunk->GapCodes += (ushort)count;
            chunk->Used -= (ushort)bytes;
            chunk->Count -= (ushort)count;
            return;
        }
        if (from + count == pack.Count)
        {
            pack.Truncate(from);
        }
        else
        {
            pack.Remove(from, count);
        }
        ListChunk.Save(chunk, pack);
    }

    /// <summary>Gives memory back if the chunk uses little of its own.</summary>
    private void Shrink(int segment, int index, ListChunk* chunk)
    {
        if (chunk->Node.Size > 1024 && chunk->Needed < chunk->Node.Size / 4)
        {
            Replace(segment, index, chunk,
                ListChunks.Part(_heap, _root, chunk, 0, chunk->Count, ListChunk.RoomyFor(chunk->Needed)));
        }
    }

    /// <summary>Makes the chunk of an element writable and plain, with so many free bytes.</summary>
    /// <returns>False if it had to be divided first: to be called again.</returns>
    private bool TryMakeRoom(long index, int size, out ListPlace place, out ListChunk* chunk)
    {
        place = ListSpine.Find(_root, index);
        chunk = new ListSpine(_root, _heap).WritableChunk(place.Segment, place.Chunk);
        if (chunk->PrefixLength == 0 && ListChunk.PackOf(chunk).Free >= size)
        {
            return true;
        }
        int roomy = ListChunk.RoomyFor(ListChunks.NeededPlain(chunk) + size);
        if (roomy > 0)
        {
            chunk = Replace(place.Segment, place.Chunk, chunk, ListChunks.Plain(_heap, _root, chunk, roomy));
            return true;
        }
        Divide(place.Segment, place.Chunk, chunk);
        return false;
    }

    private void Divide(int segment, int index, ListChunk* chunk)
    {
        ListSpine spine = new(_root, _heap);
        int half = chunk->Count / 2;
        int from = ListChunk.RunOf(chunk).PackIndexOf(half, chunk->Count - half);
        ListChunk* right = ListChunks.Part(_heap, _root, chunk, from, chunk->Count - half, chunk->Node.Size);
        chunk->Count -= right->Count;
        chunk->Used -= right->Used;
        if (from == 0)
        {
            chunk->GapBytes += right->Used;
            chunk->GapCodes += right->Count;
        }
        spine.Count(segment, index, -right->Count);
        spine.Insert(segment, index + 1, right);
    }

    private long RemoveEqual(int segment, in PackedText text, long limit, bool backward)
    {
        long removed = 0;
        int chunks = ListSpine.SegmentAt(_root, segment)->Length;
        int index = backward ? chunks - 1 : 0;
        while (removed < limit && (uint)index < (uint)chunks)
        {
            ListChunk* chunk = ListSpine.ChunkAt(_root, segment, index);
            ListRun run = ListChunk.RunOf(chunk);
            int found = run.TryForm(text, out PackedText form) ? run.CountOf(form) : 0;
            int gone = (int)Math.Min(found, limit - removed);
            removed += gone;
            if (gone > 0 && gone == chunk->Count)
            {
                RemoveChunk(segment, index);
                chunks--;
                index -= backward ? 1 : 0;
                continue;
            }
            if (gone > 0)
            {
                bool atFront = backward == run.IsReversed;
                RemoveEqual(segment, index, form, skip: atFront ? 0 : found - gone, gone);
                int joined = Join(segment, backward ? index : index - 1, chunks);
                chunks -= joined;
                index -= backward ? 0 : joined;
            }
            index += backward ? -1 : 1;
        }
        return removed;
    }

    private void RemoveEqual(int segment, int index, in PackedText form, int skip, int count)
    {
        ListSpine spine = new(_root, _heap);
        ListChunk* chunk = spine.WritableChunk(segment, index);
        Pack pack = ListChunk.PackOf(chunk);
        ListChunks.Filter(_heap, _root, ref pack, form, skip, count);
        ListChunk.Save(chunk, pack);
        spine.Count(segment, index, -count);
        Shrink(segment, index, chunk);
    }

    /// <summary>Makes one chunk of two successive ones of a segment if they are small.</summary>
    /// <returns>1 if it did.</returns>
    private int Join(int segment, int index, int chunks)
    {
        if (index < 0 || index + 1 >= chunks)
        {
            return 0;
        }
        ListChunk* left = ListSpine.ChunkAt(_root, segment, index);
        ListChunk* right = ListSpine.ChunkAt(_root, segment, index + 1);
        int needed = ListChunks.NeededPlain(left) + ListChunks.NeededPlain(right);
        if (needed > JoinedSize)
        {
            return 0;
        }
        ListSpine spine = new(_root, _heap);
        ListChunk* joined = ListChunks.Joined(_heap, _root, left, right, ListChunk.RoomyFor(needed));
        spine.Remove(segment, index + 1);
        spine.SetChunk(segment, index, joined);
        spine.Count(segment, index, joined->Count - left->Count);
        _heap.Free(&_root->Value, &left->Node);
        _heap.Free(&_root->Value, &right->Node);
        return 1;
    }

    private static void Save(ListChunk* chunk, in Pack pack, in PackedText added)
    {
        ListChunk.Save(chunk, pack);
        if (added.IsBlock)
        {
            chunk->Flags |= ListChunkFlags.HasBlocks;
        }
    }
}
