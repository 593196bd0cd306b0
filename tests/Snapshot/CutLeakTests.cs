using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Tests.Engine;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>Alone, since it counts the memory of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CountedMemory
{
    public const string Name = "counted memory";
}

/// <summary>Nothing that a cut kept stays.</summary>
[Collection(CountedMemory.Name)]
public sealed partial class CutLeakTests
{
    private static readonly string Big = new('b', 50_000);
    private static readonly string[] Elements = [.. Enumerable.Range(0, 3000).Select(i => $"element {i}")];

    private readonly EngineFixture _engine = new();

    private KeySpace Keyspace => _engine.Engine.Keyspace;

    [Fact]
    public void Every_block_is_freed_in_the_end()
    {
        long before = 0;
        for (int round = 0; round < 60; round++)
        {
            if (round == 10)
            {
                before = AllocatedBytes();
            }
            Fill();
            KeyspaceCut cut = Keyspace.BeginCut();
            _engine.Run("SETRANGE", "string", "60000", "more");
            _engine.Run("RENAME", "string", "other");
            _engine.Run("EXPIRE", "other", "1000");
            _engine.Run("APPEND", "other", Big);
            _engine.Run("LSET", "list", "1500", "changed");
            _engine.Run("MOVE", "list", "1");
            _engine.Run(["SADD", "set", .. Elements[..100]]);
            _engine.Run("SMOVE", "set", "set 2", "element 5");
            _engine.Run("COPY", "set", "set 3");
            _engine.Run("DEL", "set");
            _engine.Run("SWAPDB", "0", "1");
            _engine.Run(round % 2 == 0 ? "FLUSHDB" : "PING");
            _engine.Run(round % 3 == 0 ? "FLUSHALL" : "PING");
            Fill();
            _engine.Run(round % 5 == 0 ? "FLUSHALL" : "PING");
            if (round % 4 > 0)
            {
                CutEngine.DigestOf(cut);
            }
            Keyspace.EndCut(cut);
            _engine.Run("FLUSHALL");
            Assert.True(SpinWait.SpinUntil(() => Keyspace.LazyFree.IsIdle, TimeSpan.FromSeconds(10)));
        }
        Assert.InRange(AllocatedBytes() - before, long.MinValue, 2_000_000);
    }

    private void Fill()
    {
        _engine.Run("SET", "string", Big);
        _engine.Run("SET", new string('k', 20_000), "long key");
        _engine.Run("SET", "small", "value");
        _engine.Run(["RPUSH", "list", .. Elements]);
        _engine.Run(["SADD", "set", .. Elements]);
    }

    /// <summary>What the C library has given out.</summary>
    private static long AllocatedBytes()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }
        Statistics statistics = ReadStatistics();
        return (long)(statistics.Allocated + statistics.Mapped);
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial Statistics ReadStatistics();

    /// <summary>GNU's struct mallinfo2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Statistics
    {
        private readonly nuint _arena, _freeChunks, _fastChunks, _mappedChunks;
        public readonly nuint Mapped;
        private readonly nuint _unused, _fastBytes;
        public readonly nuint Allocated;
        private readonly nuint _free, _top;
    }
}
