using System.Numerics;
using System.Runtime.CompilerServices;
using Tidelog.Protocol;

namespace Tidelog.Engine.Values;

/// <summary>
/// A text in the form that it has, or would have, as an <see cref="Element"/>: to be stored, or to be looked for. Equal
/// texts have equal forms.
/// </summary>
internal readonly ref struct PackedText
{
    /// <summary>An argument's bytes; a text that is an integer in its canonical form is stored as such.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PackedText(ReadOnlySpan<byte> text)
    {
        Bytes = text;

        // The longest integer has 20 characters, and begins with a digit or a minus.
        if ((uint)(text.Length - 1) < (uint)Numbers.MaxInt64Length && text[0] <= '9'
            && Numbers.TryParseInt64(text, out long integer))
        {
            Integer = integer;
            Code = CodeOf(integer);
        }
        else
        {
            Code = text.Length <= Element.MaxInlineLength ? (byte)text.Length : Element.BlockCode;
        }
    }

    public PackedText(long integer)
    {
        Integer = integer;
        Code = CodeOf(integer);
    }

    private PackedText(ReadOnlySpan<byte> bytes, byte code)
    {
        Bytes = bytes;
        Code = code;
    }

    public byte Code { get; }

    /// <summary>The text; empty if it was given as an integer.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public long Integer { get; }

    public bool IsInteger => (uint)(Code - Element.IntegerCode - 1) < 8;

    /// <summary>Too long to lie in a pack: stored in a block of its own, which only heap values have.</summary>
    public bool IsBlock => Code == Element.BlockCode;

    /// <summary>Bytes of the payload.</summary>
    public int PayloadLength => Element.SizeOf(Code);

    /// <summary>Length as text.</summary>
    public int Length => IsInteger && Bytes.IsEmpty ? Numbers.FormattedLength(Integer) : Bytes.Length;

    /// <summary>True if the text has more bytes than a limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsLongerThan(long limit) =>
        IsInteger ? limit < Element.ScratchLength && Length > limit : Bytes.Length > limit;

    /// <summary>The text, also of what was given as an integer: that is written to the scratch.</summary>
    /// <param name="scratch">At least <see cref="Element.ScratchLength"/> bytes, which outlive the result.</param>
    public unsafe ReadOnlySpan<byte> Text(byte* scratch) => IsInteger && Bytes.IsEmpty
        ? new ReadOnlySpan<byte>(scratch, Numbers.Format(Integer, scratch))
        : Bytes;

    /// <summary>Bytes that are not text and are never read as an integer: a score of 8 bytes, for example.</summary>
    public static PackedText Binary(ReadOnlySpan<byte> bytes)
    {
        Invariant.Require(bytes.Length <= Element.MaxInlineLength);
        return new PackedText(bytes, (byte)bytes.Length);
    }

    /// <summary>Bytes that only are asked for, or are too long for another form than that of a block.</summary>
    public static PackedText Plain(ReadOnlySpan<byte> bytes) => new(bytes, Element.BlockCode);

    /// <summary>The form of a stored element, to be stored or looked for elsewhere.</summary>
    public static PackedText Of(Element element) =>
        element.IsInteger ? new PackedText(element.Integer) : new PackedText(element.Bytes, element.Code);

    /// <summary>Writes the payload of a text that is not <see cref="IsBlock"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void WritePayload(byte* target)
    {
        if (Code <= Element.MaxInlineLength)
        {
            Bytes.CopyTo(new Span<byte>(target, Code));
            return;
        }
        Invariant.Require(IsInteger);
        long integer = Integer;
        Unsafe.CopyBlockUnaligned(target, &integer, (uint)PayloadLength);
    }

    private static byte CodeOf(long integer)
    {
        // Bits that differ from the sign, and the sign itself.
        int bits = 65 - BitOperations.LeadingZeroCount((ulong)(integer ^ (integer >> 63)));
        return (byte)(Element.IntegerCode + ((bits + 7) / 8));
    }
}
