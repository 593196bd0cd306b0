using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// The dataset of an engine as it was at one moment, on its way to whoever wants it as an RDB file. Begun and ended by
/// the thread that executes commands; what is between runs on any one thread, while commands go on.
/// </summary>
public sealed class DatasetSnapshot
{
    private readonly KeySpace _keyspace;
    private readonly KeyspaceCut _cut;
    private readonly SnapshotPass _pass;
    private bool _ended;

    private DatasetSnapshot(KeySpace keyspace, KeyspaceCut cut, SnapshotPass pass)
    {
        _keyspace = keyspace;
        _cut = cut;
        _pass = pass;
        Keys = cut.Keys;
    }

    /// <summary>Keys of all databases at the cut.</summary>
    public long Keys { get; }

    /// <summary>Of these, how many are written; from any thread.</summary>
    public long KeysWritten => _pass.KeysWritten;

    /// <summary>Microseconds that each key takes longer: <c>rdb-key-save-delay</c>, for tests.</summary>
    public int DelayPerKey
    {
        get => _pass.DelayPerKey;
        set => _pass.DelayPerKey = value;
    }

    /// <summary>Cuts, between two changes; there must be no other snapshot of the engine that has not ended.</summary>
    /// <param name="notes">The AUX fields, in order.</param>
    /// <param name="functions">Code of the libraries of functions.</param>
    public static DatasetSnapshot Begin(
        StorageEngine engine, RdbFormat format, IReadOnlyList<(string Name, string Value)> notes,
        IReadOnlyList<byte[]> functions)
    {
        KeyspaceCut cut = engine.Keyspace.BeginCut();
        try
        {
            return new DatasetSnapshot(engine.Keyspace, cut, new SnapshotPass(cut, format, notes, functions));
        }
        catch
        {
            engine.Keyspace.EndCut(cut);
            throw;
        }
    }

    /// <inheritdoc cref="SnapshotPass.TryJoin"/>
    public bool TryJoin(ISnapshotSink sink, Action<Exception?> ended) => _pass.TryJoin(sink, ended);

    /// <inheritdoc cref="SnapshotPass.Step"/>
    public bool Step() => _pass.Step();

    /// <inheritdoc cref="SnapshotPass.Cancel"/>
    public void Cancel() => _pass.Cancel();

    /// <summary>Ends the cut, after the last <see cref="Step"/>.</summary>
    public void End()
    {
        if (!_ended)
        {
            _ended = true;
            _pass.Dispose();
            _keyspace.EndCut(_cut);
        }
    }
}
