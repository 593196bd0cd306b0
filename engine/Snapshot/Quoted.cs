using System.Text;

namespace Tidelog.Engine.Snapshot;

/// <summary>Bytes for an error's text.</summary>
internal static class Quoted
{
    private const int MaxLength = 40;

    /// <summary>The first of the bytes between quotes, those that cannot be printed as \x and two digits.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new("\"");
        foreach (byte b in bytes[..Math.Min(bytes.Length, MaxLength)])
        {
            text.Append(b is >= 32 and < 127 and not (byte)'"' and not (byte)'\\' ? $"{(char)b}" : $"\\x{b:x2}");
        }
        return text.Append(bytes.Length > MaxLength ? "\"..." : "\"").ToString();
    }
}
