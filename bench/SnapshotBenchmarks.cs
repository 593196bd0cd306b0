using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Protocol;

namespace Tidelog.Bench;

/// <summary>
/// A walk over a dataset that writes it as RDB, to nowhere: time per pass, from which come keys and bytes per second.
/// </summary>
[MemoryDiagnoser]
public class SnapshotBenchmarks
{
    private StorageEngine _engine = null!;
    private RdbOutput _output = null!;
    private RdbWriter _writer = null!;

    public enum Dataset
    {
        /// <summary>A million keys of 16 bytes with 100 of random letters and digits.</summary>
        Strings,

        /// <summary>The same with values that shrink to a third.</summary>
        CompressibleStrings,

        /// <summary>200,000 keys with 8 fields of 10 bytes each.</summary>
        SmallHashes,

        /// <summary>One sorted set of a million members.</summary>
        BigSortedSet,
    }

    [ParamsAllValues]
    public Dataset Data { get; set; }

    [Params(true, false)]
    public bool Compress { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine = new StorageEngine(
            new EngineOptions(), [], NullLogger.Instance, TimeProvider.System, new Random(1));
        Fill();
        _output = new RdbOutput(64 * 1024, new Nowhere());
        _writer = new RdbWriter(_output, new RdbFormat(Compress: Compress));
        Write();
        Console.WriteLine($"// {_engine.Keyspace[0].Count} keys, {_output.Length} bytes");
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _writer.Dispose();
        _output.Dispose();
    }

    [Benchmark]
    public void Write()
    {
        Database database = _engine.Keyspace[0];
        for (long address = 0; database.TryWalk(ref address, out Record record);)
        {
            _writer.Key(record, 0);
        }
        _output.Flush();
    }

    private void Fill()
    {
        Random random = new(1);
        Session session = _engine.OpenSession();
        ReplyWriter reply = new();
        int count = Data == Dataset.SmallHashes ? 200_000 : 1_000_000;
        for (int i = 0; i < count; i++)
        {
            reply.Clear();
            _engine.Dispatcher.Execute(session, Request(Command(i, random)), reply);
        }
    }

    private string[] Command(int number, Random random)
    {
        string name = number.ToString("D12", CultureInfo.InvariantCulture);
        return Data switch
        {
            Dataset.Strings => ["SET", "key:" + name, Letters(random, 100)],
            Dataset.CompressibleStrings =>
                ["SET", "key:" + name, string.Concat(Enumerable.Repeat(Letters(random, 25), 4))],
            Dataset.SmallHashes => ["HSET", "key:" + name,
                .. Enumerable.Range(0, 8).SelectMany(field => (string[])[$"field{field}", Letters(random, 10)])],
            _ => ["ZADD", "z", random.NextDouble().ToString("R", CultureInfo.InvariantCulture), "member:" + name],
        };
    }

    private static string Letters(Random random, int length) => random.GetString(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length);

    private static byte[] Request(string[] words)
    {
        StringBuilder request = new();
        request.Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (string word in words)
        {
            request.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
        }
        return Encoding.ASCII.GetBytes(request.ToString());
    }

    private sealed class Nowhere : ISnapshotSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
