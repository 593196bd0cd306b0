// Memory that the writer will need soon, made ready by another thread. The system hands out memory when it is first
// touched, 4 KiB at a time: half a millisecond for a page of the log and several for a chunk of the index, in which no
// command runs. Nobody waits for this thread: who needs memory before it is ready makes it himself.

using System.Collections.Concurrent;

namespace Tidelog.Engine.Keyspace;

internal static class MemoryAhead
{
    private static readonly ConcurrentQueue<Action> Wanted = new();

    // Not a lock and a pulse: woken, the other thread would take the core and then wait for the lock that we hold.
    private static readonly AutoResetEvent Arrived = new(false);
    private static int _started;

    /// <summary>Has the thread do one thing soon. Safe from any thread.</summary>
    /// <param name="make">Does not throw; runs after the caller is gone, too.</param>
    public static void Request(Action make)
    {
        Wanted.Enqueue(make);
        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
        {
            BackgroundThread.Start(Run, "memory-ahead");
        }
        Arrived.Set();
    }

    private static void Run()
    {
        while (true)
        {
            while (Wanted.TryDequeue(out Action? make))
            {
                make();
            }
            Arrived.WaitOne();
        }
    }
}
