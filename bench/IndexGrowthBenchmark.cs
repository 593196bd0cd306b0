using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using FASTER.core;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Bench;

/// <summary>
/// The longest single insertion while an index grows from small to ten million keys: ours splits a bucket at a time,
/// FASTER's is doubled by GrowIndex. Not a mean but a maximum, so it is printed; the benchmark's own time says nothing.
/// </summary>
public class IndexGrowthBenchmark
{
    private const int Keys = 10_000_000;
    private readonly byte[] _key = GC.AllocateArray<byte>(16, pinned: true);

    [Benchmark]
    public void SplitByBucket()
    {
        using Store store = new(1L << 34, 0, new LazyFree(), new ValueCut());
        double worst = 0;
        for (long i = 0; i < Keys; i++)
        {
            BitConverter.TryWriteBytes(_key, (ulong)i * 0x9E37_79B9_7F4A_7C15);
            long began = Stopwatch.GetTimestamp();
            store.Put(_key, KeyHash.Of(_key), default, ValueType.String, ValueEncoding.Raw, 64, -1, 0);
            worst = Math.Max(worst, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        Console.WriteLine($"// longest insertion, own index: {worst:F2} ms");
    }

    [Benchmark]
    public void GrowIndex()
    {
        using FasterKV<SpanByte, SpanByte> faster = new(
            1L << 12, new LogSettings { LogDevice = new NullDevice(), PageSizeBits = 19, MemorySizeBits = 34 },
            concurrencyControlMode: ConcurrencyControlMode.None);
        using var session = faster.For(new SpanByteFunctions<Empty>()).NewSession<SpanByteFunctions<Empty>>();
        byte[] bytes = GC.AllocateArray<byte>(64, pinned: true);
        SpanByte value = SpanByte.FromFixedSpan(bytes);
        double worst = 0;
        long limit = 1L << 14;
        for (long i = 0; i < Keys; i++)
        {
            BitConverter.TryWriteBytes(_key, (ulong)i * 0x9E37_79B9_7F4A_7C15);
            SpanByte key = SpanByte.FromFixedSpan(_key);
            long began = Stopwatch.GetTimestamp();
            if (i >= limit)
            {
                limit *= 2;
                faster.GrowIndex();
            }
            session.Upsert(ref key, ref value);
            worst = Math.Max(worst, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        Console.WriteLine($"// longest insertion, GrowIndex: {worst:F2} ms");
    }
}
