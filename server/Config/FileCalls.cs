using System.Runtime.InteropServices;

namespace Tidelog.Server.Config;

/// <summary>What .NET's file API lacks: the system's own error texts for chdir, and fsync of a directory.</summary>
internal static class FileCalls
{
    /// <returns>The system's text for what went wrong, or null.</returns>
    public static string? ChangeDirectory(string path) =>
        ChDir(path) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    /// <summary>Makes a rename within the directory durable.</summary>
    /// <exception cref="IOException">The directory could not be opened or synced.</exception>
    public static void SyncDirectory(string path)
    {
        const int readOnly = 0;
        int directory = Open(path, readOnly);
        bool synced = directory >= 0 && Fsync(directory) == 0;
        int error = Marshal.GetLastPInvokeError();
        if (directory >= 0) _ = Close(directory);
        if (!synced) throw new IOException(Marshal.GetPInvokeErrorMessage(error));
    }

    /// <returns>The exception as the system would word it.</returns>
    public static string Describe(Exception failure, string path) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException when Directory.Exists(path) => "Is a directory",
        UnauthorizedAccessException => "Permission denied",
        _ => failure.Message,
    };

    [DllImport("libc", EntryPoint = "chdir", SetLastError = true)]
    private static extern int ChDir(string path);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open(string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int descriptor);
}
