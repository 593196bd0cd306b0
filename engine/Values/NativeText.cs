namespace Tidelog.Engine.Values;

/// <summary>Bytes outside the GC heap that somebody else owns; ordered as redis's radix trees order names.</summary>
internal readonly unsafe struct NativeText(byte* start, int length) : ITreeKey<NativeText>
{
    public byte* Start { get; } = start;

    public int Length { get; } = length;

    public ReadOnlySpan<byte> Bytes => new(Start, Length);

    public static bool IsBefore(in NativeText left, in NativeText right) =>
        left.Bytes.SequenceCompareTo(right.Bytes) < 0;
}
