using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Snapshot;

/// <summary>Reads strings: as they are, integers of 1, 2 or 4 bytes, and compressed ones.</summary>
internal readonly struct RdbStrings(RdbInput input)
{
    // Three bytes of LZF repeat 264 bytes at most; nothing makes more of one.
    private const ulong MostBytesFromOne = 88;

    private const string Expected = "a string";

    private enum Encoding : ulong
    {
        Int8 = 0,
        Int16 = 1,
        Int32 = 2,
        Lzf = 3,
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RdbString Read()
    {
        ulong length = input.LengthOrEncoding(out bool isEncoding, Expected);
        return isEncoding ? ReadEncoded((Encoding)length) : new RdbString(input.Offset, input.Text(length));
    }

    /// <summary>A string that is held while the next is read: see <see cref="Held"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RdbString ReadAndHold()
    {
        RdbString text = Read();
        input.Hold(text.Bytes);
        return text;
    }

    /// <summary>The string that was read and held, its bytes where they are now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PackedText Held(scoped in RdbString text) =>
        text.IsInteger ? new PackedText(text.Integer) : new PackedText(input.Held);

    /// <summary>Reads a string to memory where it stays; an integer as its digits.</summary>
    public ReadOnlySpan<byte> ReadTo(SpillBuffer target)
    {
        RdbString text = Read();
        return text.IsInteger ? Digits(text.Integer, target) : input.Copy(text.Bytes, target);
    }

    /// <summary>Passes over a string; of a compressed one, what it holds is not looked at.</summary>
    public void Skip()
    {
        ulong length = input.LengthOrEncoding(out bool isEncoding, Expected);
        if (isEncoding && (Encoding)length == Encoding.Lzf)
        {
            length = input.Length("the length of a compressed string");
            _ = input.Length("the length of a string before it was compressed");
        }
        else if (isEncoding)
        {
            _ = ReadEncoded((Encoding)length);
            return;
        }
        input.Skip(length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RdbString ReadEncoded(Encoding encoding)
    {
        long offset = input.Offset;
        const string Integer = "an integer";
        switch (encoding)
        {
            case Encoding.Int8:
                return new RdbString(offset, (sbyte)input.Byte(Integer));
            case Encoding.Int16:
                return new RdbString(
                    offset, BinaryPrimitives.ReadInt16LittleEndian(input.Bytes(sizeof(short), Integer)));
            case Encoding.Int32:
                return new RdbString(
                    offset, BinaryPrimitives.ReadInt32LittleEndian(input.Bytes(sizeof(int), Integer)));
            case Encoding.Lzf:
                return ReadCompressed();
            default:
                throw input.Corrupt(offset - 1, Expected, $"string encoding {(ulong)encoding}");
        }
    }

    private RdbString ReadCompressed()
    {
        ulong packedLength = input.Length("the length of a compressed string");
        long lengthOffset = input.Offset;
        ulong length = input.Length("the length of a string before it was compressed");
        long offset = input.Offset;
        ReadOnlySpan<byte> packed = input.Text(packedLength);
        ulong most = Math.Min((ulong)packed.Length * MostBytesFromOne, RdbInput.MaxTextLength);
        if (length > most)
        {
            throw input.Corrupt(
                lengthOffset, $"at most {most} bytes from {packed.Length} compressed ones", $"{length}");
        }
        Span<byte> text = input.Room((int)length);
        if (!Lzf.TryDecompress(packed, text))
        {
            throw input.Corrupt(offset, $"LZF that makes {length} bytes", "bytes that do not");
        }
        return new RdbString(offset, text, isCompressed: true);
    }

    private static unsafe ReadOnlySpan<byte> Digits(long integer, SpillBuffer buffer)
    {
        buffer.Reserve(Numbers.MaxInt64Length);
        return new ReadOnlySpan<byte>(buffer.Start, Numbers.Format(integer, buffer.Start));
    }
}
