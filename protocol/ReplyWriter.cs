// The reply writer: RESP2 and RESP3 into one growing native buffer that the event loop sends from.
//
// The caller sets Protocol to the client's version; a method that exists in RESP3 only writes what redis writes to a
// RESP2 client in its place. Nothing here allocates on the GC heap but the errors with a formatted text.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Tidelog.Protocol;

/// <summary>
/// Replies of one client, one behind the other, until they are sent. Belongs to one thread at a time.
/// </summary>
public sealed unsafe class ReplyWriter : IDisposable
{
    private const int InitialCapacity = 64 * 1024;
    private byte* _start;
    private byte* _position;
    private byte* _end;

    public ReplyWriter(int capacity = InitialCapacity)
    {
        _start = _position = (byte*)NativeMemory.Alloc((nuint)capacity);
        _end = _start + capacity;
    }

    ~ReplyWriter() => NativeMemory.Free(_start);

    /// <summary>RESP version of the client that the next replies are for: 2 or 3.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>Bytes written and not cleared.</summary>
    public long Length => _position - _start;

    /// <summary>First byte written; valid until the next write.</summary>
    public byte* Start => _start;

    public long Capacity => _end - _start;

    /// <summary>Error replies written since the process began: a caller compares before and after a command.</summary>
    public long ErrorCount { get; private set; }

    /// <summary>Called with each error's text, for INFO errorstats.</summary>
    public Action<ReadOnlySpan<byte>>? ErrorWritten { get; set; }

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => new(_start, checked((int)Length));

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = _position = _end = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Forgets everything written; a buffer that grew beyond <paramref name="keep"/> bytes is given back.
    /// </summary>
    public void Clear(long keep = 1 << 20)
    {
        _position = _start;
        if (Capacity > keep)
        {
            NativeMemory.Free(_start);
            _start = _position = (byte*)NativeMemory.Alloc(InitialCapacity);
            _end = _start + InitialCapacity;
        }
    }

    /// <summary>Forgets what was written behind <paramref name="length"/>.</summary>
    public void TruncateTo(long length) => _position = _start + length;

    /// <summary>
    /// Makes room for a caller that writes many small replies by itself; it tells <see cref="Close"/> where it ended.
    /// </summary>
    /// <returns>Where to write, up to so many bytes.</returns>
    public byte* Open(long room) => Reserve(room);

    /// <param name="end">Behind the last byte that was written since <see cref="Open"/>.</param>
    public void Close(byte* end) => _position = end;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Reserve(long count)
    {
        if (_end - _position < count)
        {
            Grow(count);
        }
        return _position;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(long count)
    {
        long used = _position - _start;
        long capacity = Math.Max(Capacity * 2, used + count);
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        _position = _start + used;
        _end = _start + capacity;
    }

    /// <summary>Bytes that are RESP already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        byte* p = Reserve(bytes.Length);
        bytes.CopyTo(new Span<byte>(p, bytes.Length));
        _position = p + bytes.Length;
    }

    /// <summary>The same for bytes outside the runtime's heap, of any number.</summary>
    public void Raw(byte* bytes, long length)
    {
        byte* p = Reserve(length);
        Buffer.MemoryCopy(bytes, p, length, length);
        _position = p + length;
    }

    public void Ok()
    {
        byte* p = Reserve(8);
        *(ulong*)p = 0x0A0D_4B4F_2BUL; // "+OK\r\n"
        _position = p + 5;
    }

    public void Queued() => Raw("+QUEUED\r\n"u8);

    /// <param name="text">Without line ends: they would begin another reply.</param>
    public void SimpleString(ReadOnlySpan<byte> text)
    {
        byte* p = Reserve(text.Length + 3L);
        *p++ = (byte)'+';
        text.CopyTo(new Span<byte>(p, text.Length));
        p += text.Length;
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }

    /// <summary>An error with its code in front, such as "ERR no such key"; line ends inside become spaces.</summary>
    public void Error(ReadOnlySpan<byte> text)
    {
        ErrorCount++;
        ErrorWritten?.Invoke(text);
        byte* p = Reserve(text.Length + 3L);
        *p++ = (byte)'-';
        foreach (byte c in text)
        {
            *p++ = c is (byte)'\r' or (byte)'\n' ? (byte)' ' : c;
        }
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }

    /// <summary>An error whose text holds names or numbers; its characters are bytes (Latin-1).</summary>
    public void Error(string text) => Error(Encoding.Latin1.GetBytes(text));

    public void Integer(long value)
    {
        byte* p = Reserve(Numbers.MaxInt64Length + 3);
        *p++ = (byte)':';
        p += Numbers.Format(value, p);
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }

    public void Bulk(ReadOnlySpan<byte> value)
    {
        byte* p = Reserve(value.Length + Numbers.MaxInt64Length + 5L);
        *p++ = (byte)'$';
        p += Numbers.Format(value.Length, p);
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        value.CopyTo(new Span<byte>(p, value.Length));
        p += value.Length;
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }

    /// <summary>A text of ours as a bulk string, UTF-8.</summary>
    public void Bulk(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Header('$', length);
        byte* p = Reserve(length + 2L);
        Encoding.UTF8.GetBytes(value, new Span<byte>(p, length));
        p[length] = (byte)'\r';
        p[length + 1] = (byte)'\n';
        _position = p + length + 2;
    }

    /// <summary>An integer as a bulk string.</summary>
    public void BulkInteger(long value)
    {
        byte* p = Reserve((2 * Numbers.MaxInt64Length) + 5);
        *p++ = (byte)'$';
        p += Numbers.Format(Numbers.FormattedLength(value), p);
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        p += Numbers.Format(value, p);
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }

    /// <summary>A floating point number; its text as a bulk string in RESP2.</summary>
    public void Double(double value)
    {
        byte* text = stackalloc byte[Doubles.MaxLength];
        DoubleText(new ReadOnlySpan<byte>(text, Doubles.Format(value, new Span<byte>(text, Doubles.MaxLength))));
    }

    /// <summary>A floating point number that is text already; a bulk string in RESP2.</summary>
    public void DoubleText(ReadOnlySpan<byte> text)
    {
        if (Protocol != 3)
        {
            Bulk(text);
            return;
        }
        byte* p = Reserve(text.Length + 3L);
        *p++ = (byte)',';
        text.CopyTo(new Span<byte>(p, text.Length));
        p += text.Length;
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }

    /// <summary>The missing value: "_" in RESP3, a null bulk string in RESP2.</summary>
    public void Null() => Raw(Protocol == 3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>The missing array: "_" in RESP3, a null array in RESP2.</summary>
    public void NullArray() => Raw(Protocol == 3 ? "_\r\n"u8 : "*-1\r\n"u8);

    /// <summary>"#t" or "#f"; the integers 1 and 0 in RESP2.</summary>
    public void Boolean(bool value) =>
        Raw(Protocol == 3 ? (value ? "#t\r\n"u8 : "#f\r\n"u8) : (value ? ":1\r\n"u8 : ":0\r\n"u8));

    /// <summary>Begins an array; the caller writes its <paramref name="count"/> items next.</summary>
    public void Array(long count) => Header('*', count);

    /// <summary>A map of <paramref name="pairs"/> pairs; an array of twice as many items in RESP2.</summary>
    public void Map(long pairs)
    {
        if (Protocol == 3)
        {
            Header('%', pairs);
        }
        else
        {
            Header('*', pairs * 2);
        }
    }

    /// <summary>Begins a set; an array in RESP2.</summary>
    public void Set(long count) => Header(Protocol == 3 ? '~' : '*', count);

    /// <summary>A message out of turn; an array in RESP2.</summary>
    public void Push(long count) => Header(Protocol == 3 ? '>' : '*', count);

    /// <summary>A text with its format ("txt" or "mkd"); a bulk string in RESP2.</summary>
    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
        if (Protocol != 3)
        {
            Bulk(text);
            return;
        }
        Header('=', text.Length + 4L);
        Raw(format[..3]);
        Raw(":"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>
    /// Begins an array whose count is not known yet. Write its items, then call <see cref="EndArray"/> with what this
    /// returned.
    /// </summary>
    public long BeginArray() => Length;

    public void EndArray(long mark, long count) => InsertHeader(mark, '*', count);

    /// <summary>Makes a set of what <see cref="BeginArray"/> began; an array in RESP2.</summary>
    public void EndSet(long mark, long count) => InsertHeader(mark, Protocol == 3 ? '~' : '*', count);

    /// <summary>The same for what is a map in RESP3, and here in RESP2 an array of its pairs, two items each.</summary>
    public void EndMap(long mark, long pairs) => InsertHeader(mark, Protocol == 3 ? '%' : '*', pairs);

    /// <summary>Inserts a bulk string in front of what was written since a mark.</summary>
    /// <param name="mark">What <see cref="BeginArray"/> returned.</param>
    public void InsertBulk(long mark, ReadOnlySpan<byte> value)
    {
        InsertRoom(mark, value.Length + 2L);
        value.CopyTo(new Span<byte>(_start + mark, value.Length));
        byte* end = _start + mark + value.Length;
        end[0] = (byte)'\r';
        end[1] = (byte)'\n';
        InsertHeader(mark, '$', value.Length);
    }

    private void InsertHeader(long mark, char kind, long count)
    {
        byte* header = stackalloc byte[Numbers.MaxInt64Length + 3];
        int length = 0;
        header[length++] = (byte)kind;
        length += Numbers.Format(count, header + length);
        header[length++] = (byte)'\r';
        header[length++] = (byte)'\n';
        InsertRoom(mark, length);
        Buffer.MemoryCopy(header, _start + mark, length, length);
    }

    private void InsertRoom(long mark, long length)
    {
        Reserve(length);
        byte* at = _start + mark;
        long moved = Length - mark;
        Buffer.MemoryCopy(at, at + length, moved, moved);
        _position += length;
    }

    private void Header(char kind, long count)
    {
        byte* p = Reserve(Numbers.MaxInt64Length + 3);
        *p++ = (byte)kind;
        p += Numbers.Format(count, p);
        *p++ = (byte)'\r';
        *p++ = (byte)'\n';
        _position = p;
    }
}
