// An element as redis's listpacks have it: an encoding byte with what belongs to it, the bytes of a string, and behind
// all that its own length, to be read from the right, seven bits a byte.
//
//   0xxxxxxx                     integer 0..127
//   10xxxxxx                     string of up to 63 bytes
//   110xxxxx yyyyyyyy            integer of 13 bits, signed
//   1110xxxx yyyyyyyy            string of up to 4,095 bytes
//   11110000 4 bytes             string, length little-endian
//   11110001 .. 11110100         integer of 2, 3, 4 or 8 bytes, little-endian
//
// Entries of streams are kept so because redis's rules of when a chunk is full count these bytes, and because an RDB
// file has them as they are.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Tidelog.Protocol;

namespace Tidelog.Engine.Values;

/// <summary>A view of an element.</summary>
internal readonly unsafe struct ListPackElement
{
    private readonly byte* _text;
    private readonly int _length;

    public ListPackElement(byte* at)
    {
        byte first = at[0];
        _text = null;
        if (first < 0x80)
        {
            Integer = first;
            _length = 1;
        }
        else if (first < 0xC0)
        {
            _length = first & 0x3F;
            _text = at + 1;
        }
        else if (first < 0xE0)
        {
            // The sign is the top bit of 13.
            Integer = (((first & 0x1F) << 8) | at[1]) << 19 >> 19;
            _length = 2;
        }
        else if (first < 0xF0)
        {
            _length = ((first & 0x0F) << 8) | at[1];
            _text = at + 2;
        }
        else if (first == 0xF0)
        {
            _length = *(int*)(at + 1);
            _text = at + 5;
        }
        else
        {
            (Integer, _length) = ReadWide(at);
        }
        byte* end = _text == null ? at + _length : _text + _length;
        Next = end + BackLengthSize(end - at);
    }

    public bool IsInteger => _text == null;

    /// <summary>The number of an <see cref="IsInteger"/>.</summary>
    public long Integer { get; }

    /// <summary>The bytes of an element that is not <see cref="IsInteger"/>.</summary>
    public ReadOnlySpan<byte> Bytes => new(_text, _length);

    /// <summary>Where the next element begins.</summary>
    public byte* Next { get; }

    /// <summary>Bytes that an integer takes.</summary>
    public static int SizeOf(long value) => EncodedSize(value) + 1;

    /// <summary>Bytes that a text takes; one that is an integer in its canonical form is stored as such.</summary>
    public static long SizeOf(ReadOnlySpan<byte> text)
    {
        if (IsShort(text) && Numbers.TryParseInt64(text, out long integer))
        {
            return SizeOf(integer);
        }
        long size = (text.Length < 64 ? 1 : text.Length < 4096 ? 2 : 5) + (long)text.Length;
        return size + BackLengthSize(size);
    }

    /// <summary>Writes an integer.</summary>
    /// <returns>Behind it.</returns>
    public static byte* Write(byte* at, long value)
    {
        int size = EncodedSize(value);
        switch (size)
        {
            case 1:
                *at = (byte)value;
                break;
            case 2:
                *at = (byte)(0xC0 | ((value >> 8) & 0x1F));
                at[1] = (byte)value;
                break;
            default:
                *at = (byte)(size switch { 3 => 0xF1, 4 => 0xF2, 5 => 0xF3, _ => 0xF4 });
                Unsafe.CopyBlockUnaligned(at + 1, &value, (uint)(size - 1));
                break;
        }
        at[size] = (byte)size;
        return at + size + 1;
    }

    /// <summary>Writes a text.</summary>
    /// <returns>Behind it.</returns>
    public static byte* Write(byte* at, ReadOnlySpan<byte> text)
    {
        if (IsShort(text) && Numbers.TryParseInt64(text, out long integer))
        {
            return Write(at, integer);
        }
        byte* start = at;
        if (text.Length < 64)
        {
            *at++ = (byte)(0x80 | text.Length);
        }
        else if (text.Length < 4096)
        {
            *at++ = (byte)(0xE0 | (text.Length >> 8));
            *at++ = (byte)text.Length;
        }
        else
        {
            *at++ = 0xF0;
            BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(at, 4), text.Length);
            at += 4;
        }
        text.CopyTo(new Span<byte>(at, text.Length));
        at += text.Length;
        return WriteBackLength(at, at - start);
    }

    /// <summary>Where the element in front of a place begins.</summary>
    public static byte* Previous(byte* at)
    {
        byte* last = at - 1;
        long length = 0;
        for (int shift = 0; ; shift += 7, last--)
        {
            length |= (long)(*last & 127) << shift;
            if ((*last & 128) == 0)
            {
                return last - length;
            }
        }
    }

    /// <summary>True if the text is the same.</summary>
    public bool Is(ReadOnlySpan<byte> text) => IsInteger
        ? IsShort(text) && Numbers.TryParseInt64(text, out long integer) && integer == Integer
        : Bytes.SequenceEqual(text);

    /// <summary>Answers the element as a bulk string.</summary>
    public void Reply(ReplyWriter reply)
    {
        if (IsInteger)
        {
            reply.BulkInteger(Integer);
        }
        else
        {
            reply.Bulk(Bytes);
        }
    }

    /// <summary>The element's text; an integer's is written to the scratch.</summary>
    /// <param name="scratch">At least <see cref="Numbers.MaxInt64Length"/> bytes.</param>
    public ReadOnlySpan<byte> Text(byte* scratch) =>
        IsInteger ? new ReadOnlySpan<byte>(scratch, Numbers.Format(Integer, scratch)) : Bytes;

    private static bool IsShort(ReadOnlySpan<byte> text) => (uint)(text.Length - 1) < Numbers.MaxInt64Length;

    private static (long Value, int Size) ReadWide(byte* at) => *at switch
    {
        0xF1 => (*(short*)(at + 1), 3),
        0xF2 => (((sbyte)at[3] * 65536L) + *(ushort*)(at + 1), 4),
        0xF3 => (*(int*)(at + 1), 5),
        0xF4 => (*(long*)(at + 1), 9),
        _ => throw new InvariantException($"no element begins with {*at:x2}"),
    };

    private static int EncodedSize(long value) => value switch
    {
        >= 0 and < 128 => 1,
        >= -4096 and < 4096 => 2,
        >= short.MinValue and <= short.MaxValue => 3,
        >= -(1 << 23) and < 1 << 23 => 4,
        >= int.MinValue and <= int.MaxValue => 5,
        _ => 9,
    };

    /// <summary>Redis takes a byte more one or two lengths before it would have to.</summary>
    private static int BackLengthSize(long length) =>
        length <= 127 ? 1 : length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5;

    private static byte* WriteBackLength(byte* at, long length)
    {
        int size = BackLengthSize(length);
        for (int i = size - 1; i >= 0; i--)
        {
            at[i] = (byte)((int)(length & 127) + (i > 0 ? 128 : 0));
            length >>= 7;
        }
        return at + size;
    }
}
