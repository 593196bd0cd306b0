using BenchmarkDotNet.Attributes;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Bench;

/// <summary>The checksum of RDB files: time for so many bytes.</summary>
public class Crc64Benchmarks
{
    private byte[] _bytes = [];

    [Params(100, 4 << 10, 64 << 10, 16 << 20)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _bytes = new byte[Length];
        new Random(1).NextBytes(_bytes);
    }

    /// <summary>As this processor does it.</summary>
    [Benchmark]
    public ulong Append() => Crc64.Append(0, _bytes);

    /// <summary>As a processor without 512 bits does it.</summary>
    [Benchmark]
    public ulong Narrow() => Crc64.AppendByMultiplication(0, _bytes);

    /// <summary>As a processor without carry-less multiplication does it.</summary>
    [Benchmark]
    public ulong Table() => Crc64.AppendByTable(0, _bytes);
}
