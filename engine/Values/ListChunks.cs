namespace Tidelog.Engine.Values;

/// <summary>
/// Makes chunks of chunks: other sizes, with a prefix or without, halves. The elements' blocks go along; the chunk that
/// was is the caller's to free.
/// </summary>
internal static unsafe class ListChunks
{
    /// <summary>Compacting is not worth it for less than this part of a chunk.</summary>
    private const int LeastGain = 16;

    public static ListChunk* New(ValueHeap heap, ListRoot* root, int size, ListChunkFlags flags, int prefixLength = 0)
    {
        ListChunk* chunk = (ListChunk*)heap.New(&root->Value, size);
        chunk->Count = 0;
        chunk->Used = 0;
        chunk->GapBytes = 0;
        chunk->GapCodes = 0;
        chunk->PrefixLength = (byte)prefixLength;
        chunk->Flags = flags;
        return chunk;
    }

    /// <summary>A copy of a part of a chunk, without a gap.</summary>
    /// <param name="from">Index in the pack.</param>
    public static ListChunk* Part(ValueHeap heap, ListRoot* root, ListChunk* chunk, int from, int count, int size)
    {
        ListChunk* part = New(heap, root, size, chunk->Flags, chunk->PrefixLength);
        byte* prefix = ListChunk.PrefixOf(part);
        Buffer.MemoryCopy(ListChunk.PrefixOf(chunk), prefix, chunk->PrefixLength, chunk->PrefixLength);
        Pack pack = ListChunk.PackOf(part);
        pack.Append(ListChunk.PackOf(chunk), from, count);
        ListChunk.Save(part, pack);
        return part;
    }

    /// <summary>Bytes that the chunk needs without its prefix.</summary>
    public static int NeededPlain(ListChunk* chunk) => chunk->PrefixLength == 0
        ? chunk->Needed
        : chunk->Needed + (chunk->PrefixLength * (StringCount(ListChunk.PackOf(chunk)) - 1));

    /// <summary>A copy without prefix or gap.</summary>
    public static ListChunk* Plain(ValueHeap heap, ListRoot* root, ListChunk* chunk, int size)
    {
        ListChunk* plain = New(heap, root, size, chunk->Flags);
        Pack pack = ListChunk.PackOf(plain);
        ListRun run = ListChunk.RunOf(chunk);
        AppendPlain(ref pack, run, new ListElements(run.Pack, 0, run.Count, down: false));
        ListChunk.Save(plain, pack);
        return plain;
    }

    /// <summary>A plain chunk of the elements of two successive ones.</summary>
    public static ListChunk* Joined(ValueHeap heap, ListRoot* root, ListChunk* left, ListChunk* right, int size)
    {
        ListChunkFlags flags = (left->Flags | right->Flags) & ListChunkFlags.HasBlocks;
        ListChunk* joined = New(heap, root, size, flags);
        Pack pack = ListChunk.PackOf(joined);
        ListRun first = ListChunk.RunOf(left);
        ListRun second = ListChunk.RunOf(right);
        AppendPlain(ref pack, first, first.Elements(0, first.Count, backward: false));
        AppendPlain(ref pack, second, second.Elements(0, second.Count, backward: false));
        ListChunk.Save(joined, pack);
        return joined;
    }

    /// <summary>The same elements in as little memory as they take, or null if that gains too little.</summary>
    public static ListChunk* Compacted(ValueHeap heap, ListRoot* root, ListChunk* chunk)
    {
        int prefixLength = 0;
        int needed = chunk->Needed;
        Pack old = ListChunk.PackOf(chunk);
        byte* prefix = null;
        if (chunk->PrefixLength == 0)
        {
            prefixLength = CommonPrefix(old, out prefix, out int strings);
            prefixLength = strings > 1 ? prefixLength : 0;
            needed -= prefixLength * (strings - 1);
        }
        if (needed > chunk->Node.Size - (chunk->Node.Size / LeastGain))
        {
            return null;
        }
        if (prefixLength == 0)
        {
            return Part(heap, root, chunk, 0, chunk->Count, needed);
        }
        ListChunk* compacted = New(heap, root, needed, chunk->Flags, prefixLength);
        Buffer.MemoryCopy(prefix, ListChunk.PrefixOf(compacted), prefixLength, prefixLength);
        Pack pack = ListChunk.PackOf(compacted);
        ListElements elements = new(old, 0, old.Count, down: false);
        while (elements.MoveNext())
        {
            Element element = elements.Current;
            pack.Append(element.Code > Element.MaxInlineLength
                ? element
                : new Element(element.Payload + prefixLength, (byte)(element.Code - prefixLength)));
        }
        ListChunk.Save(compacted, pack);
        return compacted;
    }

    /// <summary>Frees a chunk and the blocks of its elements.</summary>
    public static void Free(ValueHeap heap, ListRoot* root, ListChunk* chunk)
    {
        if (chunk->HasBlocks)
        {
            FreeBlocks(heap, root, ListChunk.PackOf(chunk), 0, chunk->Count);
        }
        heap.Free(&root->Value, &chunk->Node);
    }

    public static void FreeBlocks(ValueHeap heap, ListRoot* root, in Pack pack, int from, int count)
    {
        ListElements elements = new(pack, from, count, down: false);
        while (elements.MoveNext())
        {
            if (elements.Current.IsBlock)
            {
                heap.Free(&root->Value, elements.Current.Block);
            }
        }
    }

    /// <summary>Takes elements of a form out of a pack and frees their blocks.</summary>
    /// <param name="skip">How many of them stay, counted from the pack's begin.</param>
    /// <param name="remove">How many go.</param>
    public static void Filter(
        ValueHeap heap, ListRoot* root, ref Pack pack, in PackedText form, int skip, int remove)
    {
        Pack kept = new(pack.Start, pack.End, 0, 0);
        ListElements elements = new(pack, 0, pack.Count, down: false);
        while (elements.MoveNext())
        {
            // What is written lies in front of what is read, so nothing is lost.
            Element element = elements.Current;
            if (remove > 0 && element.Is(form) && --skip < 0)
            {
                remove--;
                if (element.IsBlock)
                {
                    heap.Free(&root->Value, element.Block);
                }
                continue;
            }
            int length = element.PayloadLength;
            Buffer.MemoryCopy(element.Payload, kept.Start + kept.Used, length, length);
            kept.End[-1 - kept.Count] = element.Code;
            kept = new Pack(kept.Start, kept.End, kept.Count + 1, kept.Used + length);
        }
        pack = kept;
    }

    private static void AppendPlain(ref Pack pack, in ListRun run, ListElements elements)
    {
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        while (elements.MoveNext())
        {
            Element element = elements.Current;
            if (run.PrefixLength == 0 || element.Code > Element.MaxInlineLength)
            {
                pack.Append(element);
            }
            else
            {
                pack.Append(PackedText.Binary(run.TextOf(element, scratch)));
            }
        }
    }

    private static int StringCount(in Pack pack)
    {
        int count = 0;
        for (int i = 0; i < pack.Count; i++)
        {
            count += pack.CodeAt(i) <= Element.MaxInlineLength ? 1 : 0;
        }
        return count;
    }

    /// <summary>What all strings that are no blocks begin with.</summary>
    private static int CommonPrefix(in Pack pack, out byte* prefix, out int strings)
    {
        prefix = null;
        strings = 0;
        int length = 0;
        ListElements elements = new(pack, 0, pack.Count, down: false);
        while (elements.MoveNext())
        {
            Element element = elements.Current;
            if (element.Code > Element.MaxInlineLength)
            {
                continue;
            }
            if (strings++ == 0)
            {
                prefix = element.Payload;
                length = element.Code;
                continue;
            }
            length = new ReadOnlySpan<byte>(prefix, length).CommonPrefixLength(element.Bytes);
            if (length == 0)
            {
                // The strings need not be counted further.
                return 0;
            }
        }
        return length;
    }
}
