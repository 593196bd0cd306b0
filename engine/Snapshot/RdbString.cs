using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>A string of an RDB file: its bytes, or the integer in its place. Good as the bytes are.</summary>
internal readonly ref struct RdbString
{
    public RdbString(long offset, ReadOnlySpan<byte> bytes, bool isCompressed = false)
    {
        Offset = offset;
        Bytes = bytes;
        IsCompressed = isCompressed;
    }

    public RdbString(long offset, long integer)
    {
        Offset = offset;
        Integer = integer;
        IsInteger = true;
    }

    /// <summary>Where its bytes are in the file; of a compressed string, the compressed ones.</summary>
    public long Offset { get; }

    /// <summary>Empty for an integer.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public long Integer { get; }

    public bool IsInteger { get; }

    public bool IsCompressed { get; }

    public PackedText Packed => IsInteger ? new PackedText(Integer) : new PackedText(Bytes);
}
