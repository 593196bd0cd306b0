using System.Text;

namespace Tidelog.Server.Config;

// Configuration text is bytes. It is held in strings of one char per byte (Latin-1): a password or a name need not be
// UTF-8, and nothing may change on the way from the file to CONFIG GET and back into the file. Only paths leave this
// form.

/// <summary>The text form of redis.conf: words, quotes, and the way between bytes and paths.</summary>
internal static class ConfigText
{
    /// <returns>The path that these bytes name, for the file system.</returns>
    public static string ToPath(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));

    /// <returns>The bytes of a path, or of an argument of the process, as configuration text.</returns>
    public static string FromPath(string path) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path));

    /// <summary>Splits a line into words as Redis does: blanks, <c>"…"</c> with escapes, <c>'…'</c>.</summary>
    /// <returns>Null if quotes are not closed, or are followed by something else than a blank.</returns>
    public static List<string>? Split(string line)
    {
        var words = new List<string>();
        int at = 0;
        while (true)
        {
            while (at < line.Length && IsSpace(line[at])) at++;
            if (at == line.Length) return words;
            if (NextWord(line, ref at) is not { } word) return null;
            words.Add(word);
        }
    }

    /// <returns>The text in double quotes, everything that is not printable escaped; <see cref="Split"/> gives it
    /// back.</returns>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' or '"' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                >= ' ' and <= '~' => quoted.Append(c),
                _ => quoted.Append("\\x").Append(((int)c).ToString("x2")),
            };
        }
        return quoted.Append('"').ToString();
    }

    private static string? NextWord(string line, ref int at)
    {
        var word = new StringBuilder();
        while (at < line.Length)
        {
            char c = line[at++];
            switch (c)
            {
                case ' ' or '\n' or '\r' or '\t':
                    return word.ToString();
                // A closing quote ends the word even if it was opened in its middle.
                case '"':
                    return EndsQuote(line, ref at, word, '"') ? word.ToString() : null;
                case '\'':
                    return EndsQuote(line, ref at, word, '\'') ? word.ToString() : null;
                default:
                    word.Append(c);
                    break;
            }
        }
        return word.ToString();
    }

    private static bool EndsQuote(string line, ref int at, StringBuilder word, char quote)
    {
        while (at < line.Length)
        {
            char c = line[at++];
            if (c == quote) return at == line.Length || IsSpace(line[at]);
            if (c != '\\' || at == line.Length) word.Append(c);
            else if (quote == '"') word.Append(Unescape(line, ref at));
            else if (line[at] == quote) word.Append(line[at++]);
            else word.Append(c);
        }
        return false;
    }

    private static char Unescape(string line, ref int at)
    {
        if (line[at] == 'x' && at + 2 < line.Length
            && char.IsAsciiHexDigit(line[at + 1]) && char.IsAsciiHexDigit(line[at + 2]))
        {
            at += 3;
            return (char)Convert.ToByte(line[(at - 2)..at], 16);
        }
        return line[at++] switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\b',
            'a' => '\a',
            char other => other,
        };
    }

    private static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');
}
