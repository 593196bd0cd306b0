using System.Runtime.InteropServices;

namespace Tidelog.Engine.Keyspace;

/// <summary>Zeroed memory in whole pages straight from the system.</summary>
internal static unsafe partial class PageMemory
{
    private const nuint BigPage = 2 << 20;
    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymous = 0x02 | 0x20;
    private const int AdviseBigPage = 14;
    private const int AdviseNotNeeded = 4;
    private const nuint Page = 4096;

    /// <summary>
    /// A block that takes memory page by page, when a page is first touched; one of big pages takes it at once.
    /// </summary>
    /// <param name="size">Bytes; a multiple of 2 MiB.</param>
    /// <param name="bigPages">
    /// Ask for pages of 2 MiB: they spare a look-up at random one of its misses, and may take milliseconds to get.
    /// </param>
    /// <param name="atOnce">False takes big pages, too, when they are first touched.</param>
    /// <exception cref="InsufficientMemoryException">The system refused.</exception>
    public static void* AllocateZeroed(nuint size, bool bigPages, bool atOnce = true)
    {
        if (!OperatingSystem.IsLinux())
        {
            void* block = NativeMemory.AlignedAlloc(size, 4096);
            NativeMemory.Clear(block, size);
            return block;
        }
        nint mapped = Map(null, size + BigPage, ReadWrite, PrivateAnonymous, -1, 0);
        if (mapped == -1)
        {
            throw new InsufficientMemoryException($"the system refused {size} bytes");
        }

        // Keep the aligned part of the mapping and return what is in front of it and behind it.
        nuint start = (nuint)mapped;
        nuint aligned = (start + BigPage - 1) & ~(BigPage - 1);
        if (aligned > start)
        {
            _ = Unmap((void*)start, aligned - start);
        }
        nuint rest = start + BigPage - aligned;
        if (rest > 0)
        {
            _ = Unmap((void*)(aligned + size), rest);
        }
        if (bigPages)
        {
            // Advice only: where the system declines it, ordinary pages serve.
            _ = Advise((void*)aligned, size, AdviseBigPage);
            for (nuint offset = 0; atOnce && offset < size; offset += 4096)
            {
                *(byte*)(aligned + offset) = 0;
            }
        }
        return (void*)aligned;
    }

    public static void Free(void* block, nuint size)
    {
        if (!OperatingSystem.IsLinux())
        {
            NativeMemory.AlignedFree(block);
            return;
        }
        _ = Unmap(block, size);
    }

    /// <summary>
    /// Gives the memory under a block back to the system while its addresses stay reserved: it reads as zeros, and
    /// takes memory again where it is written.
    /// </summary>
    public static void Discard(void* block, nuint size)
    {
        // Whole pages only: others' bytes may lie beside the block.
        nuint start = ((nuint)block + Page - 1) & ~(Page - 1);
        nuint end = ((nuint)block + size) & ~(Page - 1);
        if (OperatingSystem.IsLinux() && end > start)
        {
            _ = Advise((void*)start, end - start, AdviseNotNeeded);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
