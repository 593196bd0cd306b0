using BenchmarkDotNet.Attributes;
using FASTER.core;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Bench;

/// <summary>
/// A look-up and an update in place at random among a million keys of 16 bytes with values of 64: our index over
/// FASTER's log, and FASTER's own store on the same data. Time per key.
/// </summary>
[MemoryDiagnoser]
public unsafe class KeyspaceBenchmarks
{
    private const int Keys = 1_000_000;
    private const int Batch = 32;
    private readonly byte[] _keys = GC.AllocateUninitializedArray<byte>(Keys * 16, pinned: true);
    private readonly byte[] _value = GC.AllocateArray<byte>(64, pinned: true);
    private readonly int[] _order = new int[1 << 16];
    private readonly ulong[] _hashes = new ulong[Batch];
    private Store _store = null!;
    private FasterKV<SpanByte, SpanByte> _faster = null!;
    private ClientSession<SpanByte, SpanByte, SpanByte, SpanByteAndMemory, Empty, SpanByteFunctions<Empty>> _session =
        null!;
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int i = 0; i < Keys; i++)
        {
            System.Text.Encoding.ASCII.GetBytes($"key:{i:D12}", _keys.AsSpan(i * 16, 16));
        }
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = random.Next(Keys);
        }
        _store = new Store(1L << 32, 0, new LazyFree(), new ValueCut());
        _faster = new FasterKV<SpanByte, SpanByte>(
            1L << 18, new LogSettings { LogDevice = new NullDevice(), PageSizeBits = 20, MemorySizeBits = 32 },
            concurrencyControlMode: ConcurrencyControlMode.None);
        _session = _faster.For(new SpanByteFunctions<Empty>()).NewSession<SpanByteFunctions<Empty>>();
        SpanByte value = SpanByte.FromFixedSpan(_value);
        for (int i = 0; i < Keys; i++)
        {
            ReadOnlySpan<byte> key = Key(i);
            Record record = _store.Put(key, KeyHash.Of(key), default, ValueType.String, ValueEncoding.Raw, 64, -1, 0);
            _value.CopyTo(record.MutableBytes);
            SpanByte fasterKey = SpanByte.FromFixedSpan(key);
            _session.Upsert(ref fasterKey, ref value);
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _store.Dispose();
        _session.Dispose();
        _faster.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public long Find()
    {
        long sum = 0;
        for (int i = 0; i < Batch; i++)
        {
            ReadOnlySpan<byte> key = Key(Next(i));
            sum += _store.Find(key, KeyHash.Of(key)).Bytes[0];
        }
        _next += Batch;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public long FindPrefetched()
    {
        Prefetch();
        return Find();
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void UpdatePrefetched()
    {
        Prefetch();
        for (int i = 0; i < Batch; i++)
        {
            ReadOnlySpan<byte> key = Key(Next(i));
            ulong hash = KeyHash.Of(key);
            Record existing = _store.Find(key, hash);
            Record record = _store.Put(key, hash, existing, ValueType.String, ValueEncoding.Raw, 64, -1, 0);
            _value.CopyTo(record.MutableBytes);
        }
        _next += Batch;
    }

    [Benchmark(OperationsPerInvoke = Batch, Baseline = true)]
    public long FasterRead()
    {
        long sum = 0;
        UnsafeContext<SpanByte, SpanByte, SpanByte, SpanByteAndMemory, Empty, SpanByteFunctions<Empty>> context =
            _session.UnsafeContext;
        byte* room = stackalloc byte[128];
        context.BeginUnsafe();
        for (int i = 0; i < Batch; i++)
        {
            SpanByte key = SpanByte.FromFixedSpan(Key(Next(i)));
            SpanByteAndMemory output = SpanByteAndMemory.FromFixedSpan(new Span<byte>(room, 128));
            context.Read(ref key, ref output);
            sum += room[0];
        }
        context.EndUnsafe();
        _next += Batch;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void FasterUpsert()
    {
        UnsafeContext<SpanByte, SpanByte, SpanByte, SpanByteAndMemory, Empty, SpanByteFunctions<Empty>> context =
            _session.UnsafeContext;
        SpanByte value = SpanByte.FromFixedSpan(_value);
        context.BeginUnsafe();
        for (int i = 0; i < Batch; i++)
        {
            SpanByte key = SpanByte.FromFixedSpan(Key(Next(i)));
            context.Upsert(ref key, ref value);
        }
        context.EndUnsafe();
        _next += Batch;
    }

    private void Prefetch()
    {
        for (int i = 0; i < Batch; i++)
        {
            _hashes[i] = KeyHash.Of(Key(Next(i)));
            _store.Index.PrefetchBucket(_hashes[i]);
        }
        for (int i = 0; i < Batch; i++)
        {
            _store.Index.PrefetchRecord(_hashes[i]);
        }
    }

    private int Next(int i) => _order[(_next + i) & (_order.Length - 1)];

    private ReadOnlySpan<byte> Key(int number) => _keys.AsSpan(number * 16, 16);
}
