using System.Runtime.InteropServices;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>What the process has from the C library, for a test that nothing is left behind.</summary>
internal static class Allocated
{
    private static long _mark;

    public static void Mark() => _mark = Bytes();

    /// <summary>Other tests run at the same time, and take memory too.</summary>
    /// <param name="most">Bytes that there may be more than at <see cref="Mark"/>.</param>
    public static void AssertNoMore(long most) => Assert.InRange(Bytes() - _mark, long.MinValue, most);

    private static long Bytes()
    {
        Info info = MallInfo();
        return (long)(info.InUse + info.Mapped);
    }

    /// <summary>The library's struct mallinfo2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public nuint Arena;
        public nuint FreeChunks;
        public nuint FastChunks;
        public nuint Regions;
        public nuint Mapped;
        public nuint MaxInUse;
        public nuint FastBytes;
        public nuint InUse;
        public nuint Free;
        public nuint Top;
    }

    [DllImport("libc", EntryPoint = "mallinfo2")]
    private static extern Info MallInfo();
}
