using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidelog.Engine.Storage;

/// <summary>An open file of the system.</summary>
internal sealed partial class DiskFile(SafeFileHandle handle) : IStorageFile
{
    private const uint WaitBefore = 1;
    private const uint StartWriting = 2;
    private const uint WaitAfter = 4;

    private long _end = RandomAccess.GetLength(handle);

    // Where the disk was set to work by the last call of StartSync.
    private long _syncingFrom;
    private long _syncingTo;

    public long Length => RandomAccess.GetLength(handle);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, _end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskStorage.Plain(e);
        }
        _end += bytes.Length;
    }

    public int ReadAt(long offset, Span<byte> destination)
    {
        int total = 0;
        try
        {
            while (total < destination.Length)
            {
                int read = RandomAccess.Read(handle, destination[total..], offset + total);
                if (read == 0)
                {
                    break;
                }
                total += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskStorage.Plain(e);
        }
        return total;
    }

    public void StartSync()
    {
        if (!OperatingSystem.IsLinux())
        {
            Sync();
            return;
        }
        long from = _syncingTo;
        bool known = SyncRange(from, _end - from, StartWriting)
            && SyncRange(_syncingFrom, _syncingTo - _syncingFrom, WaitBefore | StartWriting | WaitAfter);
        if (!known)
        {
            // Some file systems, and sandboxes, do not have that call.
            Sync();
        }
        _syncingFrom = from;
        _syncingTo = _end;
    }

    public void Sync()
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskStorage.Plain(e);
        }
    }

    public void Dispose() => handle.Dispose();

    /// <returns>False if the system cannot do that.</returns>
    /// <exception cref="IOException">
    /// Something could not be written. The system tells that once for each open file, so <see cref="Sync"/> would know
    /// nothing of it.
    /// </exception>
    private bool SyncRange(long offset, long length, uint flags)
    {
        const int NotPermitted = 1;
        const int InvalidArgument = 22;
        const int IllegalSeek = 29;
        const int NoSystemCall = 38;
        if (length == 0 || SyncFileRange(handle, offset, length, flags) == 0)
        {
            return true;
        }
        int error = Marshal.GetLastPInvokeError();
        return error is NotPermitted or InvalidArgument or IllegalSeek or NoSystemCall
            ? false
            : throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);
}
