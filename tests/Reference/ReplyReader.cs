using System.Globalization;
using System.Text;

namespace Tidelog.Tests.Reference;

/// <summary>Reads replies of RESP2 and RESP3 from a stream; strict, because it judges what a server sent.</summary>
internal sealed class ReplyReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Whether bytes that were already received wait to be read.</summary>
    public bool HasBufferedBytes => _start < _end;

    /// <summary>Reads one whole reply, waiting for its last byte.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    /// <exception cref="InvalidDataException">The bytes are no reply.</exception>
    public Reply Read()
    {
        byte[] line = ReadLine();
        if (line.Length == 0)
        {
            throw new InvalidDataException("empty line where a reply should begin");
        }

        ReadOnlySpan<byte> rest = line.AsSpan(1);
        return (char)line[0] switch
        {
            '+' => Reply.Scalar(ReplyKind.SimpleString, rest),
            '-' => Reply.Scalar(ReplyKind.Error, rest),
            ':' => Reply.Scalar(ReplyKind.Integer, rest),
            ',' => Reply.Scalar(ReplyKind.Double, rest),
            '#' => Reply.Scalar(ReplyKind.Boolean, rest),
            '(' => Reply.Scalar(ReplyKind.BigNumber, rest),
            '_' => Reply.Scalar(ReplyKind.Null, rest),
            '$' => ReadBulk(ReplyKind.BulkString, rest),
            '!' => ReadBulk(ReplyKind.BulkError, rest),
            '=' => ReadBulk(ReplyKind.Verbatim, rest),
            '*' => ReadAggregate(ReplyKind.Array, rest, repliesPerItem: 1),
            '~' => ReadAggregate(ReplyKind.Set, rest, repliesPerItem: 1),
            '>' => ReadAggregate(ReplyKind.Push, rest, repliesPerItem: 1),
            '%' => ReadAggregate(ReplyKind.Map, rest, repliesPerItem: 2),
            '|' => ReadAggregate(ReplyKind.Attribute, rest, repliesPerItem: 2),
            _ => throw new InvalidDataException($"no reply begins with {Reply.Quote(line)}"),
        };
    }

    /// <summary>Everything that the server still sends until it closes the connection.</summary>
    public byte[] ReadToEnd()
    {
        using var rest = new MemoryStream();
        rest.Write(_buffer, _start, _end - _start);
        _start = _end;
        stream.CopyTo(rest);
        return rest.ToArray();
    }

    private Reply ReadBulk(ReplyKind kind, ReadOnlySpan<byte> lengthText)
    {
        int length = ParseLength(lengthText);
        if (length == -1 && kind == ReplyKind.BulkString)
        {
            return Reply.Scalar(ReplyKind.NullBulkString, []);
        }

        var payload = new byte[length];
        for (int i = 0; i < length;)
        {
            Fill();
            int count = Math.Min(length - i, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(payload.AsSpan(i));
            _start += count;
            i += count;
        }

        if (NextByte() != '\r' || NextByte() != '\n')
        {
            throw new InvalidDataException($"no line end after a string of {length} bytes");
        }

        return Reply.Scalar(kind, payload);
    }

    private Reply ReadAggregate(ReplyKind kind, ReadOnlySpan<byte> countText, int repliesPerItem)
    {
        int count = ParseLength(countText);
        if (count == -1 && kind == ReplyKind.Array)
        {
            return Reply.Scalar(ReplyKind.NullArray, []);
        }

        var items = new List<Reply>();
        int total = (count * repliesPerItem) + (kind == ReplyKind.Attribute ? 1 : 0);
        for (int i = 0; i < total; i++)
        {
            items.Add(Read());
        }

        return Reply.Aggregate(kind, [.. items]);
    }

    private static int ParseLength(ReadOnlySpan<byte> text)
    {
        string number = Encoding.Latin1.GetString(text);
        bool valid = int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int length);
        return valid && length >= -1 ? length : throw new InvalidDataException($"'{number}' is no length");
    }

    private byte[] ReadLine()
    {
        using var line = new MemoryStream();
        while (true)
        {
            byte next = NextByte();
            if (next != '\r')
            {
                line.WriteByte(next);
                continue;
            }

            if (NextByte() != '\n')
            {
                throw new InvalidDataException($"a lone CR after {Reply.Quote(line.ToArray())}");
            }

            return line.ToArray();
        }
    }

    private byte NextByte()
    {
        Fill();
        return _buffer[_start++];
    }

    private void Fill()
    {
        if (_start < _end)
        {
            return;
        }

        _start = 0;
        _end = stream.Read(_buffer);
        if (_end == 0)
        {
            throw new EndOfStreamException("the server closed the connection");
        }
    }
}
