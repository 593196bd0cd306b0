// A snapshot on its way to a file.
//
//  - It is written under a temporary name, synced, renamed to its own, and the directory is synced: whenever the
//    machine stops, the name has the old file or the new one, whole. A failure leaves the old one, and nothing else.
//  - Encoding and writing overlap: the pass fills one buffer while a thread of the file's own writes the other. When
//    the disk is the slower one, the pass waits; no more than the two buffers are ever in memory.
//  - The disk is set to work every few megabytes, so that the sync at the end has little left to do and the system
//    never holds a whole snapshot of unwritten pages, which would hold up everybody else's writes.

using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Storage;

namespace Tidelog.Engine.Snapshot;

/// <summary>What could not be done.</summary>
public enum SnapshotFileStep
{
    Create,
    Write,
    Sync,
    Rename,
    SyncDirectory,
}

/// <summary>A snapshot could not be brought to its file; the message is the system's text.</summary>
public sealed class SnapshotFileException(SnapshotFileStep step, IOException failure)
    : IOException(failure.Message, failure)
{
    public SnapshotFileStep Step { get; } = step;
}

/// <summary>
/// Replaces a snapshot's file once everything of the new one is on the disk. For one thread at a time.
/// </summary>
public sealed unsafe class SnapshotFile : ISnapshotSink, IDisposable
{
    /// <summary>Bytes of a buffer.</summary>
    public const int BufferSize = 1 << 20;

    /// <summary>Bytes after which the disk is set to work.</summary>
    public const int SyncInterval = 1 << 20;

    /// <summary>
    /// Bytes of one call of the system. Many kernels give the core to nobody else before a call has ended.
    /// </summary>
    private const int Piece = 64 << 10;

    private const string ThreadName = "snapshot-file";

    private readonly IStorage _storage;
    private readonly string _temporaryPath;
    private readonly string _path;
    private readonly bool _syncsOnTheWay;
    private readonly IStorageFile _file;
    private readonly SemaphoreSlim _filled = new(0);
    private readonly SemaphoreSlim _free = new(1);
    private readonly ManualResetEventSlim _ended = new();
    private byte* _filling;
    private byte* _other;
    private int _length;
    private int _writing;
    private long _unsynced;
    private volatile bool _abandoned;
    private volatile SnapshotFileException? _failure;
    private bool _committed;
    private bool _disposed;

    /// <param name="temporaryPath">In the directory of <paramref name="path"/>; a file there is overwritten.</param>
    /// <param name="path">What <see cref="Commit"/> replaces.</param>
    /// <param name="syncsOnTheWay"><c>rdb-save-incremental-fsync</c>.</param>
    /// <param name="politely">Writing steps back behind whatever else needs a core.</param>
    /// <exception cref="SnapshotFileException">The temporary file cannot be created.</exception>
    public SnapshotFile(IStorage storage, string temporaryPath, string path, bool syncsOnTheWay, bool politely = false)
    {
        _storage = storage;
        _temporaryPath = temporaryPath;
        _path = path;
        _syncsOnTheWay = syncsOnTheWay;
        try
        {
            _file = storage.Create(temporaryPath);
        }
        catch (IOException e)
        {
            throw new SnapshotFileException(SnapshotFileStep.Create, e);
        }
        try
        {
            _filling = (byte*)NativeMemory.Alloc(BufferSize);
            _other = (byte*)NativeMemory.Alloc(BufferSize);
            BackgroundThread.Start(() => Run(politely), ThreadName);
        }
        catch
        {
            // No memory, or no thread.
            _disposed = true;
            Free();
            throw;
        }
    }

    /// <summary>Bytes taken so far.</summary>
    public long Length { get; private set; }

    /// <exception cref="SnapshotFileException">The bytes of this call or of one before cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_length == BufferSize)
            {
                HandOver();
            }
            int count = Math.Min(bytes.Length, BufferSize - _length);
            bytes[..count].CopyTo(new Span<byte>(_filling + _length, count));
            _length += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Ends the file and gives it its name; it is durable when this returns.</summary>
    /// <exception cref="SnapshotFileException">
    /// The file that had the name has it still, but for a failure of <see cref="SnapshotFileStep.SyncDirectory"/>:
    /// then the new one has it and may lose it in a crash.
    /// </exception>
    public void Commit()
    {
        HandOver();
        EndThread();
        ThrowFailure();
        Do(SnapshotFileStep.Sync, _file.Sync);
        _file.Dispose();
        Do(SnapshotFileStep.Rename, () => _storage.Rename(_temporaryPath, _path));
        _committed = true;
        Do(SnapshotFileStep.SyncDirectory, () => _storage.SyncDirectory(DirectoryOf(_path)));
    }

    /// <summary>Ends the work on the file; without <see cref="Commit"/> nothing is left of it.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _abandoned = true;
        EndThread();
        Free();
    }

    private void Free()
    {
        _file.Dispose();
        NativeMemory.Free(_filling);
        NativeMemory.Free(_other);
        _filled.Dispose();
        _free.Dispose();
        if (!_committed)
        {
            try
            {
                _storage.Delete(_temporaryPath);
            }
            catch (IOException)
            {
                // The next snapshot overwrites it.
            }
        }
    }

    private static string DirectoryOf(string path) =>
        Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";

    private static void Do(SnapshotFileStep step, Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            throw new SnapshotFileException(step, e);
        }
    }

    private void ThrowFailure()
    {
        if (_failure is SnapshotFileException failure)
        {
            throw failure;
        }
    }

    /// <summary>Gives the filled buffer to the thread, and goes on with the other when that has been written.</summary>
    private void HandOver()
    {
        ThrowFailure();
        _free.Wait();
        byte* filled = _filling;
        _filling = _other;
        _other = filled;
        _writing = _length;
        _length = 0;
        _filled.Release();
    }

    /// <summary>Waits until the thread is done with what it was given.</summary>
    private void EndThread()
    {
        if (_ended.IsSet)
        {
            return;
        }
        _free.Wait();
        _writing = -1;
        _filled.Release();
        _ended.Wait();
    }

    private void Run(bool politely)
    {
        if (politely)
        {
            BackgroundThread.RunPolitely(TryAppend, ThreadName);
        }
        else
        {
            while (TryAppend())
            {
            }
        }
        _ended.Set();
    }

    /// <summary>Waits for a filled buffer, and writes it.</summary>
    /// <returns>False at the end.</returns>
    private bool TryAppend()
    {
        _filled.Wait();
        if (_writing < 0)
        {
            return false;
        }
        try
        {
            Append();
        }
        catch (IOException e)
        {
            _failure ??= new SnapshotFileException(SnapshotFileStep.Write, e);
        }
        _free.Release();
        return true;
    }

    private void Append()
    {
        if (_abandoned || _failure is not null)
        {
            return;
        }
        ReadOnlySpan<byte> bytes = new(_other, _writing);
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, Piece);
            _file.Append(bytes[..count]);
            bytes = bytes[count..];
            _ = Thread.Yield();
        }
        _unsynced += _writing;
        if (_syncsOnTheWay && _unsynced >= SyncInterval)
        {
            _unsynced = 0;
            _file.StartSync();
        }
    }
}
