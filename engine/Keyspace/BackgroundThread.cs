using System.Runtime.InteropServices;

namespace Tidelog.Engine.Keyspace;

/// <summary>
/// Threads for work that the commands do not wait for. On Linux they have the scheduling class of batch work: waking
/// one does not take the core from the thread that woke it, which is often the commands'.
/// </summary>
public static unsafe partial class BackgroundThread
{
    private const int Batch = 3;

    public static void Start(Action run, string name)
    {
        Thread thread = new(() =>
        {
            if (OperatingSystem.IsLinux())
            {
                // If it is refused, the thread has the usual class.
                int priority = 0;
                _ = SetScheduler(0, Batch, &priority);
            }
            run();
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
    }

    /// <param name="thread">0 for the calling thread.</param>
    /// <param name="parameters">The system's struct sched_param, which is the priority alone.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, int* parameters);
}
