namespace Tidelog.Engine.Snapshot;

/// <summary>Compresses strings; keeps its table from one to the next. For one thread.</summary>
internal sealed unsafe class LzfCompressor : IDisposable
{
    /// <param name="destination">Where to; its length is the most that the result may have.</param>
    /// <returns>Bytes written, or 0 if the result would not fit.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
