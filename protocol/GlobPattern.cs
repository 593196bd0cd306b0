namespace Tidelog.Protocol;

// Redis's glob: `*`, `?`, `[a-z]`, `[^a-z]`, `\x`. Every element but `*` takes exactly one byte, so it is enough to
// go back to the *last* star when something does not fit: whatever an earlier star could give up, the last one can
// take. That makes the worst case pattern times text, with no recursion. Redis recurses for each star and gives up at
// the 1,001st, whatever follows; the limit is kept, since KEYS would answer differently without it.

/// <summary>Glob matching of keys, channels and directive names, with Redis's rules.</summary>
/// <remarks>Redis 7.0 util.c, stringmatchlen: its oddities (an empty text matches only an empty pattern, an unclosed
/// class ends with the pattern, ranges compare signed bytes) are part of the promise.</remarks>
public static class GlobPattern
{
    private const int MaxStars = 1000;

    /// <returns>True if the whole text matches.</returns>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        if (text.IsEmpty) return pattern.IsEmpty;
        int p = 0, t = 0, afterStar = -1, starEnd = 0, stars = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                p = SkipStars(pattern, p);
                if (p == pattern.Length) return true;
                if (p != afterStar && ++stars > MaxStars) return false;
                afterStar = p;
                starEnd = t;
            }
            else if (p < pattern.Length && MatchesOne(pattern, ref p, text[t], ignoreCase))
            {
                t++;
            }
            else
            {
                if (afterStar < 0) return false;
                p = afterStar;
                t = ++starEnd;
            }
        }
        // A longer star would leave still less text for what remains of the pattern.
        return SkipStars(pattern, p) == pattern.Length;
    }

    /// <returns>True if the pattern can match anything but itself, so that a look-up by name will not do.</returns>
    public static bool HasWildcard(ReadOnlySpan<byte> pattern) => pattern.IndexOfAny("*?["u8) >= 0;

    private static int SkipStars(ReadOnlySpan<byte> pattern, int p)
    {
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p;
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                p++;
                return MatchesClass(pattern, ref p, c, ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p += 2;
                return Same(pattern[p - 1], c, ignoreCase);
            default:
                return Same(pattern[p++], c, ignoreCase);
        }
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        bool negated = p < pattern.Length && pattern[p] == '^';
        if (negated) p++;
        bool found = false;
        while (p < pattern.Length)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                // An escaped byte in a class is compared exactly even where case is ignored elsewhere.
                found |= pattern[p + 1] == c;
                p += 2;
            }
            else if (pattern[p] == ']')
            {
                p++;
                break;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                found |= InRange(pattern[p], pattern[p + 2], c, ignoreCase);
                p += 3;
            }
            else
            {
                found |= Same(pattern[p++], c, ignoreCase);
            }
        }
        return found != negated;
    }

    // Signed, as `char` is where Redis mostly runs: it decides what [a-\xff] means.
    private static bool InRange(byte first, byte last, byte c, bool ignoreCase)
    {
        sbyte low = (sbyte)first, high = (sbyte)last;
        if (low > high) (low, high) = (high, low);
        if (!ignoreCase) return (sbyte)c >= low && (sbyte)c <= high;
        sbyte folded = (sbyte)Fold(c);
        return folded >= (sbyte)Fold((byte)low) && folded <= (sbyte)Fold((byte)high);
    }

    private static bool Same(byte a, byte b, bool ignoreCase) => a == b || (ignoreCase && Fold(a) == Fold(b));

    private static byte Fold(byte c) => c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
}
