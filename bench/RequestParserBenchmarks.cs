using System.Runtime.InteropServices;
using System.Text;
using BenchmarkDotNet.Attributes;
using Tidelog.Protocol;

namespace Tidelog.Bench;

/// <summary>Parsing of requests as redis-benchmark sends them: time per command.</summary>
[MemoryDiagnoser]
public unsafe class RequestParserBenchmarks
{
    private const int Commands = 100;
    private static readonly RequestLimits Limits = new(512L << 20, false);
    private readonly ArgumentList _arguments = new();
    private readonly RequestParser _parser = new();
    private byte* _pipeline;
    private int _length;

    [Params("SET", "GET", "PING inline")]
    public string Request { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        string one = Request switch
        {
            "SET" => $"*3\r\n$3\r\nSET\r\n$16\r\nkey:000000123456\r\n$64\r\n{new string('x', 64)}\r\n",
            "GET" => "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000123456\r\n",
            _ => "PING\r\n",
        };
        byte[] bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(one, Commands)));
        _length = bytes.Length;
        _pipeline = (byte*)NativeMemory.Alloc((nuint)_length);
        bytes.CopyTo(new Span<byte>(_pipeline, _length));
    }

    [GlobalCleanup]
    public void Cleanup() => NativeMemory.Free(_pipeline);

    [Benchmark(OperationsPerInvoke = Commands)]
    public int Parse()
    {
        int position = 0;
        _arguments.Truncate(0);
        while (position < _length)
        {
            _parser.Parse(_pipeline + position, _length - position, _arguments, Limits, out long length);
            position += (int)length;
        }
        return _arguments.Count;
    }
}
