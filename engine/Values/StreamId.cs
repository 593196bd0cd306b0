namespace Tidelog.Engine.Values;

/// <summary>The ID of a stream's entry: a time and a number within it, compared in this order.</summary>
/// <param name="Ms">Unix time in milliseconds, or whatever the client gave.</param>
public readonly record struct StreamId(ulong Ms, ulong Seq) : ITreeKey<StreamId>
{
    /// <summary>Most bytes of an ID as text.</summary>
    public const int MaxTextLength = 41;

    public static StreamId Min => default;

    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    public static bool IsBefore(in StreamId left, in StreamId right) =>
        left.Ms < right.Ms || (left.Ms == right.Ms && left.Seq < right.Seq);

    public static bool operator <(in StreamId left, in StreamId right) => IsBefore(left, right);

    public static bool operator >(in StreamId left, in StreamId right) => IsBefore(right, left);

    public static bool operator <=(in StreamId left, in StreamId right) => !IsBefore(right, left);

    public static bool operator >=(in StreamId left, in StreamId right) => !IsBefore(left, right);

    /// <summary>The ID behind this one; the smallest behind the greatest.</summary>
    public StreamId Next() => Seq != ulong.MaxValue ? new(Ms, Seq + 1) : new(unchecked(Ms + 1), 0);

    /// <summary>The ID in front of this one; the greatest in front of the smallest.</summary>
    public StreamId Previous() => Seq != 0 ? new(Ms, Seq - 1) : new(unchecked(Ms - 1), ulong.MaxValue);

    /// <summary>Writes "ms-seq".</summary>
    /// <param name="target">At least <see cref="MaxTextLength"/> bytes.</param>
    /// <param name="separator">Between the two numbers.</param>
    /// <returns>Bytes written.</returns>
    public int Format(Span<byte> target, byte separator = (byte)'-')
    {
        bool fits = Ms.TryFormat(target, out int length);
        target[length++] = separator;
        fits &= Seq.TryFormat(target[length..], out int rest);
        Invariant.Require(fits);
        return length + rest;
    }
}
