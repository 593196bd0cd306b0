using System.Globalization;
using System.Text;

namespace Tidelog.Server.Info;

/// <summary>The text of INFO in the making: sections of <c>field:value</c> lines, one byte per char.</summary>
internal sealed class InfoText
{
    private readonly StringBuilder _text = new(8 * 1024);

    public void Section(string title)
    {
        if (_text.Length > 0)
        {
            _text.Append("\r\n");
        }
        _text.Append("# ").Append(title).Append("\r\n");
    }

    public void Add(string field, string value) => _text.Append(field).Append(':').Append(value).Append("\r\n");

    public void Add(string field, long value) =>
        _text.Append(field).Append(':').Append(CultureInfo.InvariantCulture, $"{value}").Append("\r\n");

    public void Add(string field, bool value) => Add(field, value ? 1 : 0);

    /// <summary>Two decimals.</summary>
    public void Add(string field, double value, string suffix = "") => Add(field, Decimal(value) + suffix);

    /// <summary>The same number twice: in bytes, and as <c>field_human</c> with a unit.</summary>
    public void AddBytes(string field, long bytes)
    {
        Add(field, bytes);
        Add(field + "_human", Human(bytes));
    }

    /// <summary>Fields that are zero until their feature exists.</summary>
    public void AddZeros(params ReadOnlySpan<string> fields)
    {
        foreach (string field in fields)
        {
            Add(field, 0);
        }
    }

    public byte[] ToBytes() => Encoding.Latin1.GetBytes(_text.ToString());

    public static string Decimal(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>Bytes with redis's unit letters: 1023B, 1.00K, 2.50M.</summary>
    public static string Human(long bytes)
    {
        if (bytes < 1024)
        {
            return $"{bytes}B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4)
        {
            value /= 1024;
            unit++;
        }
        return Decimal(value) + "KMGTP"[unit];
    }

    /// <summary>A name that may hold anything, without the characters that would end its field or line.</summary>
    public static string Safe(string name) =>
        name.Replace('#', '_').Replace(':', '_').Replace('\n', '_').Replace('\r', '_');
}
