using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Bench;

/// <summary>
/// A load of an RDB file that lies in memory, with its checksum, by both threads: time per file, from which come keys
/// and bytes per second, and what the collector sees of it.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 1, iterationCount: 5)]
public class LoadBenchmarks
{
    private StorageEngine _engine = null!;
    private byte[] _file = null!;
    private LoadedDataset? _loaded;

    public enum Dataset
    {
        /// <summary>Two million keys of 16 bytes with 100 of random letters.</summary>
        Strings,

        /// <summary>Two million keys of 16 bytes with integers.</summary>
        Integers,

        /// <summary>200,000 keys with 8 fields of 10 bytes each, field by field.</summary>
        SmallHashes,

        /// <summary>One sorted set of a million members, the greatest first, as redis writes it.</summary>
        BigSortedSet,

        /// <summary>One hash of a million fields.</summary>
        BigHash,
    }

    [ParamsAllValues]
    public Dataset Data { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine = new StorageEngine(new EngineOptions(), [], NullLogger.Instance, TimeProvider.System, new Random(1));
        using RdbOutput output = new(1 << 20);
        output.Write("REDIS0009"u8);
        Fill(output);
        output.Byte((byte)RdbOpcode.End);
        output.Int64LittleEndian((long)Crc64.Append(0, output.Pending));
        _file = output.Pending.ToArray();
        Console.WriteLine($"// {_file.Length} bytes");
    }

    [IterationCleanup]
    public void Drop()
    {
        _loaded?.Dispose();
        _loaded = null;
    }

    [Benchmark]
    public void Load()
    {
        LoadProgress progress = new() { TotalBytes = _file.Length };
        using MemoryStream stream = new(_file);
        _loaded = DatasetLoader.Load(stream, "memory", _engine, progress, true, false, default);
    }

    private void Fill(RdbOutput output)
    {
        Random random = new(1);
        int count = Data switch
        {
            Dataset.Strings or Dataset.Integers => 2_000_000,
            Dataset.SmallHashes => 200_000,
            _ => 1_000_000,
        };
        bool isOne = Data is Dataset.BigHash or Dataset.BigSortedSet;
        output.Byte((byte)RdbOpcode.SelectDb);
        Length(output, 0);
        output.Byte((byte)RdbOpcode.ResizeDb);
        Length(output, isOne ? 1 : count);
        Length(output, 0);
        if (isOne)
        {
            output.Byte((byte)(Data == Dataset.BigHash ? RdbType.Hash : RdbType.SortedSet2));
            Text(output, "key");
            Length(output, count);
        }
        for (int i = 0; i < count; i++)
        {
            string name = i.ToString("D12", CultureInfo.InvariantCulture);
            switch (Data)
            {
                case Dataset.Strings:
                    output.Byte((byte)RdbType.String);
                    Text(output, "key:" + name);
                    Text(output, Letters(random, 100));
                    break;
                case Dataset.Integers:
                    output.Byte((byte)RdbType.String);
                    Text(output, "key:" + name);
                    output.Byte(0xC2);
                    output.Int32LittleEndian(random.Next());
                    break;
                case Dataset.SmallHashes:
                    output.Byte((byte)RdbType.Hash);
                    Text(output, "key:" + name);
                    Length(output, 8);
                    for (int field = 0; field < 8; field++)
                    {
                        Text(output, $"field{field}");
                        Text(output, Letters(random, 10));
                    }
                    break;
                case Dataset.BigSortedSet:
                    Text(output, "member:" + name);
                    output.Int64LittleEndian(BitConverter.DoubleToInt64Bits(count - i + 0.5));
                    break;
                default:
                    Text(output, "field:" + name);
                    Text(output, Letters(random, 20));
                    break;
            }
        }
    }

    private static void Length(RdbOutput output, int length)
    {
        if (length < 64)
        {
            output.Byte((byte)length);
            return;
        }
        output.Byte(0x80);
        output.Write(BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(length)));
    }

    private static void Text(RdbOutput output, string text)
    {
        Length(output, text.Length);
        output.Write(Encoding.ASCII.GetBytes(text));
    }

    private static string Letters(Random random, int length) => random.GetString(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length);
}
