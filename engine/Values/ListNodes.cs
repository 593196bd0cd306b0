// A list outside its record: chunks of elements, and a spine over them of two levels.
//
//   root -> top (ListIndex) -> segments (ListIndex of up to 512 entries) -> chunks (ListChunk of up to 8 KiB)
//
// An index is a window in an array of entries with room at both ends; an entry has a node and how many elements are
// below it, so that an element is found by its number in a few hundred additions at most.
//
// A chunk is a pack. Pushing and popping never move payloads, at either end of the list:
//  - A chunk may be reversed: its physical order is then the list's order backwards. LPUSH makes reversed chunks and
//    appends to them, RPUSH makes the others.
//  - What is popped at a chunk's physical beginning leaves a gap there.
//
// A chunk that gets neighbours on both sides is compacted: the memory fits exactly, and what all its strings begin with
// is kept once. A change in its midst that needs room makes it a plain one again.

namespace Tidelog.Engine.Values;

internal unsafe struct ListRoot
{
    public HeapValue Value;
    public ListIndex* Top;
}

internal unsafe struct ListEntry
{
    /// <summary>A segment in the top index, a chunk in a segment.</summary>
    public HeapNode* Node;

    /// <summary>Elements below it.</summary>
    public long Count;
}

internal unsafe struct ListIndex
{
    public HeapNode Node;

    /// <summary>Unused places in front.</summary>
    public int First;
    public int Length;

    public static int SizeFor(int capacity) => sizeof(ListIndex) + (capacity * sizeof(ListEntry));

    public static int CapacityOf(ListIndex* index) => (index->Node.Size - sizeof(ListIndex)) / sizeof(ListEntry);

    /// <summary>The first entry in use.</summary>
    public static ListEntry* Entries(ListIndex* index) => (ListEntry*)(index + 1) + index->First;
}

[Flags]
internal enum ListChunkFlags : byte
{
    None = 0,
    Reversed = 1,

    /// <summary>Some element is, or was, a block of its own.</summary>
    HasBlocks = 2,
}

/// <summary>The header of a chunk; behind it the prefix, a gap and the pack.</summary>
internal unsafe struct ListChunk
{
    /// <summary>Most bytes of a chunk; with the allocator's own 8 it takes 8 KiB.</summary>
    public const int MaxSize = 8192 - 8;

    public HeapNode Node;
    public ushort Count;

    /// <summary>Bytes of the pack's payloads.</summary>
    public ushort Used;

    /// <summary>Bytes of payloads that were popped at the physical beginning.</summary>
    public ushort GapBytes;

    /// <summary>How many elements those were.</summary>
    public ushort GapCodes;

    /// <summary>Bytes that begin every string of the chunk that is no block, and are left out in the pack.</summary>
    public byte PrefixLength;
    public ListChunkFlags Flags;

    public readonly bool IsReversed => (Flags & ListChunkFlags.Reversed) != 0;

    public readonly bool HasBlocks => (Flags & ListChunkFlags.HasBlocks) != 0;

    /// <summary>Bytes that a chunk of exactly these elements needs.</summary>
    public readonly int Needed => sizeof(ListChunk) + PrefixLength + Used + Count;

    public static byte* PrefixOf(ListChunk* chunk) => (byte*)(chunk + 1);

    public static Pack PackOf(ListChunk* chunk)
    {
        byte* start = PrefixOf(chunk) + chunk->PrefixLength + chunk->GapBytes;
        byte* end = (byte*)chunk + chunk->Node.Size - chunk->GapCodes;
        return new Pack(start, end, chunk->Count, chunk->Used);
    }

    /// <summary>Stores what a change of the pack made of its count and size.</summary>
    public static void Save(ListChunk* chunk, in Pack pack)
    {
        chunk->Count = checked((ushort)pack.Count);
        chunk->Used = checked((ushort)pack.Used);
    }

    public static ListRun RunOf(ListChunk* chunk) =>
        new(PackOf(chunk), PrefixOf(chunk), chunk->PrefixLength, chunk->IsReversed, chunk->HasBlocks);

    /// <summary>A size for so many bytes that leaves room to grow; 0 if there is none.</summary>
    public static int RoomyFor(int needed)
    {
        if (needed > MaxSize)
        {
            return 0;
        }
        int roomy = needed + (needed / 4);
        for (int size = MinSize; size < MaxSize; size = (2 * size) + 8)
        {
            if (size >= roomy)
            {
                return size;
            }
        }
        return MaxSize;
    }

    /// <summary>With the allocator's 8 bytes a power of two, as all sizes with room are.</summary>
    private const int MinSize = 256 - 8;
}
