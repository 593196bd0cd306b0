using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
namespace Tidelog.Bench;

internal static class Program
{
    private static unsafe void Main()
    {
        StorageEngine engine = new(new EngineOptions(), [], NullLogger.Instance, TimeProvider.System, new Random(1));
        Session session = engine.OpenSession();
        ReplyWriter reply = new();
        CommandBatch batch = new();
        RequestParser parser = new();
        Random r = new(5);
        string v = new('x', 64);
        foreach (string cmd in new[] { "SET", "SET", "SET", "GET", "GET", "DEL", "SET", "GET" })
        {
            byte[] data = GC.AllocateArray<byte>(200 * 100, true);
            long total = 0; long ops = 0; double max = 0;
            for (int k = 0; k < 40000; k++)
            {
                int len = 0;
                for (int j = 0; j < 100; j++)
                {
                    string key = "key:" + r.Next(1000000).ToString("D12");
                    string s = cmd == "SET" ? $"*3\r\n$3\r\nSET\r\n$16\r\n{key}\r\n$64\r\n{v}\r\n" : $"*2\r\n$3\r\n{cmd}\r\n$16\r\n{key}\r\n";
                    len += Encoding.ASCII.GetBytes(s, data.AsSpan(len));
                }
                long t = Stopwatch.GetTimestamp();
                fixed (byte* p = data)
                {
                    engine.BeginTurn();
                    long pos = 0;
                    while (pos < len)
                    {
                        batch.Clear();
                        while (!batch.IsFull && pos < len)
                        {
                            int first = batch.Arguments.Count;
                            parser.Parse(p + pos, len - pos, batch.Arguments, new RequestLimits(1 << 29, false), out long consumed);
                            batch.Add(p + pos, first, consumed, true);
                            pos += consumed;
                        }
                        engine.Dispatcher.Execute(session, batch, reply, long.MaxValue, out _);
                    }
                    reply.Clear();
                    engine.EndTurn();
                }
                long d = Stopwatch.GetTimestamp() - t;
                max = Math.Max(max, d);
                total += d; ops += 100;
            }
            Console.WriteLine($"{cmd}: {ops * 1e9 / total / 1e6:F2} M/s  max batch {max / 1e6:F2} ms  keys {engine.Keyspace.Count} used {engine.UsedMemory / 1e6:F1} MB dead {engine.Keyspace.DeadBytes / 1e6:F1} rss {Environment.WorkingSet / 1e6:F0} index {engine.Keyspace.OverheadBytes / 1e6:F1}");
        }
    }
}
