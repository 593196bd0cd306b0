using System.Runtime.InteropServices;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;

namespace Tidelog.Server.Network;

/// <summary>The system's limit on open files, and the clients that it leaves room for.</summary>
internal static partial class OpenFiles
{
    /// <summary>
    /// Files that the server needs beside its clients: data, listeners, and some 70 of the runtime's.
    /// </summary>
    private const long Reserved = 128;

    private const int NumberOfFiles = 7;

    /// <summary>
    /// Raises the limit so that <c>maxclients</c> fit; where the system refuses, <c>maxclients</c> becomes what fits,
    /// and the log says so. Elsewhere than on Linux the limit is left as it is.
    /// </summary>
    /// <returns>False if not even the files that the server itself needs fit.</returns>
    public static unsafe bool MakeRoomFor(ServerSettings settings, ServerLog log)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }
        long wanted = settings.MaxClients + Reserved;
        Limit limit;
        if (GetLimit(NumberOfFiles, &limit) != 0)
        {
            string reason = Marshal.GetPInvokeErrorMessage(LinuxApi.LastError);
            log.Warning($"Unable to obtain the current NOFILE limit ({reason}), assuming 1024 and setting the max "
                + "clients configuration accordingly.");
            settings.MaxClients = 1024 - Reserved;
            return true;
        }
        long before = (long)Math.Min(limit.Soft, long.MaxValue);
        if (before >= wanted)
        {
            return true;
        }
        string refusal = TrySet(wanted, limit);
        if (refusal.Length == 0)
        {
            log.Notice($"Increased maximum number of open files to {wanted} (it was originally set to {before}).");
            return true;
        }
        long best = Math.Max(before, (long)Math.Min(limit.Hard, long.MaxValue));
        _ = TrySet(best, limit);
        if (best <= Reserved)
        {
            log.Warning($"Your current 'ulimit -n' of {before} is not enough for the server to start. Please increase "
                + $"your open file limit to at least {wanted}. Exiting.");
            return false;
        }
        log.Warning($"You requested maxclients of {settings.MaxClients} requiring at least {wanted} max file "
            + "descriptors.");
        log.Warning($"Server can't set maximum open files to {wanted} because of OS error: {refusal}.");
        settings.MaxClients = best - Reserved;
        log.Warning($"Current maximum open files is {best}. maxclients has been reduced to {settings.MaxClients} to "
            + "compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.");
        return true;
    }

    /// <returns>Empty, or why the system refuses.</returns>
    private static unsafe string TrySet(long files, Limit old)
    {
        Limit limit = new() { Soft = (ulong)files, Hard = Math.Max((ulong)files, old.Hard) };
        return SetLimit(NumberOfFiles, &limit) == 0 ? "" : Marshal.GetPInvokeErrorMessage(LinuxApi.LastError);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static unsafe partial int GetLimit(int resource, Limit* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static unsafe partial int SetLimit(int resource, Limit* limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
