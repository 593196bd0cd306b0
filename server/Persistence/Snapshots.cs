// When a snapshot is taken, and what becomes of it: Redis 7.0 rdb.c and server.c, without the fork.
//
//  - A background save: the cut is made on the event loop, between two commands; a thread of its own encodes what it
//    holds; the end comes back to the loop as a posted action. There is one at a time, and while it runs others can
//    join it by TryJoin.
//  - SAVE, FLUSHALL, SHUTDOWN and DEBUG RELOAD do the same on the loop itself: everybody waits. Their snapshot is of
//    now, so one that runs in the background is in their way: it is cancelled first.
//  - Whether changes are unsaved counts from the cut, not from the end: what was written meanwhile is not in the file.
//
// All of it is the loop's but for what BackgroundSave says.

using System.Runtime.ExceptionServices;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Server.Config;

namespace Tidelog.Server.Persistence;

/// <summary>The snapshots of a server: on demand, by save points, at its end.</summary>
internal sealed class Snapshots
{
    /// <summary>Seconds between a save that failed and the next one that nobody asked for.</summary>
    private const int RetrySeconds = 5;

    private static readonly TimeSpan DeletePatience = TimeSpan.FromSeconds(1);

    private readonly TidelogServer _server;
    private BackgroundSave? _background;
    private volatile SnapshotTarget? _writing;
    private bool _isScheduled;
    private long _lastTrySeconds;
    private long _savedChanges;
    private bool _lastSucceeded = true;

    public Snapshots(TidelogServer server)
    {
        _server = server;
        LastSaveSeconds = NowSeconds;
        server.Engine.DatasetFlushed = OnFlushAll;
        foreach (string directive in (string[])["save", "stop-writes-on-bgsave-error"])
        {
            server.Configuration.OnChange(directive, () =>
            {
                ApplyOutcome();
                return null;
            });
        }
    }

    /// <summary>A snapshot is being written in the background.</summary>
    public bool IsSaving => _background is not null;

    public SnapshotStatistics Statistics { get; } = new();

    /// <summary>How long the end of the server waits for a save that it has cancelled.</summary>
    public TimeSpan EndPatience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Changes of the dataset that no snapshot has.</summary>
    public long UnsavedChanges => _server.Engine.Effects.Changes - _savedChanges;

    /// <summary>Unix time of the last one that succeeded, at first of the server's start.</summary>
    public long LastSaveSeconds { get; private set; }

    public bool LastSucceeded
    {
        get => _lastSucceeded;
        private set
        {
            _lastSucceeded = value;
            ApplyOutcome();
        }
    }

    /// <summary>Since when the one in the background runs, in Unix time; -1 if there is none.</summary>
    public long RunsSinceSeconds => _background?.BeganSeconds ?? -1;

    /// <summary>Keys of the running one, and how many of them are written.</summary>
    public (long Written, long Total) Progress => _background is BackgroundSave save
        ? (Math.Min(save.Snapshot.KeysWritten, save.Snapshot.Keys), save.Snapshot.Keys)
        : (0, 0);

    /// <summary>Code of the libraries of functions that came with the dataset; a snapshot keeps them.</summary>
    public IReadOnlyList<byte[]> Functions { get; set; } = [];

    /// <summary>Saves while everybody waits. Why it failed is in the log.</summary>
    /// <param name="uncounted">Changes that the running command has made and not counted yet.</param>
    public bool TrySave(long uncounted = 0)
    {
        TryCancel(Timeout.InfiniteTimeSpan);
        SnapshotTarget target = NewTarget();
        DatasetSnapshot snapshot = Cut();
        Exception? failure;
        try
        {
            _writing = target;
            failure = target.Write(snapshot, politely: false);
        }
        finally
        {
            _writing = null;
            snapshot.End();
        }
        if (failure is InvariantException)
        {
            // A fault of the server, not of the disk: it ends the loop as one in a command would.
            ExceptionDispatchInfo.Throw(failure);
        }
        if (failure is not null)
        {
            target.Log(failure, _server.Log);
            return false;
        }
        _server.Log.Notice("DB saved on disk");
        _savedChanges = _server.Engine.Effects.Changes + uncounted;
        LastSaveSeconds = NowSeconds;
        LastSucceeded = true;
        return true;
    }

    /// <summary>Begins to save in the background; there must be no other.</summary>
    /// <returns>False if the system has no thread for it; the reason is in the log.</returns>
    public bool TryStartBackground()
    {
        Invariant.Require(_background is null);
        Statistics.Saves++;
        _lastTrySeconds = NowSeconds;
        SnapshotTarget target = NewTarget();
        BackgroundSave save = new(Cut(), target, _server.Engine.Effects.Changes, NowSeconds);
        try
        {
            BackgroundThread.Start(() => Run(save), "snapshot");
        }
        catch (OutOfMemoryException e)
        {
            save.Snapshot.End();
            _server.Log.Warning($"Can't save in background: {e.Message}");
            LastSucceeded = false;
            return false;
        }
        _background = save;
        _writing = target;
        _server.Log.Notice($"Background saving started by pid {Environment.ProcessId}");
        return true;
    }

    private void Run(BackgroundSave save)
    {
        save.Run();
        if (!save.IsAbandoned)
        {
            _server.Loop.Post(() => End(save));
        }
        save.MarkEnded();
    }

    /// <summary>Saves in the background as soon as that is possible.</summary>
    public void Schedule() => _isScheduled = true;

    /// <summary>Lets the running snapshot go to another sink too.</summary>
    /// <inheritdoc cref="DatasetSnapshot.TryJoin"/>
    /// <returns>False if none runs, or it is over.</returns>
    public bool TryJoin(ISnapshotSink sink, Action<Exception?> ended) =>
        _background is BackgroundSave save && save.Snapshot.TryJoin(sink, ended);

    /// <summary>Ends the save in the background without a result, if there is one.</summary>
    /// <param name="patience">How long to wait until it is over: a disk may not answer.</param>
    /// <returns>False if it goes on.</returns>
    public bool TryCancel(TimeSpan patience)
    {
        if (_background is not BackgroundSave save)
        {
            return true;
        }
        save.Cancel();
        if (!save.WaitForEnd(patience))
        {
            return false;
        }
        End(save);
        return true;
    }

    /// <summary>The loop is no more: a save that cannot be cancelled goes down with the process.</summary>
    public void Abandon()
    {
        if (!TryCancel(EndPatience) && _background is BackgroundSave save)
        {
            save.IsAbandoned = true;
            RemoveTemporaryFile();
        }
    }

    /// <summary>Periodic work: what is due is begun.</summary>
    public void RunCron()
    {
        Statistics.SampleCopied(_background is null ? 0 : CopiedBytes);
        bool mayTry = _lastSucceeded || NowSeconds - _lastTrySeconds > RetrySeconds;
        if (_background is not null || _server.Engine.IsLoading || !mayTry)
        {
            return;
        }
        if (_isScheduled)
        {
            _isScheduled = false;
            TryStartBackground();
            return;
        }
        foreach (SavePoint point in _server.Settings.Persistence.SavePoints)
        {
            if (UnsavedChanges >= point.Changes && NowSeconds - LastSaveSeconds > point.Seconds)
            {
                _server.Log.Notice($"{point.Changes} changes in {point.Seconds} seconds. Saving...");
                TryStartBackground();
                return;
            }
        }
    }

    /// <summary>The dataset is what a file holds: nothing of it is unsaved.</summary>
    public void ForgetChanges() => _savedChanges = _server.Engine.Effects.Changes;

    /// <summary>Takes the file of a running save away: the process is about to end at once. From any thread.</summary>
    public void RemoveTemporaryFile()
    {
        if (_writing is SnapshotTarget target)
        {
            // On a thread that nobody waits for long: where a write hangs, this may too.
            Task delete = Task.Run(() => DeleteQuietly(target.TemporaryPath));
            _ = delete.Wait(DeletePatience);
        }
    }

    /// <summary>Bytes that only the running snapshot holds.</summary>
    public long CopiedBytes => _server.Engine.Keyspace.CutBytes;

    private long NowSeconds => _server.Time.GetUtcNow().ToUnixTimeSeconds();

    private DatasetSnapshot Cut()
    {
        StorageEngine engine = _server.Engine;
        RdbFormat format = SnapshotNotes.FormatOf(_server.Settings);
        IReadOnlyList<(string, string)> notes = SnapshotNotes.Of(_server, NowSeconds);
        long began = _server.Time.GetTimestamp();
        DatasetSnapshot snapshot = DatasetSnapshot.Begin(engine, format, notes, Functions);
        Statistics.AddCut(_server.Time.GetElapsedTime(began));
        snapshot.DelayPerKey = _server.Settings.Persistence.RdbKeySaveDelay;
        return snapshot;
    }

    private SnapshotTarget NewTarget() => new(_server.Storage, _server.Settings.Persistence);

    private void End(BackgroundSave save)
    {
        if (_background != save)
        {
            // It was waited for.
            return;
        }
        Statistics.EndBackground(CopiedBytes, NowSeconds - save.BeganSeconds);
        _background = null;
        _writing = null;
        save.Snapshot.End();
        switch (save.Failure)
        {
            case null:
                _server.Log.Notice("DB saved on disk");
                _server.Log.Notice("Background saving terminated with success");
                _savedChanges = save.ChangesAtCut;
                LastSaveSeconds = NowSeconds;
                LastSucceeded = true;
                break;
            case OperationCanceledException:
                // Not a failure: who cancelled it had a reason, and there is nothing wrong with the disk.
                _server.Log.Warning("Background saving cancelled");
                break;
            case Exception failure:
                save.Target.Log(failure, _server.Log);
                _server.Log.Warning("Background saving error");
                LastSucceeded = false;
                break;
        }
    }

    /// <summary>FLUSHALL: what is being saved is no more; if snapshots are wanted, the file is to say so too.</summary>
    private void OnFlushAll(CommandContext context)
    {
        TryCancel(TimeSpan.Zero);
        if (_server.Settings.Persistence.SavePoints.Count > 0)
        {
            TrySave(uncounted: context.Dirty);
        }
    }

    private void ApplyOutcome()
    {
        PersistenceSettings settings = _server.Settings.Persistence;
        _server.Engine.DeniesWrites =
            settings.StopWritesOnBgsaveError && settings.SavePoints.Count > 0 && !_lastSucceeded;
    }

    private void DeleteQuietly(string path)
    {
        try
        {
            _server.Storage.Delete(path);
        }
        catch (IOException)
        {
            // It stays behind; the next save of a process of that number overwrites it.
        }
    }
}
