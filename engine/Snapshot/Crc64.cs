namespace Tidelog.Engine.Snapshot;

/// <summary>
/// The checksum of RDB files and DUMP payloads: CRC-64 with Jones's polynomial, reflected, beginning with 0.
/// </summary>
public static class Crc64
{
    /// <summary>The checksum of what <paramref name="crc"/> is the checksum of, followed by the bytes.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> bytes) => throw new NotImplementedException();
}
