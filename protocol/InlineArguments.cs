namespace Tidelog.Protocol;

/// <summary>Splits a line into arguments by redis's quoting rules (Redis 7.0 sds.c, sdssplitargs).</summary>
internal static unsafe class InlineArguments
{
    /// <summary>
    /// Appends the arguments of a line. Quotes and escapes are decoded in place: an argument never gets longer by it,
    /// and the bytes of the line are spent afterwards.
    /// </summary>
    /// <returns>False if a quote is not closed, or is closed in the middle of a word.</returns>
    public static bool TrySplit(byte* line, int length, ArgumentList arguments)
    {
        int read = 0;
        while (true)
        {
            while (read < length && IsSpace(line[read]))
            {
                read++;
            }
            if (read == length || line[read] == 0)
            {
                return true;
            }
            int start = read;
            int write = read;
            if (!TryDecodeWord(line, length, ref read, ref write))
            {
                return false;
            }
            arguments.Add(new Slice(start, write - start));
        }
    }

    private static bool TryDecodeWord(byte* line, int length, ref int read, ref int write)
    {
        while (read < length)
        {
            byte c = line[read];
            if (IsSpace(c) || c == 0)
            {
                return true;
            }
            if (c is (byte)'"' or (byte)'\'')
            {
                read++;
                if (!TryDecodeQuoted(line, length, c, ref read, ref write))
                {
                    return false;
                }

                // A closing quote must be followed by a space or nothing at all.
                return read == length || IsSpace(line[read]) || line[read] == 0;
            }
            line[write++] = c;
            read++;
        }
        return true;
    }

    private static bool TryDecodeQuoted(byte* line, int length, byte quote, ref int read, ref int write)
    {
        while (read < length && line[read] != 0)
        {
            byte c = line[read++];
            if (c == quote)
            {
                return true;
            }
            if (c != '\\' || read == length)
            {
                line[write++] = c;
            }
            else if (quote == '\'')
            {
                // Single quotes know one escape: the quote itself.
                if (line[read] == '\'')
                {
                    read++;
                    c = (byte)'\'';
                }
                line[write++] = c;
            }
            else if (line[read] == 'x' && read + 2 < length && HexValue(line[read + 1]) is int high and >= 0
                && HexValue(line[read + 2]) is int low and >= 0)
            {
                line[write++] = (byte)((high << 4) | low);
                read += 3;
            }
            else
            {
                line[write++] = Unescape(line[read++]);
            }
        }
        return false;
    }

    private static byte Unescape(byte c) => c switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        (byte)'b' => (byte)'\b',
        (byte)'a' => (byte)'\a',
        _ => c,
    };

    private static int HexValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };

    private static bool IsSpace(byte c) => c is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');
}
