using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Keyspace;

/// <summary>
/// Threads for work that the commands do not wait for. On Linux they have the scheduling class of batch work: waking
/// one does not take the core from the thread that woke it, which is often the commands'.
/// </summary>
public static unsafe partial class BackgroundThread
{
    private const int Batch = 3;
    private const int Idle = 5;

    /// <summary>
    /// So long work steps back behind everything else. On a machine whose cores are never free it would not end, so
    /// then it takes its share.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void Start(Action run, string name) => Start(run, name, Batch);

    /// <summary>
    /// Runs the steps of a long work one after the other, with what the cores have left over: nobody else waits for a
    /// core because of them. Only if that takes long they get as much as others. It returns when they have ended.
    /// </summary>
    /// <param name="step">Takes a step, of a tenth of a millisecond at best; false when it was the last.</param>
    public static void RunPolitely(Func<bool> step, string name)
    {
        bool goesOn = true;
        ExceptionDispatchInfo? fault = null;
        long began = Stopwatch.GetTimestamp();

        // A thread of that class cannot leave it again without a privilege, so it is another one that goes on.
        try
        {
            Thread polite = Start(
                () =>
                {
                    try
                    {
                        while (goesOn && Stopwatch.GetElapsedTime(began) < Patience)
                        {
                            goesOn = step();

                            // Whom the system put behind this thread on its core would else wait for the next tick of
                            // its clock, some milliseconds.
                            _ = Thread.Yield();
                        }
                    }
                    catch (Exception e)
                    {
                        fault = ExceptionDispatchInfo.Capture(e);
                    }
                },
                name,
                Idle);
            polite.Join();
        }
        catch (OutOfMemoryException)
        {
            // The system has no thread to give: this one does it all.
        }
        fault?.Throw();
        while (goesOn)
        {
            goesOn = step();
        }
    }

    private static Thread Start(Action run, string name, int schedulingClass)
    {
        Thread thread = new(() =>
        {
            if (OperatingSystem.IsLinux())
            {
                // If it is refused, the thread has the usual class.
                int priority = 0;
                _ = SetScheduler(0, schedulingClass, &priority);
            }
            run();
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return thread;
    }

    /// <param name="thread">0 for the calling thread.</param>
    /// <param name="parameters">The system's struct sched_param, which is the priority alone.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, int* parameters);
}
