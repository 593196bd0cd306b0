using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tidelog.Protocol;

/// <summary>Floating point numbers as redis reads and writes them in text: C's strtod, and printf's "%.17g".</summary>
public static class Doubles
{
    /// <summary>The most bytes that <see cref="Format"/> writes.</summary>
    public const int MaxLength = 24;

    /// <summary>Longest text whose integer surely is a double exactly.</summary>
    private const int MaxExactDigits = 15;

    /// <summary>Whole numbers below are written without an exponent.</summary>
    private const double FirstWithExponent = 1e17;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>
    /// Reads a number: decimal, hexadecimal with 0x, or infinite, with nothing before or behind it (Redis 7.0 util.c,
    /// string2d).
    /// </summary>
    /// <returns>False for anything else, for NaN, and for what is too large, or too small to differ from 0.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (text.Length <= MaxExactDigits && Numbers.TryParseInt64(text, out long integer))
        {
            value = integer;
            return true;
        }
        value = 0;
        return !text.IsEmpty && !IsSpace(text[0]) && Scan(text, out value, out bool outOfRange) == text.Length
            && !outOfRange && !double.IsNaN(value);
    }

    /// <summary>
    /// Reads a number as strtod does of a C string: up to a zero byte, spaces in front allowed, too large is infinite,
    /// too small is 0, and so is an empty text.
    /// </summary>
    /// <returns>False if there is something else, or NaN.</returns>
    public static bool TryParseCString(ReadOnlySpan<byte> text, out double value)
    {
        int zero = text.IndexOf((byte)0);
        text = zero < 0 ? text : text[..zero];
        if (text.IsEmpty)
        {
            value = 0;
            return true;
        }
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }
        return Scan(text[start..], out value, out _) is int length and > 0
            && start + length == text.Length && !double.IsNaN(value);
    }

    /// <summary>Writes a number with 17 significant digits, as few as are not zeros at the end.</summary>
    /// <param name="destination">Room for <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static unsafe int Format(double value, Span<byte> destination)
    {
        if (Math.Abs(value) < FirstWithExponent && Math.Floor(value) == value && !IsNegativeZero(value))
        {
            fixed (byte* start = destination)
            {
                return Numbers.Format((long)value, start);
            }
        }
        if (!double.IsFinite(value))
        {
            ReadOnlySpan<byte> name = double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8;
            name.CopyTo(destination);
            return name.Length;
        }

        // The runtime's form is C's but for the exponent's letter.
        value.TryFormat(destination, out int length, "G17", CultureInfo.InvariantCulture);
        int exponent = destination[..length].IndexOf((byte)'E');
        if (exponent >= 0)
        {
            destination[exponent] = (byte)'e';
        }
        return length;
    }

    public static bool IsNegativeZero(double value) => BitConverter.DoubleToInt64Bits(value) == long.MinValue;

    private static bool IsSpace(byte c) => c is (byte)' ' or >= (byte)'\t' and <= (byte)'\r';

    /// <summary>Reads the longest number that a text begins with.</summary>
    /// <param name="outOfRange">It is not infinite or 0 as written, but comes to be so.</param>
    /// <returns>Its length; 0 if there is none.</returns>
    private static int Scan(ReadOnlySpan<byte> text, out double value, out bool outOfRange)
    {
        value = 0;
        outOfRange = false;
        int sign = !text.IsEmpty && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        ReadOnlySpan<byte> rest = text[sign..];
        int length;
        if (StartsWith(rest, "inf"u8))
        {
            length = StartsWith(rest, "infinity"u8) ? 8 : 3;
            value = double.PositiveInfinity;
        }
        else if (StartsWith(rest, "nan"u8))
        {
            length = 3 + PayloadLength(rest[3..]);
            value = double.NaN;
        }
        else if (rest.Length > 2 && StartsWith(rest, "0x"u8) && HexLength(rest[2..]) > 0)
        {
            length = ScanHex(rest, out value, out outOfRange);
        }
        else
        {
            length = ScanDecimal(rest, out value, out outOfRange);
        }
        value = sign == 1 && text[0] == '-' ? -value : value;
        return length == 0 ? 0 : sign + length;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);

    /// <summary>Length of what may follow "nan": letters and digits in parentheses.</summary>
    private static int PayloadLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] != '(')
        {
            return 0;
        }
        int i = 1;
        while (i < text.Length && (char.IsAsciiLetterOrDigit((char)text[i]) || text[i] == '_'))
        {
            i++;
        }
        return i < text.Length && text[i] == ')' ? i + 1 : 0;
    }

    private static int ScanDecimal(ReadOnlySpan<byte> text, out double value, out bool outOfRange)
    {
        value = 0;
        outOfRange = false;
        int length = DigitCount(text);
        int digits = length;
        if (length < text.Length && text[length] == '.')
        {
            int fraction = DigitCount(text[(length + 1)..]);
            digits += fraction;
            length += digits > 0 ? fraction + 1 : 0;
        }
        if (digits == 0)
        {
            return 0;
        }
        ReadOnlySpan<byte> mantissa = text[..length];
        length += ExponentLength(text[length..], 'e');
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(text[..length], Style, CultureInfo.InvariantCulture, out value))
        {
            return 0;
        }
        outOfRange = double.IsInfinity(value) || (value == 0 && mantissa.IndexOfAnyInRange((byte)'1', (byte)'9') >= 0);
        return length;
    }

    /// <summary>Length of an exponent with its letter, 0 without one that is complete.</summary>
    private static int ExponentLength(ReadOnlySpan<byte> text, char letter)
    {
        if (text.IsEmpty || (text[0] | 0x20) != letter)
        {
            return 0;
        }
        int sign = text.Length > 1 && text[1] is (byte)'-' or (byte)'+' ? 1 : 0;
        int digits = DigitCount(text[(1 + sign)..]);
        return digits == 0 ? 0 : 1 + sign + digits;
    }

    private static int DigitCount(ReadOnlySpan<byte> text)
    {
        int count = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return count < 0 ? text.Length : count;
    }

    /// <summary>Length of hexadecimal digits with at most one dot, 0 if there is no digit.</summary>
    private static int HexLength(ReadOnlySpan<byte> text)
    {
        int whole = HexDigitCount(text);
        if (whole == text.Length || text[whole] != '.')
        {
            return whole;
        }
        int fraction = HexDigitCount(text[(whole + 1)..]);
        return whole + fraction == 0 ? 0 : whole + 1 + fraction;
    }

    private static int HexDigitCount(ReadOnlySpan<byte> text)
    {
        int count = text.IndexOfAnyExcept(HexDigits);
        return count < 0 ? text.Length : count;
    }

    private static int ScanHex(ReadOnlySpan<byte> text, out double value, out bool outOfRange)
    {
        int length = 2 + HexLength(text[2..]);

        // 60 bits, and one that stands for all the others: enough to round to 53.
        ulong bits = 0;
        long scale = 0;
        bool inFraction = false;
        foreach (byte c in text[2..length])
        {
            if (c == '.')
            {
                inFraction = true;
                continue;
            }
            uint digit = c <= '9' ? (uint)c - '0' : (uint)((c | 0x20) - 'a' + 10);
            if (bits >> 56 == 0)
            {
                bits = (bits << 4) | digit;
                scale -= inFraction ? 4 : 0;
            }
            else
            {
                bits |= digit != 0 ? 1u : 0u;
                scale += inFraction ? 0 : 4;
            }
        }
        int exponent = ExponentLength(text[length..], 'p');
        if (exponent > 0)
        {
            scale += SmallExponent(text[(length + 1)..(length + exponent)]);
        }
        value = Math.ScaleB((double)bits, (int)Math.Clamp(scale, -100_000, 100_000));
        outOfRange = double.IsInfinity(value) || (value == 0 && bits != 0);
        return length + exponent;
    }

    private static long SmallExponent(ReadOnlySpan<byte> text)
    {
        const long Limit = 10_000_000_000;
        bool negative = text[0] == '-';
        long exponent = 0;
        foreach (byte c in text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..])
        {
            exponent = Math.Min((exponent * 10) + c - '0', Limit);
        }
        return negative ? -exponent : exponent;
    }
}
