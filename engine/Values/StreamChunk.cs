// Some consecutive entries of a stream, in one node. Behind the header lies what redis's node of a stream has behind
// its two counts, as listpack elements:
//
//   number of master fields, the master fields, 0
//   each entry: flags, ms and seq as differences from the chunk's ID,
//     with the flag "same fields" a value for each master field,
//     without it the number of fields, then field, value, field, value ...
//     and the number of the entry's elements, for who comes from behind
//
// A deleted entry is only marked. The IDs of the others ascend; its own may be greater than those behind it, after
// XSETID made the last ID smaller. When most of a chunk is marked, the marked ones are cut out; what redis, which never
// does that, would still hold is counted on, so that a chunk is full exactly when redis's node is.

namespace Tidelog.Engine.Values;

/// <summary>The header of a chunk.</summary>
internal unsafe struct StreamChunk
{
    public HeapNode Node;

    /// <summary>Bytes of the elements.</summary>
    public int Used;

    /// <summary>Where the first entry begins among the elements.</summary>
    public int EntriesAt;

    /// <summary>ID of the first entry, deleted or not.</summary>
    public StreamId First;

    /// <summary>ID of the last entry, deleted or not.</summary>
    public StreamId Last;

    /// <summary>Entries that are not deleted; trimming leaves a chunk without any if a deleted one is last.</summary>
    public int Live;

    /// <summary>Entries that are marked as deleted.</summary>
    public int Marked;

    /// <summary>Marked entries that were cut out, and the bytes that they had.</summary>
    public int Dropped;
    public int DroppedBytes;

    /// <summary>Smallest number of marked entries that is worth cutting out.</summary>
    private const int WorthDropping = 8;
    internal const byte DeletedFlag = 1;
    internal const byte SameFieldsFlag = 2;
    private const int HeaderAndEnd = 7;
    private const int DoublingLimit = 4096;

    /// <summary>Bytes of the listpack that redis would have here.</summary>
    public readonly long ListPackBytes => HeaderAndEnd + ListPackElement.SizeOf(Live)
        + ListPackElement.SizeOf((long)Marked + Dropped) + Used + DroppedBytes;

    /// <summary>All entries, as redis counts them.</summary>
    public readonly long Entries => (long)Live + Marked + Dropped;

    public static byte* Elements(StreamChunk* chunk) => (byte*)(chunk + 1);

    public static byte* End(StreamChunk* chunk) => Elements(chunk) + chunk->Used;

    /// <summary>A chunk of one entry.</summary>
    /// <returns>Null if it would be too big.</returns>
    public static StreamChunk* New(StreamId id, ReadOnlySpan<NativeText> fields, ValueHeap heap, HeapValue* owner)
    {
        long master = ListPackElement.SizeOf(fields.Length / 2) + ListPackElement.SizeOf(0L);
        for (int i = 0; i < fields.Length; i += 2)
        {
            master += ListPackElement.SizeOf(fields[i].Bytes);
        }
        long size = sizeof(StreamChunk) + master + SizeOf(id, id, fields, sameFields: true);
        if (size > int.MaxValue)
        {
            return null;
        }
        StreamChunk* chunk = (StreamChunk*)heap.New(owner, (int)size);
        HeapNode node = chunk->Node;
        *chunk = new StreamChunk { Node = node, First = id, EntriesAt = (int)master };
        byte* at = ListPackElement.Write(Elements(chunk), fields.Length / 2);
        for (int i = 0; i < fields.Length; i += 2)
        {
            at = ListPackElement.Write(at, fields[i].Bytes);
        }
        at = ListPackElement.Write(at, 0);
        Write(chunk, at, id, fields, sameFields: true);
        return chunk;
    }

    /// <summary>Appends an entry to a writable chunk.</summary>
    /// <param name="chunk">Changed when it has to grow.</param>
    /// <returns>False if it would be too big.</returns>
    public static bool TryAppend(
        ref StreamChunk* chunk, StreamId id, ReadOnlySpan<NativeText> fields, ValueHeap heap, HeapValue* owner)
    {
        bool sameFields = HasMasterFields(chunk, fields);
        long needed = sizeof(StreamChunk) + chunk->Used + SizeOf(chunk->First, id, fields, sameFields);
        if (needed > int.MaxValue)
        {
            return false;
        }
        if (needed > chunk->Node.Size)
        {
            long spare = Math.Min(needed / 2, DoublingLimit / 4);
            long size = Math.Min(needed + (needed < DoublingLimit ? spare : 0), int.MaxValue);
            chunk = (StreamChunk*)heap.Resize(owner, &chunk->Node, (int)size);
        }
        Write(chunk, End(chunk), id, fields, sameFields);
        return true;
    }

    /// <summary>Gives back what a writable chunk has room for.</summary>
    public static void ShrinkToFit(ref StreamChunk* chunk, ValueHeap heap, HeapValue* owner)
    {
        int size = sizeof(StreamChunk) + chunk->Used;
        if (ValueHeap.CostOf(size) < ValueHeap.CostOf(chunk->Node.Size))
        {
            chunk = (StreamChunk*)heap.Resize(owner, &chunk->Node, size);
        }
    }

    /// <summary>Reads what an entry begins with.</summary>
    public static StreamEntry ReadEntry(StreamChunk* chunk, byte* at)
    {
        byte flags = *at;
        ListPackElement ms = new(new ListPackElement(at).Next);
        ListPackElement seq = new(ms.Next);
        bool sameFields = (flags & SameFieldsFlag) != 0;
        ListPackElement count = new(sameFields ? Elements(chunk) : seq.Next);
        return new StreamEntry
        {
            Id = new StreamId(
                unchecked(chunk->First.Ms + (ulong)ms.Integer), unchecked(chunk->First.Seq + (ulong)seq.Integer)),
            IsDeleted = (flags & DeletedFlag) != 0,
            FieldCount = count.Integer,
            MasterFields = sameFields ? count.Next : null,
            Values = sameFields ? seq.Next : count.Next,
        };
    }

    /// <summary>An entry that is not deleted.</summary>
    /// <returns>Null if there is none of this ID.</returns>
    public static byte* Find(StreamChunk* chunk, StreamId id)
    {
        byte* end = End(chunk);
        for (byte* at = Elements(chunk) + chunk->EntriesAt; at < end;)
        {
            StreamEntry entry = ReadEntry(chunk, at);
            if (!entry.IsDeleted && entry.Id >= id)
            {
                return entry.Id == id ? at : null;
            }
            at = entry.SkipToEnd();
        }
        return null;
    }

    /// <summary>Marks an entry of a writable chunk as deleted.</summary>
    public static void Mark(StreamChunk* chunk, byte* entry)
    {
        *entry |= DeletedFlag;
        chunk->Live--;
        chunk->Marked++;
    }

    /// <summary>Cuts the marked entries out of a writable chunk if they are the most of it.</summary>
    public static void Compact(ref StreamChunk* chunk, ValueHeap heap, HeapValue* owner)
    {
        if (chunk->Marked < WorthDropping || chunk->Marked <= chunk->Live)
        {
            return;
        }
        byte* end = End(chunk);
        byte* kept = Elements(chunk) + chunk->EntriesAt;
        for (byte* at = kept; at < end;)
        {
            StreamEntry entry = ReadEntry(chunk, at);
            byte* next = entry.SkipToEnd();
            if (!entry.IsDeleted)
            {
                Buffer.MemoryCopy(at, kept, next - at, next - at);
                kept += next - at;
            }
            at = next;
        }
        chunk->Dropped += chunk->Marked;
        chunk->DroppedBytes = (int)Math.Min((long)chunk->DroppedBytes + (end - kept), int.MaxValue);
        chunk->Marked = 0;
        chunk->Used = (int)(kept - Elements(chunk));
        ShrinkToFit(ref chunk, heap, owner);
    }

    private static bool HasMasterFields(StreamChunk* chunk, ReadOnlySpan<NativeText> fields)
    {
        ListPackElement element = new(Elements(chunk));
        if (element.Integer != fields.Length / 2)
        {
            return false;
        }
        for (int i = 0; i < fields.Length; i += 2)
        {
            element = new ListPackElement(element.Next);
            if (!element.Is(fields[i].Bytes))
            {
                return false;
            }
        }
        return true;
    }

    private static long SizeOf(StreamId first, StreamId id, ReadOnlySpan<NativeText> fields, bool sameFields)
    {
        long size = ListPackElement.SizeOf(SameFieldsFlag) + ListPackElement.SizeOf(unchecked((long)(id.Ms - first.Ms)))
            + ListPackElement.SizeOf(unchecked((long)(id.Seq - first.Seq)))
            + ListPackElement.SizeOf(ElementCount(fields.Length / 2, sameFields));
        if (!sameFields)
        {
            size += ListPackElement.SizeOf(fields.Length / 2);
        }
        for (int i = sameFields ? 1 : 0; i < fields.Length; i += sameFields ? 2 : 1)
        {
            size += ListPackElement.SizeOf(fields[i].Bytes);
        }
        return size;
    }

    private static long ElementCount(long fields, bool sameFields) => sameFields ? fields + 3 : (2 * fields) + 4;

    private static void Write(
        StreamChunk* chunk, byte* at, StreamId id, ReadOnlySpan<NativeText> fields, bool sameFields)
    {
        at = ListPackElement.Write(at, sameFields ? SameFieldsFlag : 0L);
        at = ListPackElement.Write(at, unchecked((long)(id.Ms - chunk->First.Ms)));
        at = ListPackElement.Write(at, unchecked((long)(id.Seq - chunk->First.Seq)));
        if (!sameFields)
        {
            at = ListPackElement.Write(at, fields.Length / 2);
        }
        for (int i = sameFields ? 1 : 0; i < fields.Length; i += sameFields ? 2 : 1)
        {
            at = ListPackElement.Write(at, fields[i].Bytes);
        }
        at = ListPackElement.Write(at, ElementCount(fields.Length / 2, sameFields));
        chunk->Used = (int)(at - Elements(chunk));
        chunk->Last = id;
        chunk->Live++;
    }
}
