// Layouts: docs/formats/rdb.md. A walk keeps two places, where the next element begins and where the end byte is, which
// was seen to be there. An element is taken only if it ends at the end byte or before it, so an element can always be
// begun to be read.

using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Goes through the elements of one of redis's packed encodings. Whatever the bytes are, it ends, and reads nothing
/// outside them: a fault ends the walk and says what is wrong. A walk that ended without a fault has seen that header,
/// lengths, count and end agree.
/// </summary>
internal ref struct BlobWalk
{
    private const byte EndByte = 0xFF;
    private const int ListPackHeader = 6;
    private const int ZipListHeader = 10;
    private const int IntegerSetHeader = 8;

    /// <summary>What the 16 bits of a count say if there are more.</summary>
    private const int UnknownCount = ushort.MaxValue;

    /// <summary>The first byte of a length that has four more, in ziplists and zipmaps.</summary>
    private const byte LongLength = 254;

    private readonly ReadOnlySpan<byte> _blob;
    private readonly Form _form;
    private readonly int _end;
    private int _next;
    private int _start;
    private int _length;
    private long _passed;
    private bool _ended;

    private BlobWalk(ReadOnlySpan<byte> blob, Form form, int header, int footer)
    {
        _blob = blob;
        _form = form;
        _next = header;
        _end = blob.Length - footer;
        if (blob.Length < header + footer)
        {
            Fail(0, $"the header of {Name}", $"{blob.Length} bytes");
        }
    }

    private enum Form
    {
        ListPack,
        ZipList,
        ZipMap,
        IntegerSet,
    }

    /// <summary>Elements that the header announces; -1 if it does not say. A zipmap's are fields and values.</summary>
    public long Count { get; private set; }

    public bool IsInteger { get; private set; }

    public long Integer { get; private set; }

    /// <summary>The element's bytes, if it is no integer.</summary>
    public readonly ReadOnlySpan<byte> Text => _blob.Slice(_start, _length);

    /// <summary>What the format has at <see cref="Offset"/> and is not there; null while all is well.</summary>
    public string? Expected { get; private set; }

    /// <summary>What is there in its place.</summary>
    public string? Found { get; private set; }

    /// <summary>Where the present element begins, or the fault is, in the blob.</summary>
    public int Offset { get; private set; }

    private readonly string Name => _form switch
    {
        Form.ListPack => "a listpack",
        Form.ZipList => "a ziplist",
        Form.ZipMap => "a zipmap",
        _ => "an intset",
    };

    public static BlobWalk OfListPack(ReadOnlySpan<byte> blob)
    {
        BlobWalk walk = new(blob, Form.ListPack, ListPackHeader, footer: 1);
        if (walk.HasLength() && walk.HasEnd())
        {
            walk.TakeCount(BinaryPrimitives.ReadUInt16LittleEndian(blob[4..]));
        }
        return walk;
    }

    public static BlobWalk OfZipList(ReadOnlySpan<byte> blob)
    {
        BlobWalk walk = new(blob, Form.ZipList, ZipListHeader, footer: 1);
        if (walk.HasLength() && walk.HasEnd())
        {
            walk.TakeCount(BinaryPrimitives.ReadUInt16LittleEndian(blob[8..]));
        }
        return walk;
    }

    /// <summary>The oldest encoding of hashes: fields and values in turn. As in redis, it is never empty.</summary>
    public static BlobWalk OfZipMap(ReadOnlySpan<byte> blob)
    {
        BlobWalk walk = new(blob, Form.ZipMap, header: 1, footer: 1);
        if (!walk._ended && walk.HasEnd())
        {
            walk.Count = blob[0] < LongLength ? 2 * blob[0] : -1;
        }
        return walk;
    }

    /// <summary>The members must ascend. As in redis, it is never empty.</summary>
    public static BlobWalk OfIntegerSet(ReadOnlySpan<byte> blob)
    {
        BlobWalk walk = new(blob, Form.IntegerSet, IntegerSetHeader, footer: 0);
        if (walk._ended)
        {
            return walk;
        }
        uint width = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (width is not (2 or 4 or 8))
        {
            walk.Fail(0, "a width of 2, 4 or 8 bytes", Number(width));
            return walk;
        }
        long count = BinaryPrimitives.ReadUInt32LittleEndian(blob[4..]);
        if (count == 0 || count * width != blob.Length - IntegerSetHeader)
        {
            string room = $"{blob.Length - IntegerSetHeader} bytes";
            walk.Fail(4, $"a count above 0 of integers of {width} bytes in {room}", Number(count));
            return walk;
        }
        walk._length = (int)width;
        walk.Count = count;
        return walk;
    }

    /// <returns>False at the end and at a fault.</returns>
    public bool MoveNext()
    {
        if (_ended)
        {
            return false;
        }
        if (_next == _end)
        {
            return End();
        }
        bool moved = _form switch
        {
            Form.ListPack => MoveInListPack(),
            Form.ZipList => MoveInZipList(),
            Form.ZipMap => MoveInZipMap(),
            _ => MoveInIntegerSet(),
        };
        _passed++;
        return moved;
    }

    private bool MoveInListPack()
    {
        int at = _next;
        byte first = _blob[at];
        long length;
        IsInteger = false;
        if (first < 0x80)
        {
            TakeInteger(first);
            length = 1;
        }
        else if (first < 0xC0)
        {
            length = TakeText(at + 1, first & 0x3F);
        }
        else if (first >= 0xF5)
        {
            return Fail(at, "the encoding of an element", $"0x{first:x2}");
        }
        else if (HeaderSize(first) is int header && header >= _end - at)
        {
            return Fail(at, $"an element that begins with {header} bytes", $"the end after {_end - at}");
        }
        else if (first < 0xE0)
        {
            TakeInteger((((first & 0x1F) << 8) | _blob[at + 1]) << 19 >> 19);
            length = 2;
        }
        else if (first < 0xF0)
        {
            length = 1 + TakeText(at + 2, ((first & 0x0F) << 8) | _blob[at + 1]);
        }
        else if (first == 0xF0)
        {
            length = 4 + TakeText(at + 5, BinaryPrimitives.ReadUInt32LittleEndian(_blob[(at + 1)..]));
        }
        else
        {
            TakeInteger(ReadInteger(at + 1, header - 1));
            length = header;
        }
        int back = BackLengthSize(length);
        if (length + back > _end - at)
        {
            return Fail(at, $"an element of {length + back} bytes", $"the end after {_end - at}");
        }
        if (!IsBackLength(at + (int)length, length, back))
        {
            return Fail(at + (int)length, $"the length {length} once more", Hex(at + (int)length, back));
        }
        Offset = at;
        _next = at + (int)length + back;
        return true;

        static int HeaderSize(byte first) => first switch
        {
            < 0xF0 => 2,
            0xF0 => 5,
            0xF1 => 3,
            0xF2 => 4,
            0xF3 => 5,
            _ => 9,
        };
    }

    private bool MoveInZipList()
    {
        // The length of the element in front, in one byte or behind 254 in four; the first one has none in front.
        int at = _next;
        long previous = _blob[at];
        int encoded = at + 1;
        if (previous >= LongLength)
        {
            encoded = at + 5;
            if (previous > LongLength || encoded > _end)
            {
                return Fail(at, "the length of the element in front", Hex(at, Math.Min(5, _end - at)));
            }
            previous = BinaryPrimitives.ReadUInt32LittleEndian(_blob[(at + 1)..]);
        }
        long inFront = _passed == 0 ? 0 : at - Offset;
        if (previous != inFront)
        {
            return Fail(at, $"the length of the element in front, {inFront}", Number(previous));
        }
        if (encoded == _end)
        {
            return Fail(encoded, "the encoding of an element", "the end");
        }
        byte first = _blob[encoded];
        int header = first < 0xC0 ? (first >> 6) switch { 0 => 1, 1 => 2, _ => 5 } : 1 + IntegerWidth(first);
        if (header == 0)
        {
            return Fail(encoded, "the encoding of an element", $"0x{first:x2}");
        }
        long length = header;
        if (header <= _end - encoded)
        {
            length = first >= 0xC0 ? TakeZipListInteger(first, encoded + 1) : header - 1 + TakeText(
                encoded + header,
                header switch
                {
                    1 => first & 0x3F,
                    2 => ((first & 0x3F) << 8) | _blob[encoded + 1],
                    _ => BinaryPrimitives.ReadUInt32BigEndian(_blob[(encoded + 1)..]),
                });
        }
        if (length > _end - encoded)
        {
            return Fail(encoded, $"an element of {length} bytes", $"the end after {_end - encoded}");
        }
        Offset = at;
        _next = encoded + (int)length;
        return true;
    }

    private bool MoveInZipMap()
    {
        // A field is its length and its bytes. A value has between them how many bytes behind it are not used.
        int at = _next;
        bool isValue = (_passed & 1) != 0;
        int text = at + (_blob[at] < LongLength ? 1 : 5);
        if (_blob[at] > LongLength || text + (isValue ? 1 : 0) > _end)
        {
            string expected = isValue ? "the length of a value" : "the length of a field";
            return Fail(at, expected, Hex(at, Math.Min(5, _end - at)));
        }
        long length = _blob[at];
        if (length == LongLength)
        {
            length = BinaryPrimitives.ReadUInt32LittleEndian(_blob[(at + 1)..]);
            if (length < LongLength)
            {
                return Fail(at, "a length below 254 in one byte", $"{length} in five");
            }
        }
        int unused = isValue ? _blob[text++] : 0;
        if (length + unused > _end - text)
        {
            return Fail(at, $"a text of {length} bytes and {unused} unused ones", $"the end after {_end - text}");
        }
        TakeText(text, length);
        Offset = at;
        _next = text + (int)length + unused;
        return true;
    }

    private bool MoveInIntegerSet()
    {
        long integer = ReadInteger(_next, _length);
        if (_passed > 0 && integer <= Integer)
        {
            return Fail(_next, $"an integer above {Integer}", Number(integer));
        }
        TakeInteger(integer);
        Offset = _next;
        _next += _length;
        return true;
    }

    private bool End()
    {
        _ended = true;
        if (Count >= 0 && Count != _passed)
        {
            int place = _form switch { Form.ZipMap => 0, Form.ListPack => 4, _ => 8 };
            return Fail(place, $"a count of {_passed}", Number(Count));
        }
        if (_form == Form.ZipMap && (_passed == 0 || (_passed & 1) != 0))
        {
            return Fail(_end, _passed == 0 ? "a field" : "the value of the last field", "the end");
        }
        uint last = _form == Form.ZipList ? BinaryPrimitives.ReadUInt32LittleEndian(_blob[4..]) : 0;
        return _form == Form.ZipList && _passed > 0 && last != Offset
            && Fail(4, $"the last element's place, {Offset}", Number(last));
    }

    /// <summary>The first four bytes are the length.</summary>
    private bool HasLength()
    {
        if (_ended)
        {
            return false;
        }
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_blob);
        return length == _blob.Length || Fail(0, $"the length of {Name}, {_blob.Length}", Number(length));
    }

    private bool HasEnd() => _blob[_end] == EndByte || Fail(_end, $"the end byte of {Name}", $"0x{_blob[_end]:x2}");

    private void TakeCount(int count) => Count = count == UnknownCount ? -1 : count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeInteger(long integer)
    {
        IsInteger = true;
        Integer = integer;
    }

    /// <summary>The length may yet prove to be too much; then nobody asks for the text.</summary>
    /// <returns>The length, and one for the encoding byte.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long TakeText(int start, long length)
    {
        IsInteger = false;
        _start = start;
        _length = length > _end - start ? 0 : (int)length;
        return length + 1;
    }

    /// <returns>The length, with the encoding byte.</returns>
    private int TakeZipListInteger(byte first, int at)
    {
        int width = IntegerWidth(first);
        TakeInteger(width == 0 ? (first & 0x0F) - 1 : ReadInteger(at, width));
        return 1 + width;
    }

    /// <returns>
    /// Bytes behind a ziplist's encoding byte, 0 if the integer is in it, -1 if there is no such encoding.
    /// </returns>
    private static int IntegerWidth(byte first) => first switch
    {
        0xC0 => 2,
        0xD0 => 4,
        0xE0 => 8,
        0xF0 => 3,
        0xFE => 1,
        >= 0xF1 and <= 0xFD => 0,
        _ => -1,
    };

    private readonly long ReadInteger(int at, int width)
    {
        ReadOnlySpan<byte> bytes = _blob.Slice(at, width);
        return width switch
        {
            1 => (sbyte)bytes[0],
            2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            3 => ((sbyte)bytes[2] * 65536) + BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }

    /// <summary>Redis takes a byte more one or two lengths before it would have to.</summary>
    private static int BackLengthSize(long length) =>
        length <= 127 ? 1 : length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5;

    /// <summary>Seven bits a byte, the highest first; all but the first byte have bit 7 set.</summary>
    private readonly bool IsBackLength(int at, long length, int size)
    {
        for (int i = size - 1; i > 0; i--)
        {
            if (_blob[at + i] != (byte)(length | 128))
            {
                return false;
            }
            length >>= 7;
        }
        return _blob[at] == length;
    }

    private bool Fail(int offset, string expected, string found)
    {
        _ended = true;
        Offset = offset;
        Expected = expected;
        Found = found;
        return false;
    }

    private readonly string Hex(int at, int length) => Convert.ToHexStringLower(_blob.Slice(at, length));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
