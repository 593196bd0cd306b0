// The arithmetic of INCRBYFLOAT and HINCRBYFLOAT. Redis computes them in the x87's extended format, which .NET does not
// have, and users see its digits: 0.1 + 0.2 is 0.3 there and not 0.30000000000000004. So it is done here in integers.
//
//  - A number is Significand x 2^Exponent with 64 bits of significand, the upper one set unless the number is denormal.
//  - Every operation computes its exact result, or as many bits of it as decide, with the rest jammed into the lowest
//    bit, and rounds once: to the nearest, to even between two.
//  - Text is read as glibc's strtold does in the C locale, and written as printf's %.17Lf without trailing zeros. A NaN
//    is refused at reading, so it cannot come to be but from two infinities, which redis answers with the same error as
//    one.
//  - Usual numbers take paths in 128 bits; BigInteger is for those with more than 38 digits or far from 1.

using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Tidelog.Engine.Commands;

/// <summary>A number of 64 significant bits, as the x87's "long double".</summary>
/// <remarks>Redis 7.0 util.c, string2ld and ld2string; object.c, getLongDoubleFromObject.</remarks>
internal readonly struct ExtendedFloat
{
    /// <summary>The most bytes that <see cref="Format"/> writes: sign, 4,933 digits, dot, 17 digits.</summary>
    public const int MaxFormattedLength = 4952;

    /// <summary>Redis reads no longer texts.</summary>
    private const int MaxTextLength = (5 * 1024) - 1;

    /// <summary>Exponent of the lowest bit of the largest numbers.</summary>
    private const int MaxExponent = 16383 - 63;

    /// <summary>Exponent of the lowest bit of denormal numbers.</summary>
    private const int MinExponent = -16382 - 63;

    private const int InfiniteExponent = int.MaxValue;

    /// <summary>10^17, for the 17 digits behind the dot.</summary>
    private const ulong FractionUnit = 100_000_000_000_000_000;

    /// <summary>Digits that surely fit in 128 bits.</summary>
    private const int MaxShortDigits = 38;

    /// <summary>Largest power of ten in 64 bits.</summary>
    private const int MaxShortPower = 19;

    /// <summary>
    /// A number of at most 5,119 digits is infinite at a greater power of ten than this, and zero at a lesser one than
    /// its opposite.
    /// </summary>
    private const int MaxPower = 10_100;

    /// <summary>Exponents are read up to here: 5,119 hexadecimal digits cannot make up for more.</summary>
    private const int MaxExponentRead = 100_000;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly bool _negative;
    private readonly ulong _significand;
    private readonly int _exponent;

    private ExtendedFloat(bool negative, ulong significand, int exponent)
    {
        _negative = negative;
        _significand = significand;
        _exponent = exponent;
    }

    public bool IsFinite => _exponent != InfiniteExponent;

    public static ExtendedFloat FromInt64(long value) =>
        Round(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, 0);

    /// <summary>A finite number, exactly.</summary>
    public static ExtendedFloat FromDouble(double value)
    {
        Invariant.Require(double.IsFinite(value));
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        ulong fraction = (ulong)bits & ((1UL << 52) - 1);
        return exponent == 0
            ? Round(bits < 0, fraction, -1074)
            : Round(bits < 0, fraction | (1UL << 52), exponent - 1075);
    }

    /// <summary>Reads a number: decimal, hexadecimal with 0x, or infinite, with nothing before or behind it.</summary>
    /// <returns>False for anything else, for NaN, and for what is too large, or too small to differ from 0.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out ExtendedFloat value)
    {
        value = default;
        if (text.Length is 0 or > MaxTextLength)
        {
            return false;
        }
        bool negative = text[0] == '-';
        if (text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }
        if (Ascii.EqualsIgnoreCase(text, "inf"u8) || Ascii.EqualsIgnoreCase(text, "infinity"u8))
        {
            value = new ExtendedFloat(negative, 0, InfiniteExponent);
            return true;
        }
        bool isHex = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        if (!TrySplit(isHex ? text[2..] : text, isHex, out Literal literal))
        {
            return false;
        }
        if (literal.IsZero)
        {
            value = new ExtendedFloat(negative, 0, MinExponent);
            return true;
        }
        value = isHex ? FromHex(negative, literal) : FromDecimal(negative, literal);
        return value.IsFinite && value._significand != 0;
    }

    /// <summary>The nearest double, but not 0 for what is greater.</summary>
    public double ToDouble()
    {
        double value = IsFinite ? Math.ScaleB((double)_significand, _exponent) : double.PositiveInfinity;
        if (value == 0 && _significand != 0)
        {
            value = double.Epsilon;
        }
        return _negative ? -value : value;
    }

    public static ExtendedFloat operator +(ExtendedFloat left, ExtendedFloat right)
    {
        if (!left.IsFinite || !right.IsFinite)
        {
            return left.IsFinite ? right : left;
        }
        (ExtendedFloat high, ExtendedFloat low) = left._exponent >= right._exponent ? (left, right) : (right, left);
        if (high._significand == 0)
        {
            return low;
        }

        // Bits are lost only from 63 places on, where at most one cancels: the jammed bit stays far below the place
        // where the sum is rounded.
        const int Below = 62;
        UInt128 a = (UInt128)high._significand << Below;
        UInt128 b = (UInt128)low._significand << Below;
        int distance = high._exponent - low._exponent;
        if (distance > 0)
        {
            b = distance > 126 ? (b == 0 ? 0u : 1u) : ShiftRightJamming(b, distance);
        }
        if (high._negative == low._negative)
        {
            return Round(high._negative, a + b, high._exponent - Below);
        }
        return a >= b
            ? Round(high._negative, a - b, high._exponent - Below)
            : Round(low._negative, b - a, high._exponent - Below);
    }

    /// <summary>Writes a finite number with at most 17 digits behind the dot, and no needless zero.</summary>
    /// <param name="destination">Room for <see cref="MaxFormattedLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Format(Span<byte> destination)
    {
        Invariant.Require(IsFinite);
        int length = 0;
        if (_negative)
        {
            destination[length++] = (byte)'-';
        }
        if (_exponent >= 0)
        {
            return length + FormatWhole(destination[length..]);
        }
        ulong whole = _exponent > -64 ? _significand >> -_exponent : 0;
        ulong fraction = _exponent > -64 ? _significand & ((1UL << -_exponent) - 1) : _significand;
        ulong digits = _exponent > -128 ? (ulong)RoundingShiftRight((UInt128)fraction * FractionUnit, -_exponent) : 0;
        if (digits == FractionUnit)
        {
            whole++;
            digits = 0;
        }
        if (whole == 0 && digits == 0)
        {
            destination[0] = (byte)'0';
            return 1;
        }
        whole.TryFormat(destination[length..], out int written, provider: CultureInfo.InvariantCulture);
        length += written;
        if (digits == 0)
        {
            return length;
        }
        destination[length++] = (byte)'.';
        digits.TryFormat(destination[length..], out written, "D17", CultureInfo.InvariantCulture);
        return destination[..(length + written)].TrimEnd((byte)'0').Length;
    }

    private int FormatWhole(Span<byte> destination)
    {
        if (_exponent <= 64)
        {
            UInt128 value = (UInt128)_significand << _exponent;
            value.TryFormat(destination, out int written, provider: CultureInfo.InvariantCulture);
            return written;
        }
        string digits = ((BigInteger)_significand << _exponent).ToString(CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(digits, destination);
    }

    /// <summary>The nearest number to magnitude x 2^exponent; infinite when that is too large.</summary>
    private static ExtendedFloat Round(bool negative, UInt128 magnitude, int exponent)
    {
        if (magnitude == 0)
        {
            return new ExtendedFloat(false, 0, MinExponent);
        }
        int excess = 64 - (int)UInt128.LeadingZeroCount(magnitude);
        int shift = Math.Max(excess, MinExponent - exponent);
        if (shift > 127)
        {
            return new ExtendedFloat(negative, 0, MinExponent);
        }
        UInt128 rounded = shift > 0 ? RoundingShiftRight(magnitude, shift) : magnitude << -shift;
        if (rounded > ulong.MaxValue)
        {
            rounded >>= 1;
            shift++;
        }
        return exponent + shift > MaxExponent
            ? new ExtendedFloat(negative, 0, InfiniteExponent)
            : new ExtendedFloat(negative, (ulong)rounded, exponent + shift);
    }

    /// <param name="count">1 to 127.</param>
    private static UInt128 RoundingShiftRight(UInt128 value, int count)
    {
        UInt128 shifted = value >> count;
        UInt128 rest = value - (shifted << count);
        UInt128 half = UInt128.One << (count - 1);
        bool up = rest > half || (rest == half && (shifted & 1) == 1);
        return up ? shifted + 1 : shifted;
    }

    /// <summary>Shifts, and sets the lowest bit if a set bit was lost.</summary>
    /// <param name="count">1 to 127.</param>
    private static UInt128 ShiftRightJamming(UInt128 value, int count)
    {
        UInt128 shifted = value >> count;
        return (shifted << count) == value ? shifted : shifted | 1;
    }

    private static ExtendedFloat FromHex(bool negative, in Literal literal)
    {
        // A leading digit of 8 or more would make the number negative.
        string digits = "0" + literal.Digits();
        BigInteger value = BigInteger.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return FromRatio(negative, value, 1, literal.Exponent - (4 * literal.FractionLength));
    }

    private static ExtendedFloat FromDecimal(bool negative, in Literal literal)
    {
        int power = literal.Exponent - literal.FractionLength;
        int length = literal.Whole.Length + literal.FractionLength;
        if (length <= MaxShortDigits && Math.Abs(power) <= MaxShortPower)
        {
            UInt128 digits = ShortValue(literal);
            if (power <= 0)
            {
                return Quotient(negative, digits, PowerOfTen(-power));
            }
            if (digits <= ulong.MaxValue)
            {
                return Round(negative, digits * PowerOfTen(power), 0);
            }
        }

        // What is sure to be infinite or zero needs no powers of ten of that size.
        if (Math.Abs(power) > MaxPower)
        {
            return new ExtendedFloat(negative, 0, power > 0 ? InfiniteExponent : MinExponent);
        }
        BigInteger value = BigInteger.Parse(literal.Digits(), NumberStyles.None, CultureInfo.InvariantCulture);
        BigInteger scale = BigInteger.Pow(10, Math.Abs(power));
        return power >= 0 ? FromRatio(negative, value * scale, 1, 0) : FromRatio(negative, value, scale, 0);
    }

    private static UInt128 ShortValue(in Literal literal)
    {
        UInt128 value = 0;
        foreach (byte digit in literal.Whole)
        {
            value = (value * 10) + (uint)(digit - '0');
        }
        foreach (byte digit in literal.Fraction)
        {
            value = (value * 10) + (uint)(digit - '0');
        }
        return value;
    }

    private static ulong PowerOfTen(int power)
    {
        ulong value = 1;
        for (int i = 0; i < power; i++)
        {
            value *= 10;
        }
        return value;
    }

    private static ExtendedFloat Quotient(bool negative, UInt128 dividend, ulong divisor)
    {
        int shift = (int)UInt128.LeadingZeroCount(dividend);
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem(dividend << shift, divisor);

        // It has 64 bits at least; two more make sure that the jammed bit lies below the rounding place.
        if (UInt128.LeadingZeroCount(quotient) >= 2)
        {
            (UInt128 more, rest) = UInt128.DivRem(rest << 2, divisor);
            quotient = (quotient << 2) | more;
            shift += 2;
        }
        return Round(negative, rest == 0 ? quotient : quotient | 1, -shift);
    }

    /// <summary>The nearest number to numerator / denominator x 2^exponent, both positive.</summary>
    private static ExtendedFloat FromRatio(bool negative, BigInteger numerator, BigInteger denominator, int exponent)
    {
        // 67 bits of quotient, or 68: more than the significand and a bit to jam the rest into.
        int shift = 67 - (int)(numerator.GetBitLength() - denominator.GetBitLength());
        if (shift > 0)
        {
            numerator <<= shift;
        }
        else
        {
            denominator <<= -shift;
        }
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        return Round(negative, (UInt128)quotient | (rest.IsZero ? 0u : 1u), exponent - shift);
    }

    private static bool TrySplit(ReadOnlySpan<byte> text, bool isHex, out Literal literal)
    {
        literal = default;
        literal.Whole = text[..CountDigits(text, isHex)];
        text = text[literal.Whole.Length..];
        if (!text.IsEmpty && text[0] == '.')
        {
            literal.Fraction = text[1..(1 + CountDigits(text[1..], isHex))];
            text = text[(1 + literal.FractionLength)..];
        }
        if (literal.Whole.IsEmpty && literal.Fraction.IsEmpty)
        {
            return false;
        }
        if (text.IsEmpty)
        {
            return true;
        }
        return (text[0] | 0x20) == (isHex ? 'p' : 'e') && TryParseExponent(text[1..], out literal.Exponent);
    }

    private static int CountDigits(ReadOnlySpan<byte> text, bool isHex)
    {
        int count = isHex
            ? text.IndexOfAnyExcept(HexDigits)
            : text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return count < 0 ? text.Length : count;
    }

    /// <summary>Reads digits with an optional sign; a number of any size is taken for one beyond the limit.</summary>
    private static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        bool negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }
        if (text.IsEmpty || CountDigits(text, false) < text.Length)
        {
            return false;
        }
        foreach (byte digit in text)
        {
            exponent = Math.Min((exponent * 10) + (digit - '0'), MaxExponentRead);
        }
        exponent = negative ? -exponent : exponent;
        return true;
    }

    /// <summary>The parts of a number's text: Whole.Fraction x base^Exponent.</summary>
    private ref struct Literal
    {
        public ReadOnlySpan<byte> Whole;
        public ReadOnlySpan<byte> Fraction;

        /// <summary>Of ten, or of two in a hexadecimal number.</summary>
        public int Exponent;

        public readonly int FractionLength => Fraction.Length;

        public readonly bool IsZero =>
            Whole.IndexOfAnyExcept((byte)'0') < 0 && Fraction.IndexOfAnyExcept((byte)'0') < 0;

        public readonly string Digits() =>
            Encoding.ASCII.GetString(Whole) + Encoding.ASCII.GetString(Fraction);
    }
}
