using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Protocol;
using Tidelog.Server.Commands;
using Tidelog.Server.Persistence;

namespace Tidelog.Server;

/// <summary>
/// Runs the usual commands on an engine that nobody sees, beside the start, so that their code is compiled, counted and
/// compiled again with what was counted, before clients wait for it.
/// </summary>
internal static class WarmUp
{
    /// <summary>
    /// The runtime counts 30 calls, waits for a tenth of a second without new code, and compiles again.
    /// </summary>
    private const int CallsPerRound = 64;

    private const int SavesPerRound = 16;
    private const int PauseMs = 150;
    private const int Rounds = 3;

    private static readonly string[] Requests =
    [
        "SET key:{0} value-{0}\r\n", "*3\r\n$3\r\nSET\r\n$5\r\nkey:a\r\n$3\r\nabc\r\n",
        "GET key:{0}\r\n", "INCR n:{0}\r\n", "GET n:{0}\r\n", "SET key:{0} v EX 100\r\n", "EXPIRE key:{0} 50\r\n",
        "TTL key:{0}\r\n", "MGET key:{0} n:{0}\r\n", "EXISTS key:{0}\r\n", "DEL key:{0}\r\n", "PING\r\n",

        // For a snapshot: what can be compressed, and what cannot.
        "SET equal:{0} aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        "SET mixed:{0} 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+\r\n",
    ];

    /// <summary>What the event loop runs when a snapshot begins and ends.</summary>
    private static readonly Type[] Rare =
    [
        typeof(Snapshots), typeof(SnapshotStatistics), typeof(SnapshotNotes), typeof(SnapshotTarget),
        typeof(BackgroundSave), typeof(SnapshotCommands), typeof(DatasetSnapshot), typeof(SnapshotFile),
        typeof(BackgroundThread),
    ];

    /// <summary>Begins; it takes half a second, a tenth of it of processor time, on a thread of its own.</summary>
    public static void Begin() => new Thread(TryRun) { IsBackground = true, Name = "warm-up" }.Start();

    [SuppressMessage("Design", "CA1031", Justification = "Without it the server is only slower at first.")]
    private static void TryRun()
    {
        try
        {
            Run();
        }
        catch (Exception e) when (e is not InvariantException)
        {
            // The process may have no file left to open, and code is read from files.
        }
    }

    private static void Run()
    {
        StorageEngine engine = new(new EngineOptions(), [], NullLogger.Instance, TimeProvider.System, new Random(1));
        Session session = engine.OpenSession();
        using ReplyWriter reply = new();
        Array.ForEach(Rare, Compile);
        for (int round = 0; round < Rounds; round++)
        {
            engine.Keyspace.WarmUp();
            for (int i = 0; i < CallsPerRound; i++)
            {
                foreach (string request in Requests)
                {
                    byte[] bytes = Encoding.ASCII.GetBytes(request.Replace("{0}", $"{i}", StringComparison.Ordinal));
                    engine.Dispatcher.Execute(session, bytes, reply);
                }
                engine.Cron();
                reply.Clear();
            }
            for (int i = 0; i < SavesPerRound; i++)
            {
                Save(engine);
            }
            Thread.Sleep(PauseMs);
        }
        engine.Keyspace.Flush(session.Database, inBackground: false);
        engine.CommandLog.Dispose();

        // What it filled would stay resident until a full collection, which a server that allocates nothing may never
        // need.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }

    /// <summary>Compiles a type's methods without calling them.</summary>
    private static void Compile(Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public
            | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        IEnumerable<MethodBase> methods = type.GetMethods(All);
        foreach (MethodBase method in methods.Concat(type.GetConstructors(All)))
        {
            if (!method.IsAbstract && !method.ContainsGenericParameters)
            {
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
        }
        Array.ForEach(type.GetNestedTypes(All), Compile);
    }

    /// <summary>Begins and ends a cut, with writes meanwhile that copy because of it.</summary>
    private static void Save(StorageEngine engine)
    {
        DatasetSnapshot snapshot = DatasetSnapshot.Begin(engine, new RdbFormat(), [("note", "value")], []);
        Invariant.Require(snapshot.TryJoin(new Nowhere(), static _ => { }));
        Session session = engine.OpenSession();
        using ReplyWriter reply = new();
        foreach (string request in Requests)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(request.Replace("{0}", "7", StringComparison.Ordinal));
            engine.Dispatcher.Execute(session, bytes, reply);
        }
        while (snapshot.Step())
        {
        }
        snapshot.End();
    }

    private sealed class Nowhere : ISnapshotSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
