using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tidelog.Server;

/// <summary>
/// <c>daemonize yes</c>. A process with a runtime's threads cannot fork, so the server starts itself once more and
/// leaves; the second process detaches from the terminal.
/// </summary>
internal static partial class Daemon
{
    private const string Mark = "TIDELOG_DAEMON";
    private const int ReadWrite = 2;

    public static bool IsChild { get; } = Environment.GetEnvironmentVariable(Mark) is not null;

    /// <param name="standardInput">
    /// What the process read of its standard input and the child will read again; or null.
    /// </param>
    public static void Start(string[] arguments, string workingDirectory, byte[]? standardInput)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = standardInput is not null,
            UseShellExecute = false,
        };

        // Started as "dotnet tidelog-server.dll", the path is that of dotnet.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "tidelog-server.dll"));
        }
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment[Mark] = "1";
        using Process child = Process.Start(start)!;
        if (standardInput is not null)
        {
            child.StandardInput.BaseStream.Write(standardInput);
            child.StandardInput.Close();
        }
    }

    /// <summary>A session of its own, and nothing of the terminal.</summary>
    public static void Detach()
    {
        _ = NewSession();
        int nothing = Open("/dev/null", ReadWrite);
        for (int file = 0; file <= 2; file++)
        {
            _ = Duplicate(nothing, file);
        }
        if (nothing > 2)
        {
            _ = Close(nothing);
        }
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
