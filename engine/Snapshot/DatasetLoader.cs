using System.Runtime.ExceptionServices;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>What is known of a load while it runs; written by the loader, read by any thread.</summary>
public sealed class LoadProgress
{
    private long _bytes;
    private long _keys;
    private long _expired;
    private long _empty;

    /// <summary>Bytes that will be read; -1 if that is not known.</summary>
    public long TotalBytes { get; init; } = -1;

    public long Bytes
    {
        get => Volatile.Read(ref _bytes);
        set => Volatile.Write(ref _bytes, value);
    }

    public long Keys
    {
        get => Volatile.Read(ref _keys);
        set => Volatile.Write(ref _keys, value);
    }

    /// <summary>Keys left out because their time was over.</summary>
    public long ExpiredKeys
    {
        get => Volatile.Read(ref _expired);
        set => Volatile.Write(ref _expired, value);
    }

    /// <summary>Keys left out because nothing was in them.</summary>
    public long EmptyKeys
    {
        get => Volatile.Read(ref _empty);
        set => Volatile.Write(ref _empty, value);
    }

    /// <summary>Told of the key of each of these, by the thread that inserts.</summary>
    public Action<string>? Skipped { get; init; }

    /// <summary>Told of each of the writer's notes as it is read, by the thread that reads.</summary>
    public Action<string, string>? Noted { get; init; }

    /// <summary>Microseconds that each key takes longer: <c>key-load-delay</c>, for tests.</summary>
    public int DelayPerKey { get; set; }
}

/// <summary>A dataset that was read whole and is not anybody's yet.</summary>
public sealed class LoadedDataset : IDisposable
{
    /// <summary>Its stores, apart from those that clients see.</summary>
    internal KeySpace Keyspace { get; init; } = null!;

    /// <summary>The writer's notes, "repl-id" for example.</summary>
    public required IReadOnlyDictionary<string, string> Notes { get; init; }

    /// <summary>Code of the libraries of functions.</summary>
    public required IReadOnlyList<byte[]> Functions { get; init; }

    /// <summary>Frees it, unless it was adopted.</summary>
    public void Dispose() => Keyspace.DisposeStores();
}

/// <summary>
/// Reads a snapshot into stores of its own, on the calling thread, which reads and decodes, and another, which inserts.
/// The dataset that clients see is untouched until <see cref="KeySpace.Adopt"/>.
/// </summary>
public static class DatasetLoader
{
    /// <param name="keepExpired">Keys whose time is over are loaded too: a replica leaves them to its master.</param>
    /// <exception cref="CorruptDataException">Nothing of the dataset is left.</exception>
    /// <exception cref="IOException">The stream failed; nothing of the dataset is left.</exception>
    /// <exception cref="OperationCanceledException">Likewise.</exception>
    public static LoadedDataset Load(
        Stream stream, string name, StorageEngine engine, LoadProgress progress, bool verifyChecksum, bool keepExpired,
        CancellationToken cancellation)
    {
        KeySpace staged = engine.Keyspace.Stage(engine.UtcNow.ToUnixTimeMilliseconds());
        try
        {
            using RdbReader reader = new(stream, name, progress.TotalBytes, verifyChecksum);
            LoadReading reading = new(reader, staged, name, progress, cancellation);
            Load(reading, new LoadInserter(staged, engine.Options, progress, name), keepExpired);
            return new LoadedDataset { Keyspace = staged, Notes = reading.Notes, Functions = reading.Functions };
        }
        catch
        {
            staged.DisposeStores();
            throw;
        }
    }

    private static void Load(LoadReading reading, LoadInserter inserter, bool keepExpired)
    {
        using LoadQueue queue = new();
        Thread thread = new(() => inserter.Run(queue)) { IsBackground = true, Name = "load-insert" };
        thread.Start();
        ExceptionDispatchInfo? failure = null;
        try
        {
            reading.Run(queue, keepExpired);
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
        thread.Join();

        // What the other thread found wrong is in front of where this one stopped.
        if (inserter.Failure is not null)
        {
            ExceptionDispatchInfo.Throw(inserter.Failure);
        }
        failure?.Throw();
    }
}
