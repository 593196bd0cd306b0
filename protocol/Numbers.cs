using System.Runtime.CompilerServices;

namespace Tidelog.Protocol;

/// <summary>Integers as redis reads and writes them in text.</summary>
public static class Numbers
{
    /// <summary>The most bytes that <see cref="Format"/> writes.</summary>
    public const int MaxInt64Length = 20;

    private static ReadOnlySpan<byte> TwoDigits =>
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"u8
        + "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"u8;

    /// <summary>
    /// Reads an integer in its one canonical form: no space, no plus sign, no leading zero, no "-0"; so a text that
    /// parses is also what <see cref="Format"/> would write (Redis 7.0 util.c, string2ll).
    /// </summary>
    public static bool TryParseInt64(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > MaxInt64Length)
        {
            return false;
        }
        if (text.Length == 1)
        {
            value = text[0] - '0';
            return (ulong)value <= 9;
        }
        bool negative = text[0] == '-';
        int i = negative ? 1 : 0;
        if ((uint)(text[i] - '1') > 8)
        {
            return false;
        }
        ulong magnitude = (uint)(text[i] - '0');
        for (i++; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit > 9 || magnitude > ulong.MaxValue / 10)
            {
                return false;
            }
            magnitude *= 10;
            if (magnitude > ulong.MaxValue - digit)
            {
                return false;
            }
            magnitude += digit;
        }
        if (negative)
        {
            if (magnitude > 1UL << 63)
            {
                return false;
            }
            value = (long)(0 - magnitude);
            return true;
        }
        value = (long)magnitude;
        return magnitude <= long.MaxValue;
    }

    /// <summary>How many bytes <see cref="Format"/> writes for a value, 1 to 20.</summary>
    public static int FormattedLength(long value)
    {
        if (value < 0)
        {
            return 1 + DigitCount(0 - (ulong)value);
        }
        return DigitCount((ulong)value);
    }

    /// <summary>Writes a value in decimal.</summary>
    /// <param name="destination">Room for <see cref="FormattedLength"/> bytes at least.</param>
    /// <returns>Bytes written.</returns>
    public static unsafe int Format(long value, byte* destination)
    {
        ulong magnitude = (ulong)value;
        int sign = 0;
        if (value < 0)
        {
            *destination = (byte)'-';
            magnitude = 0 - magnitude;
            sign = 1;
        }
        int digits = DigitCount(magnitude);
        byte* p = destination + sign + digits;
        while (magnitude >= 100)
        {
            ulong quotient = magnitude / 100;
            int pair = (int)(magnitude - (quotient * 100)) * 2;
            magnitude = quotient;
            *--p = TwoDigits[pair + 1];
            *--p = TwoDigits[pair];
        }
        if (magnitude >= 10)
        {
            *--p = TwoDigits[((int)magnitude * 2) + 1];
            *--p = TwoDigits[(int)magnitude * 2];
        }
        else
        {
            *--p = (byte)('0' + magnitude);
        }
        return sign + digits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int DigitCount(ulong value)
    {
        int digits = 1;
        while (value >= 10000)
        {
            value /= 10000;
            digits += 4;
        }
        return digits + (value >= 1000 ? 3 : value >= 100 ? 2 : value >= 10 ? 1 : 0);
    }
}
