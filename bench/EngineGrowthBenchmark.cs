using System.Diagnostics;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Bench;

/// <summary>
/// How long a turn of 16 SETs takes at most while an engine grows from 0 to ten million keys: what growth of the
/// index, turns of pages and collections cost a client, without the noise of a network. Printed; the benchmark's own
/// time is of no interest.
/// </summary>
public unsafe class EngineGrowthBenchmark
{
    private const int Turns = 10_000_000 / PerTurn;
    private const int PerTurn = 16;

    /// <summary>Turns that are not counted: the code is being compiled, which is no matter of growth.</summary>
    private const int Uncounted = 200_000 / PerTurn;

    private static readonly RequestLimits Limits = new(512L << 20, false);

    [Benchmark]
    public void Grow()
    {
        StorageEngine engine = new(new EngineOptions(), [], NullLogger.Instance, TimeProvider.System, new Random(1));
        Session session = engine.OpenSession();
        RequestParser parser = new();
        CommandBatch batch = new();
        using ReplyWriter reply = new();
        double[] milliseconds = new double[Turns];
        byte[] request = Encoding.ASCII.GetBytes(
            $"*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$64\r\n{new string('x', 64)}\r\n");
        byte[] requests = new byte[PerTurn * request.Length];
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int i = 0; i < PerTurn; i++)
            {
                Encoding.ASCII.GetBytes($"{(turn * PerTurn) + i:D12}", request.AsSpan(22, 12));
                request.CopyTo(requests, i * request.Length);
            }
            long began = Stopwatch.GetTimestamp();
            fixed (byte* start = requests)
            {
                batch.Clear();
                for (int i = 0; i < PerTurn; i++)
                {
                    byte* one = start + (i * request.Length);
                    int first = batch.Arguments.Count;
                    parser.Parse(one, request.Length, batch.Arguments, Limits, out long length);
                    batch.Add(one, first, length, isResp: true);
                }
                engine.BeginTurn();
                engine.Dispatcher.Execute(session, batch, reply, long.MaxValue, out _);
                engine.EndTurn();
            }
            reply.Clear();
            milliseconds[turn] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        milliseconds = milliseconds[Uncounted..];
        Array.Sort(milliseconds);
        Console.WriteLine($"// a turn of {PerTurn} SETs, {engine.Keyspace.Count:N0} keys: 99.9% within "
            + $"{milliseconds[milliseconds.Length * 999L / 1000]:F2} ms, longest {milliseconds[^1]:F2} ms");
        engine.Keyspace.Flush(session.Database, inBackground: false);
    }
}
