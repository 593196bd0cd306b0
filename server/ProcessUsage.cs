using System.Runtime.InteropServices;

namespace Tidelog.Server;

/// <summary>What the system knows of this process and of the machine; asked anew each time.</summary>
internal static unsafe partial class ProcessUsage
{
    private const int PhysicalPages = 85;
    private const int PageSize = 30;

    private const int ThreadProcessorClock = 3;

    // Indexes into the counters behind the times of struct rusage.
    private const int MinorFaults = 4;
    private const int InvoluntarySwitches = 13;

    /// <summary>Whose processor time is asked for; the system's numbers.</summary>
    public enum Scope
    {
        Process = 0,

        /// <summary>Children that have ended.</summary>
        Children = -1,
        CallingThread = 1,
    }

    /// <summary>Bytes of physical memory that the process holds.</summary>
    public static long ResidentBytes => Environment.WorkingSet;

    /// <summary>Bytes of physical memory of the machine.</summary>
    public static long MachineMemory => SystemConfiguration(PhysicalPages) * SystemConfiguration(PageSize);

    /// <summary>Kernel name, release and architecture, as uname tells them.</summary>
    public static string OperatingSystem { get; } = DescribeSystem();

    public static (TimeSpan System, TimeSpan User) ProcessorTime(Scope scope)
    {
        ResourceUsage usage;
        return GetUsage((int)scope, &usage) == 0 ? (usage.SystemTime, usage.UserTime) : default;
    }

    /// <summary>What the calling thread has used so far; unknown but on Linux.</summary>
    public static ThreadUsage OfThread()
    {
        if (!System.OperatingSystem.IsLinux())
        {
            return ThreadUsage.Unknown;
        }
        ResourceUsage usage;
        TimeSpec time;
        return GetUsageAtOnce((int)Scope.CallingThread, &usage) == 0 && GetClock(ThreadProcessorClock, &time) == 0
            ? new(
                (time.Seconds * 1_000_000) + (time.Nanoseconds / 1000),
                usage.Others[InvoluntarySwitches],
                usage.Others[MinorFaults])
            : ThreadUsage.Unknown;
    }

    private static string DescribeSystem()
    {
        string machine = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.Arm64 => "aarch64",
            Architecture other => other.ToString().ToLowerInvariant(),
        };
        string release;
        try
        {
            release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            release = Environment.OSVersion.Version.ToString();
        }
        return $"Linux {release} {machine}";
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ResourceUsage* usage);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    [SuppressGCTransition]
    private static partial int GetUsageAtOnce(int who, ResourceUsage* usage);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int GetClock(int clock, TimeSpec* time);

    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial long SystemConfiguration(int name);

    /// <param name="CpuMicroseconds">Processor time, or -1 if unknown.</param>
    /// <param name="InvoluntarySwitches">How often the system gave its core to another thread.</param>
    /// <param name="MinorFaults">Pages of memory that were made when they were touched.</param>
    public readonly record struct ThreadUsage(long CpuMicroseconds, long InvoluntarySwitches, long MinorFaults)
    {
        public static ThreadUsage Unknown => new(-1, 0, 0);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>The system's struct rusage on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
        public fixed long Others[14];

        public readonly TimeSpan UserTime => TimeSpan.FromSeconds(UserSeconds, 0, UserMicroseconds);

        public readonly TimeSpan SystemTime => TimeSpan.FromSeconds(SystemSeconds, 0, SystemMicroseconds);
    }
}
