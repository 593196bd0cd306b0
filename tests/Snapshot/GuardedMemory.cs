using System.Runtime.InteropServices;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>
/// Memory that ends where a page begins that cannot be touched: who reads or writes one byte behind it ends the
/// process.
/// </summary>
internal sealed unsafe class GuardedMemory : IDisposable
{
    private const int PageSize = 4096;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private readonly byte* _start;
    private readonly int _size;

    /// <param name="capacity">Most bytes that are asked for.</param>
    public GuardedMemory(int capacity)
    {
        _size = (capacity + PageSize - 1) / PageSize * PageSize;
        _start = mmap(null, (nuint)(_size + PageSize), ReadWrite, PrivateAnonymous, -1, 0);
        Assert.True(_start != (byte*)-1);
        Assert.Equal(0, mprotect(_start + _size, PageSize, 0));
    }

    /// <summary>The last bytes in front of the guard.</summary>
    public Span<byte> Last(int length) => new(_start + _size - length, length);

    /// <summary>A copy that ends at the guard.</summary>
    public ReadOnlySpan<byte> Hold(ReadOnlySpan<byte> bytes)
    {
        Span<byte> held = Last(bytes.Length);
        bytes.CopyTo(held);
        return held;
    }

    public void Dispose() => Assert.Equal(0, munmap(_start, (nuint)(_size + PageSize)));

    [DllImport("libc")]
    private static extern byte* mmap(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [DllImport("libc")]
    private static extern int mprotect(byte* address, nuint length, int protection);

    [DllImport("libc")]
    private static extern int munmap(byte* address, nuint length);
}
