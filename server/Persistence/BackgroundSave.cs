using System.Runtime.ExceptionServices;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Server.Persistence;

/// <summary>
/// A save in the background. <see cref="Run"/> is the other thread's; its results are the loop's when it has ended.
/// </summary>
internal sealed class BackgroundSave(
    DatasetSnapshot snapshot, SnapshotTarget target, long changesAtCut, long beganSeconds)
{
    private readonly ManualResetEventSlim _ended = new();
    private Exception? _failure;
    private volatile bool _isAbandoned;

    public DatasetSnapshot Snapshot { get; } = snapshot;

    public SnapshotTarget Target { get; } = target;

    public long ChangesAtCut { get; } = changesAtCut;

    /// <summary>Unix time.</summary>
    public long BeganSeconds { get; } = beganSeconds;

    /// <summary>Why there is no new file; null if there is. Known when it has ended.</summary>
    public Exception? Failure
    {
        get
        {
            if (_failure is InvariantException)
            {
                // A fault of the server, not of the disk: it ends the loop as one in a command would.
                ExceptionDispatchInfo.Throw(_failure);
            }
            return _failure;
        }
    }

    /// <summary>The server ends without it: the loop must not be told.</summary>
    public bool IsAbandoned
    {
        get => _isAbandoned;
        set => _isAbandoned = value;
    }

    /// <summary>Writes the file.</summary>
    public void Run() => _failure = Target.Write(Snapshot, politely: true);

    /// <summary>The other thread has nothing more to do.</summary>
    public void MarkEnded() => _ended.Set();

    /// <summary>Lets it end soon, with an <see cref="OperationCanceledException"/>.</summary>
    public void Cancel() => Snapshot.Cancel();

    /// <returns>False if it has not ended by then.</returns>
    public bool WaitForEnd(TimeSpan patience) => _ended.Wait(patience);
}
