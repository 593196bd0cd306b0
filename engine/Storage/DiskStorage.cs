using System.Runtime.InteropServices;

namespace Tidelog.Engine.Storage;

/// <summary>The files of the system.</summary>
public sealed partial class DiskStorage : IStorage
{
    /// <summary>Others may open, rename and delete the files: a lock would be one more thing to fail.</summary>
    private const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;

    private DiskStorage()
    {
    }

    public static DiskStorage Instance { get; } = new();

    public IStorageFile Create(string path) =>
        Try(() => new DiskFile(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, Shared)));

    public IStorageFile OpenToRead(string path) => Try(() => new DiskFile(
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, Shared, FileOptions.SequentialScan)));

    public void Rename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            Try(() => File.Move(from, to, overwrite: true));
        }
        else if (RenameFile(from, to) != 0)
        {
            throw LastFailure();
        }
    }

    public void Delete(string path)
    {
        try
        {
            Try(() => File.Delete(path));
        }
        catch (FileNotFoundException)
        {
            // Not there: nor is its directory.
        }
    }

    public bool Exists(string path) => File.Exists(path);

    public IReadOnlyList<string> List(string directory) =>
        Try(() => Directory.GetFiles(directory).Select(path => Path.GetFileName(path)).ToArray());

    public void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        const int ReadOnly = 0;
        int directory = Open(path, ReadOnly);
        if (directory < 0)
        {
            throw LastFailure();
        }
        bool synced = FileSync(directory) == 0;
        IOException? failure = synced ? null : LastFailure();
        _ = Close(directory);

        // A file system that cannot sync a directory says so by this error: there is nothing to wait for then.
        if (failure is not null && failure.HResult != InvalidArgument)
        {
            throw failure;
        }
    }

    /// <summary>The same failure as the interface has it.</summary>
    internal static IOException Plain(Exception failure)
    {
        if (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new FileNotFoundException("No such file or directory", failure);
        }
        int error = (failure is UnauthorizedAccessException ? failure.InnerException ?? failure : failure).HResult;

        // The runtime keeps the system's number where it has no exception of its own for it.
        string text = error is > 0 and < LargestError
            ? Marshal.GetPInvokeErrorMessage(error)
            : failure is UnauthorizedAccessException ? "Permission denied" : failure.Message;
        return new IOException(text, error);
    }

    private const int InvalidArgument = 22;
    private const int LargestError = 4096;

    private static T Try<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Plain(e);
        }
    }

    private static void Try(Action call) => Try(() =>
    {
        call();
        return 0;
    });

    private static IOException LastFailure()
    {
        const int NoEntry = 2;
        int error = Marshal.GetLastPInvokeError();
        string text = Marshal.GetPInvokeErrorMessage(error);
        return error == NoEntry ? new FileNotFoundException(text) : new IOException(text, error);
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
