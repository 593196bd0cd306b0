using System.Runtime.InteropServices;

namespace Tidelog.Server.Config;

/// <summary>What .NET's file API lacks: the system's own error texts.</summary>
internal static class FileCalls
{
    /// <returns>The system's text for what went wrong, or null.</returns>
    public static string? ChangeDirectory(string path) =>
        ChDir(path) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

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
}
