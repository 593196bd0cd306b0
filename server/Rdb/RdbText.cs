using System.Buffers;
using System.Globalization;
using System.Text;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Server.Rdb;

/// <summary>Texts that the forms of <c>rdb</c> share.</summary>
internal static class RdbText
{
    private const int MaxShownKey = 60;

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."u8);

    /// <summary>The type as the command TYPE names it.</summary>
    public static string NameOf(ValueType type) => type switch
    {
        ValueType.SortedSet => "zset",
        _ => type.ToString().ToLowerInvariant(),
    };

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>A key, or its first bytes, quoted as in JSON.</summary>
    public static string Quote(ReadOnlySpan<byte> key)
    {
        using MemoryStream text = new();
        JsonText json = new(text);
        json.String(key[..Math.Min(key.Length, MaxShownKey)]);
        json.Flush();
        return Encoding.UTF8.GetString(text.ToArray()) + (key.Length > MaxShownKey ? "..." : "");
    }

    /// <summary>A name of letters, digits and signs within it as it is, any other quoted.</summary>
    public static string QuoteIfNeeded(ReadOnlySpan<byte> name) =>
        name.Length is 0 or > MaxShownKey || name.ContainsAnyExcept(NameBytes)
            ? Quote(name)
            : Encoding.ASCII.GetString(name);

    /// <summary>Bytes with a unit, as INFO shows them.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KB", "MB", "GB", "TB"];
        double size = bytes;
        int unit = 0;
        for (; size >= 1024 && unit < units.Length - 1; unit++)
        {
            size /= 1024;
        }
        return $"{size.ToString(unit == 0 ? "F0" : "F1", CultureInfo.InvariantCulture)} {units[unit]}";
    }

    public static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>Rows as columns: the first row's cells that begin with a space are aligned to the right.</summary>
    public static void WriteTable(TextWriter target, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Trim().Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) => rows[0][column].StartsWith(' ')
                ? cell.Trim().PadLeft(widths[column])
                : cell.PadRight(widths[column]));
            target.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
