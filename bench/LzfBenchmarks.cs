using System.Text;
using BenchmarkDotNet.Attributes;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Bench;

/// <summary>Compression of strings: time for one of many different ones, tried as the RDB writer tries it.</summary>
[MemoryDiagnoser]
public class LzfBenchmarks
{
    private const int Values = 1000;
    private readonly LzfCompressor _compressor = new();
    private readonly byte[][] _values = new byte[Values][];
    private readonly byte[][] _compressed = new byte[Values][];
    private byte[] _packed = [];
    private byte[] _restored = [];

    [Params(100, 16 << 10)]
    public int Length { get; set; }

    /// <summary>One number again and again; fields as JSON has them; bytes of 64 kinds; of all kinds.</summary>
    [Params("repeated", "json", "letters", "random")]
    public string Content { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        _packed = new byte[Length];
        _restored = new byte[Length];
        for (int i = 0; i < Values; i++)
        {
            _values[i] = Make(random);
            int length = _compressor.Compress(_values[i], _packed.AsSpan(0, Length - 4));
            _compressed[i] = _packed[..length];
        }
        double mean = _compressed.Average(packed => packed.Length == 0 ? Length : packed.Length);
        Console.WriteLine($"// {Content}, {Length}: {mean:F0} bytes");
    }

    [Benchmark(OperationsPerInvoke = Values)]
    public long Compress()
    {
        long total = 0;
        foreach (byte[] value in _values)
        {
            total += _compressor.Compress(value, _packed.AsSpan(0, Length - 4));
        }
        return total;
    }

    [Benchmark(OperationsPerInvoke = Values)]
    public long Decompress()
    {
        long total = 0;
        foreach (byte[] packed in _compressed)
        {
            total += Lzf.TryDecompress(packed, _restored) ? 1 : 0;
        }
        return total;
    }

    private byte[] Make(Random random)
    {
        byte[] bytes = new byte[Length];
        switch (Content)
        {
            case "repeated":
                byte[] number = Encoding.ASCII.GetBytes($"{random.Next():x8}");
                for (int i = 0; i < Length; i++)
                {
                    bytes[i] = number[i % number.Length];
                }
                break;
            case "json":
                StringBuilder json = new("[");
                while (json.Length < Length)
                {
                    int id = random.Next(100_000);
                    json.Append(null, $"{{\"id\":{id},\"name\":\"user{random.Next(1000)}\",\"on\":true}},");
                }
                Encoding.ASCII.GetBytes(json.ToString(0, Length), bytes);
                break;
            case "letters":
                random.GetItems("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8, bytes);
                break;
            default:
                random.NextBytes(bytes);
                break;
        }
        return bytes;
    }
}
