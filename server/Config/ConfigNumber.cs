using System.Globalization;

namespace Tidelog.Server.Config;

/// <summary>Numbers as Redis reads them from its configuration, with C's leniency where C's functions do the
/// reading.</summary>
internal static class ConfigNumber
{
    /// <summary>A plain decimal integer: no blanks, no plus, no leading zeros.</summary>
    /// <remarks>Redis 7.0 util.c, string2ll.</remarks>
    public static bool TryParseInteger(string text, out long value)
    {
        value = 0;
        if (text == "0") return true;
        int first = text.StartsWith('-') ? 1 : 0;
        return text.Length > first && text[first] is >= '1' and <= '9'
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Bytes with a unit: 1k = 1000, 1kb = 1024, and so on, in any case.</summary>
    /// <remarks>Redis 7.0 util.c, memtoull: no digits are zero, too many are the largest number, the product
    /// wraps.</remarks>
    public static bool TryParseMemory(string text, out ulong bytes)
    {
        bytes = 0;
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits])) digits++;
        ulong unit = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => 1 << 10,
            "m" => 1000 * 1000,
            "mb" => 1 << 20,
            "g" => 1000 * 1000 * 1000,
            "gb" => 1 << 30,
            _ => 0,
        };
        if (unit == 0 || digits >= 128) return false;
        ReadOnlySpan<char> number = text.AsSpan(0, digits);
        bool fits = ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
        if (digits > 0 && !fits) bytes = ulong.MaxValue;
        bytes = unchecked(bytes * unit);
        return true;
    }

    /// <summary>Octal digits, as of a file mode.</summary>
    public static bool TryParseOctal(string text, out long value) =>
        TryParse(text, 8, out value, out bool overflow) && !overflow;

    /// <summary>An integer as C's strtoll reads it: blanks and a sign before it, nothing is zero, too much is the
    /// limit.</summary>
    /// <returns>False if something follows the number.</returns>
    public static bool TryParseLoosely(string text, out long value) => TryParse(text, 10, out value, out _);

    /// <remarks>Redis 7.0 util.c, string2d.</remarks>
    public static bool TryParseDouble(string text, out double value)
    {
        const NumberStyles style =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        value = text.TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity" ? double.PositiveInfinity : 0;
        if (value > 0) return true;
        return double.TryParse(text, style, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <returns>The bytes in the largest unit that divides them, as CONFIG REWRITE writes them.</returns>
    public static string FormatMemory(long bytes)
    {
        if (bytes != 0)
        {
            if (bytes % (1 << 30) == 0) return bytes / (1 << 30) + "gb";
            if (bytes % (1 << 20) == 0) return bytes / (1 << 20) + "mb";
            if (bytes % (1 << 10) == 0) return bytes / (1 << 10) + "kb";
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    private static bool TryParse(string text, int radix, out long value, out bool overflow)
    {
        int at = 0;
        while (at < text.Length && text[at] is ' ' or (>= '\t' and <= '\r')) at++;
        bool negative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is '-' or '+') at++;
        int first = at;
        Int128 magnitude = 0;
        for (; at < text.Length && text[at] >= '0' && text[at] < '0' + radix; at++)
        {
            if (magnitude <= ulong.MaxValue) magnitude = (magnitude * radix) + (text[at] - '0');
        }
        Int128 signed = negative ? -magnitude : magnitude;
        overflow = signed > long.MaxValue || signed < long.MinValue;
        value = signed > long.MaxValue ? long.MaxValue : signed < long.MinValue ? long.MinValue : (long)signed;
        // Where there is no digit, nothing was read: only an empty text has nothing left over.
        return at == first ? text.Length == 0 : at == text.Length;
    }
}
