using System.Diagnostics.CodeAnalysis;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Storage;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;

namespace Tidelog.Server.Persistence;

/// <summary>
/// The file that a snapshot goes to, as the directives say when the save begins: a later change of <c>dir</c> is no
/// concern of it.
/// </summary>
internal sealed class SnapshotTarget
{
    private readonly IStorage _storage;
    private readonly string _directory = WorkingDirectory;
    private readonly string _name;
    private readonly bool _syncsOnTheWay;

    public SnapshotTarget(IStorage storage, PersistenceSettings settings)
    {
        _storage = storage;
        _name = settings.DbFileName;
        _syncsOnTheWay = settings.RdbSaveIncrementalFsync;
    }

    /// <summary>Where a snapshot is written before it has its name.</summary>
    public string TemporaryPath => Path.Combine(_directory, TemporaryName);

    /// <summary>The file that a server loads, and saves to.</summary>
    public static string PathOf(PersistenceSettings settings) =>
        Path.Combine(WorkingDirectory, ConfigText.ToPath(settings.DbFileName));

    private static string WorkingDirectory
    {
        get
        {
            try
            {
                return Environment.CurrentDirectory;
            }
            catch (IOException)
            {
                // Somebody deleted it. What is done there fails, and says so.
                return ".";
            }
        }
    }

    private static string TemporaryName => $"temp-{Environment.ProcessId}.rdb";

    /// <summary>Runs a snapshot, and has its file in place when it returns.</summary>
    /// <param name="politely">It steps back behind whatever else needs a core.</param>
    /// <returns>Why it has not, or null.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a thread fails of is the save's result.")]
    public Exception? Write(DatasetSnapshot snapshot, bool politely)
    {
        try
        {
            string path = Path.Combine(_directory, ConfigText.ToPath(_name));
            using SnapshotFile file = new(
                _storage, TemporaryPath, path, _syncsOnTheWay, politely);
            Exception? failure = new OperationCanceledException();
            if (snapshot.TryJoin(file, end => failure = end ?? Commit(file)))
            {
                Run(snapshot, politely);
            }
            return failure;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    public void Log(Exception failure, ServerLog log)
    {
        string where = $"(in server root dir {_directory})";
        log.Warning(failure switch
        {
            SnapshotTooBigException => $"The snapshot was given up: {failure.Message}",
            SnapshotFileException { Step: SnapshotFileStep.Create } =>
                $"Failed opening the temp RDB file {TemporaryName} {where} for saving: {failure.Message}",
            SnapshotFileException { Step: SnapshotFileStep.Rename } =>
                $"Error moving temp DB file {TemporaryName} on the final destination {ConfigText.ToPath(_name)} "
                    + $"{where}: {failure.Message}",
            SnapshotFileException { Step: SnapshotFileStep.Sync } =>
                $"Write error saving DB on disk(fsync): {failure.Message}",
            SnapshotFileException { Step: SnapshotFileStep.SyncDirectory } =>
                $"Write error saving DB on disk(fsyncFileDir): {failure.Message}",
            IOException => $"Write error saving DB on disk(rdbSaveRio): {failure.Message}",
            _ => $"A fault while saving DB on disk: {failure}",
        });
    }

    private static void Run(DatasetSnapshot snapshot, bool politely)
    {
        if (politely)
        {
            BackgroundThread.RunPolitely(snapshot.Step, "snapshot");
            return;
        }
        while (snapshot.Step())
        {
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a thread fails of is the save's result.")]
    private static Exception? Commit(SnapshotFile file)
    {
        try
        {
            file.Commit();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
