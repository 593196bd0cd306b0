// The dataset at the start: the file is read by threads of its own while the event loop runs already, so clients get
// their -LOADING and INFO its progress. When everything is there, the loop takes it over between two turns; when
// something is wrong with the file, the server ends without having touched it.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Storage;
using Tidelog.Server.Logging;

namespace Tidelog.Server.Persistence;

/// <summary>Loads the file that <c>dir</c> and <c>dbfilename</c> name.</summary>
internal sealed class StartLoad(TidelogServer server)
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ManualResetEventSlim _ended = new(true);
    private LoadProgress _progress = new();
    private long _rdbUsedMemory;
    private long _began;
    private Action _ready = static () => { };

    /// <summary>Bytes read and to read, of the load that runs.</summary>
    public LoadProgress Progress => _progress;

    /// <summary>Unix time.</summary>
    public long BeganSeconds { get; private set; }

    /// <summary>Bytes that the dataset had in memory when it was saved; 0 if the file does not say.</summary>
    public long RdbUsedMemory => Volatile.Read(ref _rdbUsedMemory);

    /// <summary>Of the last load, whichever it was.</summary>
    public long LoadedKeys => _progress.Keys;

    public long ExpiredKeys => _progress.ExpiredKeys;

    /// <summary>Begins, if there is a file; before the loop runs.</summary>
    /// <param name="ready">Called by the loop's thread when the dataset is there.</param>
    /// <returns>False if the server has to end; the reason is in the log.</returns>
    public bool TryBegin(Action ready)
    {
        string path = SnapshotTarget.PathOf(server.Settings.Persistence);
        IStorageFile file;
        try
        {
            file = server.Storage.OpenToRead(path);
        }
        catch (FileNotFoundException)
        {
            ready();
            return true;
        }
        catch (IOException e)
        {
            LogFatal(e);
            return false;
        }
        _ready = ready;
        server.Engine.IsLoading = true;
        server.Configuration.IsLoadingData = true;
        Begin(file.Length);
        _ended.Reset();
        BackgroundThread.Start(
            () =>
            {
                Run(file, path);
                _ended.Set();
            },
            "load");
        return true;
    }

    /// <summary>The server ends: what is being loaded is of no use.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>
    /// Waits until a load that was cancelled no longer needs the loop; not for a disk that never answers.
    /// </summary>
    public void WaitForEnd() => _ended.Wait(TimeSpan.FromSeconds(2));

    /// <summary>Loads the file while everybody waits: DEBUG RELOAD.</summary>
    /// <returns>False if there is no file or it cannot be read; the reason is in the log.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the load fails of, the dataset is as it was.")]
    public bool TryLoadNow([NotNullWhen(true)] out LoadedDataset? loaded)
    {
        loaded = null;
        string path = SnapshotTarget.PathOf(server.Settings.Persistence);
        try
        {
            IStorageFile file = server.Storage.OpenToRead(path);
            Begin(file.Length);
            loaded = Load(file, path);
            LogDone();
            return true;
        }
        catch (Exception e)
        {
            // A fault too: it is one of what was being loaded, of which nothing is left.
            LogFailure(e);
            return false;
        }
    }

    private void Begin(long bytes)
    {
        BeganSeconds = server.Time.GetUtcNow().ToUnixTimeSeconds();
        _began = server.Time.GetTimestamp();
        _rdbUsedMemory = 0;
        _progress = new LoadProgress
        {
            TotalBytes = bytes,
            DelayPerKey = server.Settings.Persistence.KeyLoadDelay,
            Noted = Note,
            Skipped = NoteSkipped,
        };
    }

    private LoadedDataset Load(IStorageFile file, string path)
    {
        bool verifiesChecksum = server.Settings.Persistence.RdbChecksum && !server.Engine.SkipsChecksums;
        using StorageStream stream = new(file);
        return DatasetLoader.Load(
            stream, path, server.Engine, _progress, verifiesChecksum, keepExpired: false, _cancellation.Token);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the thread fails of ends the server.")]
    private void Run(IStorageFile file, string path)
    {
        try
        {
            LoadedDataset loaded = Load(file, path);
            Post(() => End(loaded));
        }
        catch (Exception e)
        {
            Post(() => Fail(e));
        }
    }

    private void Post(Action end)
    {
        // Else the loop has ended, or is about to.
        if (!_cancellation.IsCancellationRequested)
        {
            server.Loop.Post(end);
        }
    }

    private void End(LoadedDataset loaded)
    {
        server.Engine.Keyspace.Adopt(loaded);
        server.Snapshots.Functions = loaded.Functions;
        server.Snapshots.ForgetChanges();
        server.Engine.IsLoading = false;
        server.Configuration.IsLoadingData = false;
        LogDone();
        double seconds = server.Time.GetElapsedTime(_began).TotalSeconds;
        server.Log.Notice(
            string.Create(CultureInfo.InvariantCulture, $"DB loaded from disk: {seconds:F3} seconds"));
        _ready();
    }

    private void Fail(Exception failure)
    {
        LogFailure(failure);
        LogFatal(failure);
        server.ExitCode = 1;
        server.Loop.Stop();
    }

    /// <summary>The notes that redis tells of, in the thread that reads.</summary>
    private void Note(string name, string value)
    {
        ServerLog log = server.Log;
        switch (name)
        {
            case "redis-ver" or "valkey-ver":
                log.Notice($"Loading RDB produced by version {value}");
                break;
            case "ctime" when TryNumber(value, out long created):
                log.Notice($"RDB age {Math.Max(0, BeganSeconds - created)} seconds");
                break;
            case "used-mem" when TryNumber(value, out long bytes):
                Volatile.Write(ref _rdbUsedMemory, bytes);
                log.Notice(string.Create(
                    CultureInfo.InvariantCulture,
                    $"RDB memory usage when created {bytes / (1024.0 * 1024.0):F2} Mb"));
                break;
            case "aof-preamble" when value == "1":
                log.Notice("RDB has an AOF tail");
                break;
            case "aof-base" when value == "1":
                log.Notice("RDB is base AOF");
                break;
            default:
                if (name.StartsWith('%'))
                {
                    log.Notice($"RDB '{name}': {value}");
                }
                break;
        }
    }

    private void NoteSkipped(string key)
    {
        // A file may have any number of them.
        const int MostTold = 10;
        if (_progress.EmptyKeys <= MostTold)
        {
            server.Log.Warning($"rdbLoadRio skipping empty key: {key}");
        }
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private void LogDone()
    {
        long skipped = _progress.EmptyKeys;
        string counts = $"Done loading RDB, keys loaded: {_progress.Keys}, keys expired: {_progress.ExpiredKeys}";
        if (skipped > 0)
        {
            server.Log.Warning($"{counts}, empty keys skipped: {skipped}.");
        }
        else
        {
            server.Log.Notice(counts + ".");
        }
    }

    private void LogFailure(Exception failure)
    {
        if (failure is CorruptDataException corrupt)
        {
            server.Log.Warning($"Internal error in RDB reading offset {corrupt.Offset} -> {WhatFailed(corrupt)}: "
                + $"expected {corrupt.Expected}, found {corrupt.Found}");
        }
        else if (failure is not IOException)
        {
            server.Log.Warning($"A fault while loading the DB: {failure}");
        }
    }

    private void LogFatal(Exception failure)
    {
        string text = failure is IOException ? failure.Message : failure.GetType().Name;
        if (failure is CorruptDataException corrupt)
        {
            server.Log.Warning("Terminating server after rdb file reading failure.");
            text = $"{WhatFailed(corrupt)}: {corrupt.Message}";
        }
        server.Log.Warning($"Fatal error loading the DB: {text}. Exiting.");
    }

    /// <summary>Redis's words for it.</summary>
    private static string WhatFailed(CorruptDataException corrupt) =>
        corrupt.Expected.StartsWith("the checksum", StringComparison.Ordinal)
            ? "RDB CRC error"
            : "integrity check failed";
}
