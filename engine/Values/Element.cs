// An element of a collection as it is stored: a code, which tells what it is and how many bytes it takes, and a
// payload. Codes and payloads lie apart (Pack), so that a search looks at one byte of most elements.
//
//   code      payload
//   0..239    a string of so many bytes
//   241..248  an integer of (code - 240) bytes, little-endian, two's complement; the string is its decimal form
//   252       a longer string: pointer to a block of its own (8 bytes), length (4)

using System.Runtime.CompilerServices;
using Tidelog.Protocol;

namespace Tidelog.Engine.Values;

/// <summary>A view of a stored element; good until the pack that it is in is changed.</summary>
internal readonly unsafe struct Element(byte* payload, byte code)
{
    /// <summary>A longer string is in a block of its own.</summary>
    public const int MaxInlineLength = 239;
    public const byte IntegerCode = 240;
    public const byte BlockCode = 252;
    public const int BlockPayloadSize = 12;

    /// <summary>Longest text of an integer element.</summary>
    public const int ScratchLength = Numbers.MaxInt64Length;

    public byte Code { get; } = code;

    public byte* Payload { get; } = payload;

    public bool IsInteger => (uint)(Code - IntegerCode - 1) < 8;

    public bool IsBlock => Code == BlockCode;

    /// <summary>Bytes of the payload.</summary>
    public int PayloadLength => SizeOf(Code);

    public HeapNode* Block => *(HeapNode**)Payload;

    /// <summary>The number of an <see cref="IsInteger"/>.</summary>
    public long Integer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            switch (Code - IntegerCode)
            {
                case 1:
                    return (sbyte)*Payload;
                case 2:
                    return *(short*)Payload;
                case 4:
                    return *(int*)Payload;
                case 8:
                    return *(long*)Payload;
                default:
                    return OddInteger();
            }
        }
    }

    /// <summary>The bytes of an element that is not <see cref="IsInteger"/>.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Code <= MaxInlineLength
            ? new ReadOnlySpan<byte>(Payload, Code)
            : new ReadOnlySpan<byte>((byte*)Block + HeapNode.HeaderSize, *(int*)(Payload + 8));
    }

    /// <summary>Length as text.</summary>
    public int Length => Code <= MaxInlineLength ? Code
        : IsInteger ? Numbers.FormattedLength(Integer) : *(int*)(Payload + 8);

    /// <summary>Bytes that an element of a code takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(byte code) => code < IntegerCode ? code : code & 15;

    /// <summary>The element's text; an integer's is written to the scratch.</summary>
    /// <param name="scratch">At least <see cref="ScratchLength"/> bytes, which outlive the result.</param>
    public ReadOnlySpan<byte> Text(Span<byte> scratch)
    {
        if (!IsInteger)
        {
            return Bytes;
        }
        fixed (byte* start = scratch)
        {
            return scratch[..Numbers.Format(Integer, start)];
        }
    }

    /// <summary>Answers the element as a bulk string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Reply(ReplyWriter reply)
    {
        if (Code <= MaxInlineLength)
        {
            reply.Bulk(new ReadOnlySpan<byte>(Payload, Code));
        }
        else
        {
            ReplyLong(reply);
        }
    }

    /// <summary>True if the text is the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(in PackedText text) => Code == text.Code && IsPayload(text);

    /// <summary>The same for an element that has the text's code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsPayload(in PackedText text)
    {
        if (Code <= MaxInlineLength)
        {
            return new ReadOnlySpan<byte>(Payload, Code).SequenceEqual(text.Bytes);
        }
        return IsInteger ? Integer == text.Integer : Bytes.SequenceEqual(text.Bytes);
    }

    private void ReplyLong(ReplyWriter reply)
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

    private long OddInteger()
    {
        int length = Code - IntegerCode;
        Invariant.Require(length is > 0 and < 8);
        ulong bits = 0;
        for (int i = length - 1; i >= 0; i--)
        {
            bits = (bits << 8) | Payload[i];
        }
        int unused = 64 - (8 * length);
        return (long)(bits << unused) >> unused;
    }
}
