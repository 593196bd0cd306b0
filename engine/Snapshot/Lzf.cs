namespace Tidelog.Engine.Snapshot;

/// <summary>The compression of strings in RDB files.</summary>
internal static class Lzf
{
    /// <summary>Restores compressed bytes.</summary>
    /// <returns>False if they are malformed or do not make exactly the destination's length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination) =>
        throw new NotImplementedException();
}
