namespace Tidelog.Engine.Values;

/// <summary>What BITFIELD does with a number that does not fit.</summary>
internal enum BitOverflow
{
    /// <summary>Keeps the low bits.</summary>
    Wrap,

    /// <summary>Takes the nearest number that fits.</summary>
    Saturate,

    /// <summary>Leaves the old number.</summary>
    Fail,
}

/// <summary>An integer type of BITFIELD: i1 to i64, u1 to u63.</summary>
/// <param name="Width">In bits.</param>
internal readonly record struct BitInteger(bool IsSigned, int Width)
{
    private Int128 Lowest => IsSigned ? -(Int128.One << (Width - 1)) : 0;

    private Int128 Highest => (Int128.One << (IsSigned ? Width - 1 : Width)) - 1;

    /// <summary>The number at a bit position; what is behind the bytes counts as zeros.</summary>
    public long Read(ReadOnlySpan<byte> bytes, long offset)
    {
        long first = offset >> 3;
        int shift = (int)(offset & 7);
        int touched = (shift + Width + 7) / 8;
        UInt128 bits = 0;
        for (int i = 0; i < touched; i++)
        {
            byte next = first + i < bytes.Length ? bytes[(int)first + i] : (byte)0;
            bits = (bits << 8) | next;
        }
        return Narrow((long)(ulong)(bits >> ((touched * 8) - shift - Width)));
    }

    /// <summary>Writes a number's low bits at a bit position within the bytes.</summary>
    public void Write(Span<byte> bytes, long offset, long value)
    {
        int first = (int)(offset >> 3);
        int shift = (int)(offset & 7);
        int touched = (shift + Width + 7) / 8;
        int below = (touched * 8) - shift - Width;
        UInt128 mask = ((UInt128.One << Width) - 1) << below;
        UInt128 bits = ((UInt128)(ulong)value << below) & mask;
        for (int i = touched - 1; i >= 0; i--)
        {
            ref byte at = ref bytes[first + i];
            at = (byte)((at & ~(byte)mask) | (byte)bits);
            mask >>= 8;
            bits >>= 8;
        }
    }

    /// <summary>The number that INCRBY makes of another.</summary>
    /// <returns>False if it does not fit and that shall fail.</returns>
    public bool TryAdd(long value, long increment, BitOverflow overflow, out long result) =>
        TryFit((Int128)value + increment, overflow, out result);

    /// <summary>The number that SET stores: a negative one is a huge one for an unsigned type.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public bool TryConvert(long value, BitOverflow overflow, out long result) =>
        TryFit(IsSigned ? value : (Int128)(ulong)value, overflow, out result);

    private bool TryFit(Int128 value, BitOverflow overflow, out long result)
    {
        if (value >= Lowest && value <= Highest)
        {
            result = (long)value;
            return true;
        }
        result = overflow switch
        {
            BitOverflow.Wrap => Narrow(unchecked((long)value)),
            BitOverflow.Saturate => (long)(value < 0 ? Lowest : Highest),
            _ => 0,
        };
        return overflow != BitOverflow.Fail;
    }

    /// <summary>The number that the low bits are.</summary>
    private long Narrow(long bits)
    {
        int unused = 64 - Width;
        return IsSigned ? bits << unused >> unused : (long)((ulong)bits << unused >> unused);
    }
}
