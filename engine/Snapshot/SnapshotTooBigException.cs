namespace Tidelog.Engine.Snapshot;

/// <summary>
/// A snapshot was given up: what was changed while it ran, and could not be freed because of it, came near the end of
/// the memory that there is for it.
/// </summary>
public sealed class SnapshotTooBigException()
    : IOException("what was changed since it began needs too much memory");
