using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Writes a cut once for all who want it. A sink that joins later gets the rest first and then, while the pass goes
/// round once more, what it missed: each gets a whole file of its own. Stepped by one thread; joined from any.
/// </summary>
internal sealed class SnapshotPass : IDisposable
{
    /// <param name="notes">The AUX fields, in order.</param>
    /// <param name="functions">Code of the libraries of functions.</param>
    public SnapshotPass(
        KeyspaceCut cut, RdbFormat format, IReadOnlyList<(string Name, string Value)> notes,
        IReadOnlyList<byte[]> functions) => throw new NotImplementedException();

    /// <summary>Keys written in the present round; for INFO, from any thread.</summary>
    public long KeysWritten => throw new NotImplementedException();

    /// <summary>Microseconds that each key takes longer: <c>rdb-key-save-delay</c>, for tests.</summary>
    public int DelayPerKey { get; set; }

    /// <summary>Adds a sink, before or while the pass runs.</summary>
    /// <param name="ended">
    /// Called by the pass's thread when the sink has everything (null), or gets no more: its own failure, or that of
    /// the pass.
    /// </param>
    /// <returns>False if the pass is over.</returns>
    public bool TryJoin(ISnapshotSink sink, Action<Exception?> ended) => throw new NotImplementedException();

    /// <summary>Writes some records.</summary>
    /// <returns>False when no sink wants more: the pass is over.</returns>
    public bool Step() => throw new NotImplementedException();

    /// <summary>Lets the next <see cref="Step"/> end the pass; sinks end with an exception. From any thread.</summary>
    public void Cancel() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
