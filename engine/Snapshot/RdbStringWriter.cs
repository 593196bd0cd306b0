// Lengths and strings as RDB has them (Redis 7.0 rdb.c). A length:
//
//   00xxxxxx             up to 63
//   01xxxxxx 1 byte      up to 16,383, big-endian
//   10000000 4 bytes     big-endian
//   10000001 8 bytes     big-endian
//
// A string is its length and its bytes, or one of these:
//
//   11000000 1 byte, 11000001 2 bytes, 11000010 4 bytes    an integer in its canonical form, little-endian
//   11000011 length compressed, length, LZF bytes

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Snapshot;

/// <summary>Writes lengths and strings. A long string goes through the output's window piece by piece.</summary>
internal sealed unsafe class RdbStringWriter(RdbOutput output, bool compress) : IDisposable
{
    /// <summary>Longest text that may be an integer of 4 bytes.</summary>
    private const int MaxIntegerText = 11;

    /// <summary>Redis compresses what is longer.</summary>
    private const int LeastCompressed = 21;

    /// <summary>What compression must save, so that the second length does not eat it up.</summary>
    private const int LeastSaved = 4;

    /// <summary>Longest string that is written in one stretch; far less than a window.</summary>
    private const int MaxStretch = 16 * 1024;
    private const int MaxLengthSize = 9;
    private const int MaxKeptScratch = 1 << 20;
    private const byte Lzf = 0xC3;

    private readonly LzfCompressor? _compressor = compress ? new LzfCompressor() : null;
    private byte* _scratch;
    private int _scratchSize;

    ~RdbStringWriter() => NativeMemory.Free(_scratch);

    public void Length(long length) => Length((ulong)length);

    public void Length(ulong length) => output.Advance(WriteLength(output.Reserve(MaxLengthSize), length));

    /// <summary>A string of any kind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Text(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxIntegerText || !TryInteger(text))
        {
            OtherText(text);
        }
    }

    /// <summary>A string that is an integer in its canonical form.</summary>
    public void Integer(long value)
    {
        byte* at = output.Reserve(1 + Numbers.MaxInt64Length);
        if (value == (int)value)
        {
            output.Advance(WriteInteger(at, (int)value));
            return;
        }
        int length = Numbers.Format(value, at + 1);
        *at = (byte)length;
        output.Advance(1 + length);
    }

    public void Element(Element element)
    {
        if (element.IsInteger)
        {
            Integer(element.Integer);
        }
        else
        {
            OtherText(element.Bytes);
        }
    }

    /// <summary>A string that is known not to be an integer.</summary>
    public void OtherText(ReadOnlySpan<byte> text)
    {
        if (_compressor is not null && text.Length >= LeastCompressed && TryCompress(text))
        {
            return;
        }
        if (text.Length > MaxStretch)
        {
            Length(text.Length);
            output.Write(text);
            return;
        }
        byte* at = output.Reserve(MaxLengthSize + text.Length);
        int size = WriteLength(at, (ulong)text.Length);
        Unsafe.CopyBlockUnaligned(
            ref at[size], ref MemoryMarshal.GetReference(text), (uint)text.Length);
        output.Advance(size + text.Length);
    }

    public void Dispose()
    {
        _compressor?.Dispose();
        NativeMemory.Free(_scratch);
        _scratch = null;
        _scratchSize = 0;
        GC.SuppressFinalize(this);
    }

    private static int WriteLength(byte* at, ulong length)
    {
        if (length < 1 << 6)
        {
            *at = (byte)length;
            return 1;
        }
        if (length < 1 << 14)
        {
            *at = (byte)(0x40 | (length >> 8));
            at[1] = (byte)length;
            return 2;
        }
        if (length <= uint.MaxValue)
        {
            *at = 0x80;
            Unsafe.WriteUnaligned(at + 1, BinaryPrimitives.ReverseEndianness((uint)length));
            return 5;
        }
        *at = 0x81;
        Unsafe.WriteUnaligned(at + 1, BinaryPrimitives.ReverseEndianness(length));
        return 9;
    }

    private static int SizeOfLength(int length) => length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 5;

    private static int WriteInteger(byte* at, int value)
    {
        if (value == (sbyte)value)
        {
            *at = 0xC0;
            at[1] = (byte)value;
            return 2;
        }
        if (value == (short)value)
        {
            *at = 0xC1;
            Unsafe.WriteUnaligned(at + 1, (short)value);
            return 3;
        }
        *at = 0xC2;
        Unsafe.WriteUnaligned(at + 1, value);
        return 5;
    }

    private bool TryInteger(ReadOnlySpan<byte> text)
    {
        if (text.Length == 0 || text[0] > '9' || !Numbers.TryParseInt64(text, out long value) || value != (int)value)
        {
            return false;
        }
        output.Advance(WriteInteger(output.Reserve(5), (int)value));
        return true;
    }

    private bool TryCompress(ReadOnlySpan<byte> text)
    {
        int most = text.Length - LeastSaved;
        if (text.Length > MaxStretch)
        {
            return TryCompressLong(text, most);
        }

        // Compressed to where it belongs if it hardly shrinks; if its length then takes a byte less, it moves.
        int head = 1 + SizeOfLength(most) + SizeOfLength(text.Length);
        byte* at = output.Reserve(head + most);
        int length = _compressor!.Compress(text, new Span<byte>(at + head, most));
        if (length == 0)
        {
            return false;
        }
        int size = WriteHead(at, length, text.Length, head);
        output.Advance(size + length);
        return true;
    }

    private static int WriteHead(byte* at, int compressed, int length, int room)
    {
        int size = 1 + SizeOfLength(compressed) + SizeOfLength(length);
        if (size != room)
        {
            Buffer.MemoryCopy(at + room, at + size, compressed, compressed);
        }
        *at = Lzf;
        WriteLength(at + 1 + WriteLength(at + 1, (ulong)compressed), (ulong)length);
        return size;
    }

    private bool TryCompressLong(ReadOnlySpan<byte> text, int most)
    {
        if (_scratchSize < most)
        {
            _scratch = (byte*)NativeMemory.Realloc(_scratch, (nuint)most);
            _scratchSize = most;
        }
        int length = _compressor!.Compress(text, new Span<byte>(_scratch, most));
        if (length > 0)
        {
            output.Byte(Lzf);
            Length(length);
            Length(text.Length);
            output.Write(new ReadOnlySpan<byte>(_scratch, length));
        }
        if (_scratchSize > MaxKeptScratch)
        {
            NativeMemory.Free(_scratch);
            _scratch = null;
            _scratchSize = 0;
        }
        return length > 0;
    }
}
