namespace Tidelog.Engine.Snapshot;

/// <summary>Where a snapshot goes: a file, a replica, memory. Called by the thread that runs the snapshot.</summary>
public interface ISnapshotSink
{
    /// <summary>Takes the next bytes, which are good until it returns. While it waits, the snapshot waits.</summary>
    /// <exception cref="IOException">They cannot be taken: this sink gets no more of the snapshot.</exception>
    void Write(ReadOnlySpan<byte> bytes);
}
