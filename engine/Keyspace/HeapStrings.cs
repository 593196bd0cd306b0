using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

/// <summary>
/// A database's strings and keys outside the log: their memory, and that a cut sees them as they were. A block made
/// before the cut is not changed while the cut lasts: a writer takes a copy of it for the record, once.
/// </summary>
internal sealed unsafe class HeapStrings(ValueHeap values, LazyFree lazyFree)
{
    /// <summary>Memory of all of them, in bytes.</summary>
    public long Bytes { get; private set; }

    public HeapBytes* New(int length, int capacity)
    {
        HeapBytes* block = HeapBytes.Allocate(length, capacity, values.Cut.Generation);
        Bytes += block->Size;
        return block;
    }

    public HeapBytes* New(ReadOnlySpan<byte> bytes)
    {
        HeapBytes* block = New(bytes.Length, bytes.Length);
        bytes.CopyTo(block->Span);
        return block;
    }

    /// <summary>True for a block that a cut sees: nothing of it may be changed.</summary>
    public bool IsFrozen(HeapBytes* block) => block->Generation < values.Cut.Frozen;

    /// <summary>The block itself, or a copy of it that the caller puts in the record.</summary>
    public HeapBytes* Writable(HeapBytes* block) =>
        IsFrozen(block) ? CopyOnWrite(block, block->Length, block->Capacity) : block;

    /// <summary>
    /// Changes a block's length and keeps the bytes that fit; the caller puts it in the record. One that grows gets
    /// room to grow again.
    /// </summary>
    public HeapBytes* Resize(HeapBytes* block, int length)
    {
        int capacity = length > block->Capacity ? CapacityFor(length) : block->Capacity;
        if (IsFrozen(block))
        {
            return CopyOnWrite(block, length, capacity);
        }
        if (capacity != block->Capacity)
        {
            long size = block->Size;
            block = HeapBytes.Reallocate(block, capacity);
            Bytes += block->Size - size;
        }
        block->Length = length;
        return block;
    }

    /// <summary>A new block for a string that has just become too long for the log, with room to grow.</summary>
    public HeapBytes* NewGrown(ReadOnlySpan<byte> bytes, int length)
    {
        HeapBytes* block = New(length, CapacityFor(length));
        bytes.CopyTo(block->Span);
        return block;
    }

    /// <summary>Frees a block that no record has any more, as soon as no cut sees it.</summary>
    public void Free(HeapBytes* block)
    {
        Bytes -= block->Size;
        if (IsFrozen(block))
        {
            values.Cut.Retire(block);
        }
        else
        {
            lazyFree.Free(block);
        }
    }

    /// <summary>Counts a block that came from another database.</summary>
    public void Adopt(HeapBytes* block) => Bytes += block->Size;

    /// <summary>Counts a block no more that goes to another database.</summary>
    public void Disown(HeapBytes* block) => Bytes -= block->Size;

    /// <summary>What a string that grows gets: as much again, but at most 1 MiB.</summary>
    private static int CapacityFor(int length) =>
        (int)Math.Min((long)length + Math.Min(length, 1 << 20), int.MaxValue - 64);

    private HeapBytes* CopyOnWrite(HeapBytes* block, int length, int capacity)
    {
        HeapBytes* copy = New(length, capacity);
        int kept = Math.Min(length, block->Length);
        block->Span[..kept].CopyTo(copy->Span);
        Free(block);
        return copy;
    }
}
