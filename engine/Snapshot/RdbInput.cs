// What RDB bytes are read from: a window over a stream, or memory that has everything.
//
// - A text that lies whole in the window is shown where it lies. A longer one lies in one of three spills, which take
//   turns, so that a text, the compressed bytes of the next, and the next itself never share one.
// - What was shown last can be held while the next text is read: it is copied only if the window moves.
// - The checksum is taken of whole stretches, before they leave the window.
// - Lengths are checked against what is left before memory is asked for. Where that is not known, memory grows with
//   what has arrived, so a lie costs no more than twice the bytes that were sent.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Snapshot;

/// <summary>Gives the bytes of an RDB file one after the other, and knows where they are in it.</summary>
internal sealed unsafe class RdbInput : IDisposable
{
    /// <summary>
    /// Most bytes of a string: what a span can show. Redis has no limit when it loads; 512 MB are only the default of
    /// what a client may send.
    /// </summary>
    public const int MaxTextLength = int.MaxValue - 64;

    private const int WindowSize = 256 << 10;

    // The window need not hold more than this in one piece.
    private const int MaxWaitedFor = WindowSize / 4;
    private const int FirstSpill = 1 << 20;
    private const int MostKept = 16 << 20;

    private readonly Stream? _stream;
    private readonly string _name;
    private readonly bool _ownsWindow;
    private readonly SpillBuffer?[] _spills = new SpillBuffer?[3];
    private SpillBuffer? _heldCopy;
    private int _spill;
    private bool _hasSpilled;
    private byte* _start;
    private byte* _at;
    private byte* _end;

    // Bytes in front of the window, and what the stream has behind it.
    private long _passed;
    private long _unread;

    private bool _takesChecksum;
    private ulong _checksum;
    private byte* _unsummed;

    private byte* _held;
    private int _heldLength;

    /// <param name="length">Bytes that there are; no more are taken from the stream. -1 if that is not known.</param>
    public RdbInput(Stream stream, string name, long length)
    {
        _stream = stream;
        _name = name;
        _ownsWindow = true;
        _takesChecksum = true;
        KnowsLength = length >= 0;
        _unread = KnowsLength ? length : long.MaxValue;
        _start = _at = _end = _unsummed = (byte*)NativeMemory.Alloc(WindowSize);
    }

    /// <param name="start">Memory that stays where it is until <see cref="Dispose"/>.</param>
    public RdbInput(byte* start, int length, string name)
    {
        _name = name;
        KnowsLength = true;
        _start = _at = _unsummed = start;
        _end = start + length;
    }

    ~RdbInput() => Free();

    /// <summary>Memory for a name while what belongs to it is read.</summary>
    public SpillBuffer Names { get; } = new();

    public bool KnowsLength { get; }

    /// <summary>Where the next byte is in the file.</summary>
    public long Offset => _passed + (_at - _start);

    /// <summary>Bytes from here to the end; more than there can be if that is not known.</summary>
    public long Left => KnowsLength ? _unread + (_end - _at) : long.MaxValue;

    /// <summary>Bytes of memory that it has.</summary>
    public long Memory
    {
        get
        {
            long memory = (_ownsWindow ? WindowSize : 0) + Names.Capacity + (_heldCopy?.Capacity ?? 0);
            foreach (SpillBuffer? spill in _spills)
            {
                memory += spill?.Capacity ?? 0;
            }
            return memory;
        }
    }

    public string EndName => _stream is null ? "the end of the payload" : "the end of the file";

    /// <summary>What was given to <see cref="Hold"/>.</summary>
    public ReadOnlySpan<byte> Held => new(_held, _heldLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Byte(string expected)
    {
        if (_at == _end)
        {
            Fill(1, expected);
        }
        return *_at++;
    }

    /// <summary>Some bytes of a fixed, small number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Bytes(int count, string expected)
    {
        if (_end - _at < count)
        {
            Fill(count, expected);
        }
        ReadOnlySpan<byte> bytes = new(_at, count);
        _at += count;
        return bytes;
    }

    public long Int64LittleEndian(string expected) =>
        BinaryPrimitives.ReadInt64LittleEndian(Bytes(sizeof(long), expected));

    /// <summary>A length, or another number that is written as one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Length(string expected)
    {
        ulong length = LengthOrEncoding(out bool isEncoding, expected);
        if (isEncoding)
        {
            ThrowNoLength(length, expected);
        }
        return length;
    }

    /// <summary>A length, or the number of a special encoding of a string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong LengthOrEncoding(out bool isEncoding, string expected)
    {
        byte first = Byte(expected);
        isEncoding = first >= 0xC0;
        return first < 0x40 ? first : isEncoding ? first & 0x3Fu : LongLength(first, expected);
    }

    /// <summary>A length of things that take so many bytes each at least: no more than can follow.</summary>
    public long Count(int leastBytes, string expected)
    {
        long offset = Offset;
        ulong count = Length(expected);
        if (count > (ulong)(Left / leastBytes))
        {
            throw Corrupt(offset, $"{expected} that fit in the {Left} bytes left", $"{count}");
        }
        return (long)count;
    }

    /// <summary>Bytes, good until the next text is read, or the next but one if they are held.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Text(ulong length)
    {
        if (length > (ulong)(_end - _at))
        {
            return TextSlowly(length);
        }
        ReadOnlySpan<byte> text = new(_at, (int)length);
        _at += length;
        return text;
    }

    public void Skip(ulong length)
    {
        RequireLeft(length);
        while (length > (ulong)(_end - _at))
        {
            length -= (ulong)(_end - _at);
            _at = _end;
            Fill(1, "the rest of a string");
        }
        _at += length;
    }

    /// <summary>Keeps a text that was read last while one more is read; see <see cref="Held"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hold(ReadOnlySpan<byte> text)
    {
        _held = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));
        _heldLength = text.Length;
    }

    /// <summary>Memory to decompress to, good as a text is.</summary>
    public Span<byte> Room(int length)
    {
        SpillBuffer spill = NextSpill();
        Reserve(spill, length, used: 0);
        return new Span<byte>(spill.Start, length);
    }

    /// <summary>Copies a text to memory where it stays.</summary>
    public ReadOnlySpan<byte> Copy(ReadOnlySpan<byte> text, SpillBuffer target)
    {
        if (target.Capacity < text.Length)
        {
            Reserve(target, text.Length, used: 0);
        }
        text.CopyTo(new Span<byte>(target.Start, text.Length));
        return new ReadOnlySpan<byte>(target.Start, text.Length);
    }

    /// <summary>The checksum of all that was read.</summary>
    public ulong Checksum()
    {
        Sum();
        return _checksum;
    }

    /// <summary>Nobody will ask for the checksum.</summary>
    public void LeaveChecksum() => _takesChecksum = false;

    /// <summary>Gives back memory that an uncommonly long text took.</summary>
    /// <param name="more">Memory that such a text may have been copied to.</param>
    public void Trim(SpillBuffer more)
    {
        if (_hasSpilled)
        {
            foreach (SpillBuffer? spill in _spills)
            {
                spill?.Trim(MostKept);
            }
            more.Trim(MostKept);
            Names.Trim(MostKept);
            _hasSpilled = false;
        }
    }

    public CorruptDataException Corrupt(long offset, string expected, string found) =>
        new(_name, offset, expected, found);

    public void Dispose()
    {
        Free();
        foreach (SpillBuffer? spill in _spills)
        {
            spill?.Dispose();
        }
        _heldCopy?.Dispose();
        Names.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_ownsWindow)
        {
            NativeMemory.Free(_start);
        }
        _start = _at = _end = _unsummed = null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong LongLength(byte first, string expected) => first switch
    {
        < 0x80 => ((first & 0x3Fu) << 8) | Byte(expected),
        0x80 => BinaryPrimitives.ReadUInt32BigEndian(Bytes(sizeof(uint), expected)),
        0x81 => BinaryPrimitives.ReadUInt64BigEndian(Bytes(sizeof(ulong), expected)),
        _ => throw Corrupt(Offset - 1, expected, $"the byte {first:x2}"),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowNoLength(ulong encoding, string expected) =>
        throw Corrupt(Offset - 1, expected, $"string encoding {encoding}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadOnlySpan<byte> TextSlowly(ulong length)
    {
        RequireLeft(length);
        if (length > MaxTextLength)
        {
            throw Corrupt(Offset, $"a string of at most {MaxTextLength} bytes", $"{length} bytes");
        }
        if (length <= MaxWaitedFor)
        {
            return Bytes((int)length, "a string");
        }
        return Spill((int)length);
    }

    private void RequireLeft(ulong length)
    {
        if (length > (ulong)Left)
        {
            throw Corrupt(Offset, $"a string of {length} bytes", $"{Left} bytes to {EndName}");
        }
    }

    /// <summary>Reads a text past the window.</summary>
    private ReadOnlySpan<byte> Spill(int length)
    {
        long offset = Offset;
        SpillBuffer spill = NextSpill();
        int done = (int)(_end - _at);
        Reserve(spill, KnowsLength ? length : Math.Min(length, Math.Max(FirstSpill, done)), used: 0);
        Buffer.MemoryCopy(_at, spill.Start, spill.Capacity, done);
        _at = _end;
        Sum();
        while (done < length)
        {
            if (done == spill.Capacity)
            {
                Reserve(spill, (int)Math.Min(length, 2L * done), done);
            }
            Span<byte> room = new(spill.Start + done, Math.Min(length, spill.Capacity) - done);
            int read = ReadStream(room);
            if (read == 0)
            {
                throw Corrupt(offset, $"a string of {length} bytes", $"{done} bytes and {EndName}");
            }
            if (_takesChecksum)
            {
                _checksum = Crc64.Append(_checksum, room[..read]);
            }
            _passed += read;
            done += read;
        }
        return new ReadOnlySpan<byte>(spill.Start, length);
    }

    private SpillBuffer NextSpill()
    {
        _hasSpilled = true;
        _spill = _spill == 2 ? 0 : _spill + 1;
        return _spills[_spill] ??= new SpillBuffer();
    }

    private void Reserve(SpillBuffer spill, int length, int used)
    {
        try
        {
            spill.Reserve(length, used);
        }
        catch (OutOfMemoryException)
        {
            throw Corrupt(Offset, "a string for which there is memory", $"one of {length} bytes");
        }
    }

    /// <summary>Moves the window until it has so many bytes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fill(int needed, string expected)
    {
        if (_stream is not null)
        {
            Sum();
            if (_held >= _start && _held < _end)
            {
                Hold((_heldCopy ??= new SpillBuffer()).Copy(Held));
            }
            long rest = _end - _at;
            Buffer.MemoryCopy(_at, _start, WindowSize, rest);
            _passed += _at - _start;
            _at = _unsummed = _start;
            _end = _start + rest;
        }
        while (_end - _at < needed)
        {
            int read = _stream is null ? 0 : ReadStream(new Span<byte>(_end, (int)(_start + WindowSize - _end)));
            if (read == 0)
            {
                throw Corrupt(Offset, expected, _at == _end ? EndName : $"{_end - _at} bytes and {EndName}");
            }
            _end += read;
        }
    }

    /// <returns>0 at the end.</returns>
    private int ReadStream(Span<byte> target)
    {
        int most = (int)Math.Min(target.Length, _unread);
        int read = most == 0 ? 0 : _stream!.Read(target[..most]);
        _unread -= KnowsLength ? read : 0;
        return read;
    }

    private void Sum()
    {
        if (_takesChecksum && _at != _unsummed)
        {
            _checksum = Crc64.Append(_checksum, new ReadOnlySpan<byte>(_unsummed, (int)(_at - _unsummed)));
        }
        _unsummed = _at;
    }
}
