using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>When a chunk is full.</summary>
/// <param name="MaxBytes">stream-node-max-bytes, 0 for no limit.</param>
/// <param name="MaxEntries">stream-node-max-entries, 0 for no limit.</param>
internal readonly record struct StreamLimits(long MaxBytes, long MaxEntries);

/// <summary>How a stream is shortened at its beginning.</summary>
/// <param name="MaxLength">Entries that may stay, or -1 if <paramref name="MinId"/> decides.</param>
/// <param name="MinId">The first ID that may stay.</param>
/// <param name="WholeChunks">Nothing is removed but whole chunks.</param>
/// <param name="Limit">How many entries may be removed, 0 for any number.</param>
internal readonly record struct StreamTrim(long MaxLength, StreamId MinId, bool WholeChunks, long Limit);

/// <summary>The entries of a stream. Methods that change something want a writable root.</summary>
internal static unsafe class StreamEntries
{
    /// <summary>Most bytes of a chunk and of an entry's fields and values together: redis's.</summary>
    private const long MaxChunkBytes = 1L << 30;

    /// <summary>Appends an entry; its ID is greater than <see cref="StreamRoot.LastId"/>.</summary>
    /// <param name="fields">Field, value, field, value ...</param>
    /// <returns>False if it is too big.</returns>
    public static bool TryAppend(
        StreamRoot* root, ValueHeap heap, StreamId id, ReadOnlySpan<NativeText> fields, StreamLimits limits)
    {
        long bytes = 0;
        foreach (NativeText text in fields)
        {
            bytes += text.Length;
        }
        if (bytes > MaxChunkBytes || !TryAppendToChunk(root, heap, id, fields, bytes, limits))
        {
            return false;
        }
        root->Value.Count++;
        root->EntriesAdded++;
        root->LastId = id;
        if (root->Value.Count == 1)
        {
            root->FirstId = id;
        }
        return true;
    }

    /// <summary>True if there is an entry of this ID.</summary>
    public static bool Contains(StreamRoot* root, StreamId id)
    {
        TreeCursor<StreamId, nint> chunk = TreeCursor<StreamId, nint>.AtOrBefore(root->Chunks, id);
        return chunk.IsValid && StreamChunk.Find((StreamChunk*)*chunk.Value, id) != null;
    }

    /// <summary>
    /// Deletes an entry as XDEL does. <see cref="StreamRoot.FirstId"/> is right again after
    /// <see cref="FindFirst"/>.
    /// </summary>
    /// <returns>False if there is no entry of this ID.</returns>
    public static bool Delete(StreamRoot* root, ValueHeap heap, StreamId id)
    {
        TreeCursor<StreamId, nint> at = TreeCursor<StreamId, nint>.AtOrBefore(root->Chunks, id);
        if (!at.IsValid || StreamChunk.Find((StreamChunk*)*at.Value, id) == null)
        {
            return false;
        }
        if (((StreamChunk*)*at.Value)->Live == 1)
        {
            RemoveChunk(root, heap, at.Key);
        }
        else
        {
            nint* slot = root->Chunks.FindWritable(at.Key, heap);
            StreamChunk* chunk = (StreamChunk*)heap.Writable((HeapNode*)*slot);
            StreamChunk.Mark(chunk, StreamChunk.Find(chunk, id));
            StreamChunk.Compact(ref chunk, heap, &root->Value);
            *slot = (nint)chunk;
        }
        root->Value.Count--;
        if (id > root->MaxDeletedId)
        {
            root->MaxDeletedId = id;
        }
        return true;
    }

    /// <summary>True if <see cref="Trim"/> would remove something.</summary>
    public static bool MayTrim(StreamRoot* root, in StreamTrim trim)
    {
        bool byLength = trim.MaxLength >= 0;
        if (root->Value.Count == 0 || (byLength ? root->Value.Count <= trim.MaxLength : root->FirstId >= trim.MinId))
        {
            return false;
        }
        TreeCursor<StreamId, nint> at = TreeCursor<StreamId, nint>.AtFirst(root->Chunks);
        while (((StreamChunk*)*at.Value)->Live == 0)
        {
            at.MoveNext();
        }
        StreamChunk* chunk = (StreamChunk*)*at.Value;
        if (trim.Limit > 0 && chunk->Live > trim.Limit)
        {
            return false;
        }
        return !trim.WholeChunks
            || (byLength ? root->Value.Count - chunk->Live >= trim.MaxLength : chunk->Last < trim.MinId);
    }

    /// <summary>
    /// Removes entries from the beginning. A chunk may go that has none left, though no entry is removed.
    /// </summary>
    /// <returns>How many.</returns>
    public static long Trim(StreamRoot* root, ValueHeap heap, in StreamTrim trim)
    {
        long removed = 0;
        bool byLength = trim.MaxLength >= 0;
        while (root->Chunks.Count > 0 && !(byLength && root->Value.Count <= trim.MaxLength))
        {
            TreeCursor<StreamId, nint> first = TreeCursor<StreamId, nint>.AtFirst(root->Chunks);
            StreamChunk* chunk = (StreamChunk*)*first.Value;
            int live = chunk->Live;
            if (trim.Limit > 0 && removed + live > trim.Limit)
            {
                break;
            }
            if (byLength ? root->Value.Count - live >= trim.MaxLength : chunk->Last < trim.MinId)
            {
                RemoveChunk(root, heap, first.Key);
                root->Value.Count -= live;
                removed += live;
                continue;
            }
            if (!trim.WholeChunks)
            {
                removed += TrimChunk(root, heap, first.Key, trim);
            }
            break;
        }
        if (removed > 0)
        {
            FindFirst(root);
        }
        return removed;
    }

    /// <summary>Looks for the first entry, after some may have gone.</summary>
    public static void FindFirst(StreamRoot* root)
    {
        StreamCursor cursor = new(root, StreamId.Min, StreamId.Max, reverse: false);
        root->FirstId = cursor.MoveNext() ? cursor.Entry.Id : default;
    }

    /// <summary>
    /// What <see cref="StreamRoot.FirstId"/> is for who only knows the entries; of an empty stream the greatest ID, as
    /// redis has it.
    /// </summary>
    public static StreamId FirstWithoutNote(StreamRoot* root)
    {
        StreamCursor cursor = new(root, StreamId.Min, StreamId.Max, reverse: false);
        return root->Value.Count != 0 && cursor.MoveNext() ? cursor.Entry.Id : StreamId.Max;
    }

    /// <summary>ID of the last entry that is not deleted; 0-0 if there is none.</summary>
    public static StreamId LastLive(StreamRoot* root)
    {
        StreamCursor cursor = new(root, StreamId.Min, StreamId.Max, reverse: true);
        return cursor.MoveNext() ? cursor.Entry.Id : default;
    }

    /// <summary>The ID that redis calls the first when it writes MINID into the log: a deleted entry's, too.</summary>
    public static StreamId FirstEvenDeleted(StreamRoot* root)
    {
        TreeCursor<StreamId, nint> first = TreeCursor<StreamId, nint>.AtFirst(root->Chunks);
        return first.IsValid ? first.Key : StreamId.Max;
    }

    public static void FreeChunk(StreamId* first, nint* chunk) => NativeMemory.Free((void*)*chunk);

    public static void OwnChunk(StreamId* first, nint* chunk, ValueHeap heap, HeapValue* owner)
    {
        HeapNode* source = (HeapNode*)*chunk;
        HeapNode* copy = heap.New(owner, source->Size);
        Unsafe.CopyBlock(copy + 1, source + 1, (uint)(source->Size - sizeof(HeapNode)));
        *chunk = (nint)copy;
    }

    private static bool TryAppendToChunk(
        StreamRoot* root, ValueHeap heap, StreamId id, ReadOnlySpan<NativeText> fields, long bytes,
        StreamLimits limits)
    {
        TreeCursor<StreamId, nint> last = TreeCursor<StreamId, nint>.AtLast(root->Chunks);
        while (last.IsValid && last.Key >= id)
        {
            // XSETID made the last ID smaller, which it can if the chunk has only deleted entries. With one in front of
            // the chunk's own ID, or a second chunk of this ID, entries would not be found.
            Invariant.Require(((StreamChunk*)*last.Value)->Live == 0);
            RemoveChunk(root, heap, last.Key);
            last = TreeCursor<StreamId, nint>.AtLast(root->Chunks);
        }
        if (last.IsValid)
        {
            StreamChunk* chunk = (StreamChunk*)*last.Value;
            if (!IsFull(chunk, bytes, limits))
            {
                nint* slot = root->Chunks.FindWritable(last.Key, heap);
                chunk = (StreamChunk*)heap.Writable((HeapNode*)*slot);
                *slot = (nint)chunk;
                bool appended = StreamChunk.TryAppend(ref chunk, id, fields, heap, &root->Value);
                *slot = (nint)chunk;
                return appended;
            }
        }
        StreamChunk* added = StreamChunk.New(id, fields, heap, &root->Value);
        if (added == null)
        {
            return false;
        }
        if (last.IsValid)
        {
            nint* slot = root->Chunks.FindWritable(last.Key, heap);
            StreamChunk* full = (StreamChunk*)*slot;
            StreamChunk.ShrinkToFit(ref full, heap, &root->Value);
            *slot = (nint)full;
        }
        root->RadixNodes += RadixNodes.AddedBy(root->Chunks, id);
        *root->Chunks.Insert(id, heap, &root->Value) = (nint)added;
        return true;
    }

    private static bool IsFull(StreamChunk* chunk, long bytes, StreamLimits limits)
    {
        long maxBytes = limits.MaxBytes is 0 or > MaxChunkBytes ? MaxChunkBytes : limits.MaxBytes;
        return chunk->ListPackBytes + bytes >= maxBytes
            || (limits.MaxEntries > 0 && chunk->Entries >= limits.MaxEntries);
    }

    private static void RemoveChunk(StreamRoot* root, ValueHeap heap, StreamId first)
    {
        heap.Free(&root->Value, (HeapNode*)*root->Chunks.Find(first));
        root->Chunks.Remove(first, heap, &root->Value);
        root->RadixNodes -= RadixNodes.AddedBy(root->Chunks, first);
    }

    /// <summary>
    /// Marks entries at the beginning of a chunk that is not removed whole. Like redis's, the chunk stays even if those
    /// were all: its last entry, deleted before, is not below the first ID that may stay.
    /// </summary>
    private static long TrimChunk(StreamRoot* root, ValueHeap heap, StreamId first, in StreamTrim trim)
    {
        nint* slot = root->Chunks.FindWritable(first, heap);
        StreamChunk* chunk = (StreamChunk*)heap.Writable((HeapNode*)*slot);
        *slot = (nint)chunk;
        long removed = 0;
        byte* end = StreamChunk.End(chunk);
        for (byte* at = StreamChunk.Elements(chunk) + chunk->EntriesAt; at < end;)
        {
            StreamEntry entry = StreamChunk.ReadEntry(chunk, at);
            if (trim.MaxLength >= 0 ? root->Value.Count <= trim.MaxLength : entry.Id >= trim.MinId)
            {
                break;
            }
            if (!entry.IsDeleted)
            {
                StreamChunk.Mark(chunk, at);
                root->Value.Count--;
                removed++;
            }
            at = entry.SkipToEnd();
        }
        StreamChunk.Compact(ref chunk, heap, &root->Value);
        *slot = (nint)chunk;
        return removed;
    }
}
