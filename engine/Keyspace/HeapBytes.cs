using System.Runtime.InteropServices;

namespace Tidelog.Engine.Keyspace;

/// <summary>
/// A long string outside the log and outside the GC heap: this header, then the bytes. The record that points
/// here owns it.
/// </summary>
internal unsafe partial struct HeapBytes
{
    public int Length;
    public int Capacity;

    /// <summary>When it was made: see <see cref="Values.ValueCut"/>.</summary>
    public uint Generation;

    public Span<byte> Span
    {
        get
        {
            fixed (HeapBytes* self = &this)
            {
                return new Span<byte>((byte*)(self + 1), Length);
            }
        }
    }

    /// <summary>Memory that the block takes.</summary>
    public readonly long Size => sizeof(HeapBytes) + (long)Capacity;

    /// <param name="generation">That of the cut's moment; for a block that is nobody's yet it is set later.</param>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public static HeapBytes* Allocate(int length, int capacity, uint generation)
    {
        HeapBytes* block = (HeapBytes*)NativeMemory.Alloc((nuint)sizeof(HeapBytes) + (nuint)capacity);
        block->Length = length;
        block->Capacity = capacity;
        block->Generation = generation;
        return block;
    }

    /// <summary>Changes the capacity; a big block is moved by the system's page tables and not copied.</summary>
    public static HeapBytes* Reallocate(HeapBytes* block, int capacity)
    {
        block = (HeapBytes*)NativeMemory.Realloc(block, (nuint)sizeof(HeapBytes) + (nuint)capacity);
        block->Capacity = capacity;
        return block;
    }

    public static void Free(HeapBytes* block) => NativeMemory.Free(block);

    /// <summary>Gives freed blocks back to the system: the C library keeps those that others lie behind.</summary>
    public static void ReturnFreed()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = Trim(0);
            }
            catch (EntryPointNotFoundException)
            {
                // Not GNU's library; the others need no such call.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
