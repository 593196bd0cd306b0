// Strings are bytes. Those that are UTF-8 are written as they are, but for what JSON wants escaped. A byte that is not
// part of any character becomes the half of a surrogate pair that nothing else can give: 0xe9 is written as \udce9.
// So every string is told from every other, and a reader gets the bytes back (Python calls it "surrogateescape").

using System.Buffers;
using System.Text;
using Tidelog.Protocol;

namespace Tidelog.Server.Rdb;

/// <summary>Writes a JSON document to a stream, piece by piece; the caller sees to its form.</summary>
internal sealed class JsonText(Stream stream)
{
    private const int BufferSize = 64 << 10;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (byte)c).Where(c => c is not ((byte)'"' or (byte)'\\'))]);

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _length;
    private bool _needsComma;

    public void BeginObject() => Begin((byte)'{');

    public void EndObject() => End((byte)'}');

    public void BeginArray() => Begin((byte)'[');

    public void EndArray() => End((byte)']');

    /// <summary>What follows begins on a new line.</summary>
    public void Line()
    {
        Separate();
        Byte((byte)'\n');
    }

    /// <summary>The name of what follows.</summary>
    public void Name(ReadOnlySpan<byte> name)
    {
        String(name);
        Byte((byte)':');
        _needsComma = false;
    }

    public void String(ReadOnlySpan<byte> text)
    {
        Separate();
        Byte((byte)'"');
        while (!text.IsEmpty)
        {
            int plain = text.IndexOfAnyExcept(Plain);
            plain = plain < 0 ? text.Length : plain;
            Write(text[..plain]);
            text = text[plain..];
            text = text.IsEmpty ? text : text[Escape(text)..];
        }
        Byte((byte)'"');
        _needsComma = true;
    }

    public void Number(long number) => Value($"{number}");

    public void Number(ulong number) => Value($"{number}");

    /// <summary>A number; what is infinite, which JSON has no numbers for, as a string.</summary>
    public void Number(double number)
    {
        Span<byte> text = stackalloc byte[Doubles.MaxLength];
        text = text[..Doubles.Format(number, text)];
        if (!double.IsFinite(number))
        {
            String(text);
            return;
        }
        Separate();
        Write(text);
        _needsComma = true;
    }

    /// <summary>Ends the last line, and gives the stream all.</summary>
    public void EndDocument()
    {
        Byte((byte)'\n');
        Flush();
    }

    /// <summary>Gives the stream what it does not have yet.</summary>
    public void Flush()
    {
        stream.Write(_buffer, 0, _length);
        _length = 0;
        stream.Flush();
    }

    /// <summary>Writes the first character of a text.</summary>
    /// <returns>Bytes of it.</returns>
    private int Escape(ReadOnlySpan<byte> text)
    {
        if (Rune.DecodeFromUtf8(text, out Rune character, out int length) != OperationStatus.Done)
        {
            foreach (byte lost in text[..length])
            {
                Escape(0xDC00 | lost);
            }
        }
        else if (character.Value is '"' or '\\')
        {
            Byte((byte)'\\');
            Byte((byte)character.Value);
        }
        else if (character.Value < ' ')
        {
            Escape(character.Value);
        }
        else
        {
            Write(text[..length]);
        }
        return length;
    }

    private void Escape(int unit)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        Write(
        [
            (byte)'\\', (byte)'u', digits[unit >> 12],
            digits[(unit >> 8) & 15], digits[(unit >> 4) & 15], digits[unit & 15],
        ]);
    }

    private void Value(string text)
    {
        Separate();
        Write(Encoding.ASCII.GetBytes(text));
        _needsComma = true;
    }

    private void Begin(byte mark)
    {
        Separate();
        Byte(mark);
        _needsComma = false;
    }

    private void End(byte mark)
    {
        Byte(mark);
        _needsComma = true;
    }

    private void Separate()
    {
        if (_needsComma)
        {
            Byte((byte)',');
            _needsComma = false;
        }
    }

    private void Byte(byte value)
    {
        if (_length == BufferSize)
        {
            Flush();
        }
        _buffer[_length++] = value;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BufferSize - _length)
        {
            Flush();
            if (bytes.Length > BufferSize)
            {
                stream.Write(bytes);
                return;
            }
        }
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
