// A bucket of a hash table: some dozens of entries in one block.
//
//   | header | tag 0 | tag 1 | ... | free | payloads ... | free | ... codes |
//                                         \--------- a Pack --------------/
//
// A tag is 8 bits of an entry's hash that did not choose the bucket. A look-up compares all tags at once and looks at
// the elements of the few that match; so the leaf needs no order, and entries that all have one hash are slow but
// right.
// An entry is one element of the pack (the member of a set) or two (field and value, member and score).

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tidelog.Engine.Values;

internal unsafe struct HashLeaf
{
    private const int TagStep = 8;
    private const int CacheLine = 64;

    /// <summary>Lines of a leaf that a look-up fetches at once: header, tags, payloads and codes are in them.</summary>
    private const int PrefetchedLines = 8;

    public HeapNode Node;
    public int Entries;

    /// <summary>Bytes of all payloads.</summary>
    public int Used;

    /// <summary>How many tags there is room for.</summary>
    public int TagRoom;

    /// <param name="stride">Elements per entry.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack PackOf(HashLeaf* leaf, int stride) => new(
        TagsOf(leaf) + leaf->TagRoom, (byte*)leaf + leaf->Node.Size, leaf->Entries * stride, leaf->Used);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* TagsOf(HashLeaf* leaf) => (byte*)(leaf + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(HashLeaf* leaf)
    {
        if (Sse.IsSupported)
        {
            // All misses of a look-up overlap: where the codes end is known only when the header has come.
            for (int i = 0; i < PrefetchedLines; i++)
            {
                Sse.Prefetch0((byte*)leaf + (i * CacheLine));
            }
        }
    }

    /// <summary>Number of the entry with a key, or -1.</summary>
    /// <param name="offset">Of the key's element in the pack.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Find(HashLeaf* leaf, int stride, byte tag, in PackedText key, out int offset)
    {
        int count = leaf->Entries;
        byte* tags = TagsOf(leaf);
        Pack pack = PackOf(leaf, stride);
        Vector256<byte> wanted = Vector256.Create(tag);
        for (int from = 0; from < count; from += Vector256<byte>.Count)
        {
            // SizeFor sees to it that a whole vector can be read at the last tag.
            uint found = Vector256.Equals(Vector256.Load(tags + from), wanted).ExtractMostSignificantBits();
            if (count - from < Vector256<byte>.Count)
            {
                found &= (1U << (count - from)) - 1;
            }
            while (found != 0)
            {
                int entry = from + BitOperations.TrailingZeroCount(found);
                found &= found - 1;
                if (pack.CodeAt(entry * stride) == key.Code)
                {
                    offset = pack.OffsetOf(entry * stride);
                    if (new Element(pack.Start + offset, key.Code).IsPayload(key))
                    {
                        return entry;
                    }
                }
            }
        }
        offset = -1;
        return -1;
    }

    /// <summary>A leaf without entries.</summary>
    /// <param name="entries">How many it has room for.</param>
    /// <param name="packed">Bytes of their payloads and codes.</param>
    public static HashLeaf* New(int entries, int packed, ValueHeap heap, HeapValue* owner)
    {
        int tagRoom = (entries + TagStep - 1) & -TagStep;
        HashLeaf* leaf = (HashLeaf*)heap.New(owner, SizeFor(tagRoom, packed));
        leaf->Entries = 0;
        leaf->Used = 0;
        leaf->TagRoom = tagRoom;
        return leaf;
    }

    /// <summary>Room for a pack that is going to grow: an eighth more.</summary>
    public static int RoomToGrow(int packed) => checked(packed + (packed / 8));

    /// <summary>The leaf, writable and with room for an entry; it replaces the one given.</summary>
    /// <param name="more">Bytes that the entry adds to the pack.</param>
    /// <param name="entries">How many entries are added, 0 when one of them grows.</param>
    public static HashLeaf* MakeRoom(
        HashLeaf* leaf, int stride, int entries, int more, ValueHeap heap, HeapValue* owner)
    {
        Pack pack = PackOf(leaf, stride);
        if (pack.Free >= more && leaf->TagRoom >= leaf->Entries + entries)
        {
            return (HashLeaf*)heap.Writable(&leaf->Node);
        }
        return Rebuild(leaf, stride, leaf->Entries + entries, RoomToGrow(checked(pack.Needed + more)), heap, owner);
    }

    /// <summary>Adds an entry that is not there and that there is room for.</summary>
    public static void Append(
        HashLeaf* leaf, int stride, byte tag, in PackedText key, in PackedText value, ValueHeap heap, HeapValue* owner)
    {
        Pack pack = PackOf(leaf, stride);
        HeapPack.Append(ref pack, key, heap, owner);
        if (stride == 2)
        {
            if (key.IsBlock && value.IsBlock)
            {
                AppendBehindBlock(ref pack, value, heap, owner);
            }
            else
            {
                HeapPack.Append(ref pack, value, heap, owner);
            }
        }
        TagsOf(leaf)[leaf->Entries] = tag;
        leaf->Entries++;
        leaf->Used = pack.Used;
    }

    /// <summary>Removes an entry and frees its blocks; the leaf is writable.</summary>
    public static void Remove(HashLeaf* leaf, int stride, int entry, ValueHeap heap, HeapValue* owner)
    {
        Pack pack = PackOf(leaf, stride);
        HeapPack.Remove(ref pack, entry * stride, stride, heap, owner);
        byte* tag = TagsOf(leaf) + entry;
        leaf->Entries--;
        int behind = leaf->Entries - entry;
        Buffer.MemoryCopy(tag + 1, tag, behind, behind);
        leaf->Used = pack.Used;
    }

    /// <summary>The leaf without most of its free room, if that is much; it replaces the one given.</summary>
    public static HashLeaf* Trim(HashLeaf* leaf, int stride, ValueHeap heap, HeapValue* owner)
    {
        Pack pack = PackOf(leaf, stride);
        return pack.Free > (pack.Needed / 3) + CacheLine
            ? Rebuild(leaf, stride, leaf->Entries, RoomToGrow(pack.Needed), heap, owner)
            : leaf;
    }

    /// <summary>Appends an entry of another leaf as it is, its blocks with it.</summary>
    /// <param name="pack">Of the leaf that it is appended to; the caller stores its size.</param>
    /// <param name="index">Of the entry's first element.</param>
    /// <param name="offset">Of that element; moved behind the entry.</param>
    public static void MoveEntry(ref Pack pack, in Pack source, int stride, int index, ref int offset)
    {
        for (int i = 0; i < stride; i++)
        {
            Element element = source.At(index + i, offset);
            pack.Append(element);
            offset += element.PayloadLength;
        }
    }

    /// <summary>Appends all entries of another leaf as they are.</summary>
    public static void MoveAll(HashLeaf* target, HashLeaf* source, int stride)
    {
        Pack pack = PackOf(target, stride);
        pack.Append(PackOf(source, stride), 0, source->Entries * stride);
        Buffer.MemoryCopy(
            TagsOf(source), TagsOf(target) + target->Entries, source->Entries, source->Entries);
        target->Entries += source->Entries;
        target->Used = pack.Used;
    }

    /// <summary>A copy that shares nothing: its blocks are copied too.</summary>
    public static HashLeaf* Clone(HashLeaf* leaf, int stride, ValueHeap heap, HeapValue* owner)
    {
        HashLeaf* copy = New(leaf->Entries, PackOf(leaf, stride).Needed, heap, owner);
        MoveAll(copy, leaf, stride);
        HeapPack.CloneBlocks(PackOf(copy, stride), heap, owner);
        return copy;
    }

    /// <summary>Frees a leaf and its blocks on any thread; nothing is counted.</summary>
    public static void FreeAll(HashLeaf* leaf, int stride)
    {
        HeapPack.FreeBlocks(PackOf(leaf, stride));
        NativeMemory.Free(leaf);
    }

    /// <summary>Appends a long value to its long key; frees the key's block if there is no memory for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AppendBehindBlock(ref Pack pack, in PackedText value, ValueHeap heap, HeapValue* owner)
    {
        try
        {
            HeapPack.Append(ref pack, value, heap, owner);
        }
        catch (OutOfMemoryException)
        {
            heap.Free(owner, pack.At(pack.Count - 1).Block);
            throw;
        }
    }

    private static HashLeaf* Rebuild(
        HashLeaf* leaf, int stride, int entries, int packed, ValueHeap heap, HeapValue* owner)
    {
        HashLeaf* rebuilt = New(entries, packed, heap, owner);
        MoveAll(rebuilt, leaf, stride);
        heap.Free(owner, &leaf->Node);
        return rebuilt;
    }

    /// <summary>A size that leaves nothing unused in the C library's block, which are multiples of 16 less 8.</summary>
    private static int SizeFor(int tagRoom, int packed)
    {
        int vectors = (tagRoom + Vector256<byte>.Count - 1) & -Vector256<byte>.Count;
        int size = sizeof(HashLeaf) + Math.Max(vectors, checked(tagRoom + packed));
        return ((size + 8 + 15) & ~15) - 8;
    }
}
