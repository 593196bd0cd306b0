using Tidelog.Protocol;

namespace Tidelog.Engine.Values;

/// <summary>
/// Successive elements of a list as they lie in memory, to be read: a chunk, or all of a small list. Elements are
/// numbered as in the list.
/// </summary>
internal readonly unsafe struct ListRun(in Pack pack, byte* prefix, int prefixLength, bool isReversed, bool hasBlocks)
{
    /// <summary>What <see cref="TextOf"/> needs.</summary>
    public const int ScratchLength = Element.MaxInlineLength;

    public Pack Pack { get; } = pack;

    public byte* Prefix { get; } = prefix;

    /// <summary>Bytes that stand before those of each element that is a string and no block.</summary>
    public int PrefixLength { get; } = prefixLength;

    /// <summary>The pack has the last element first.</summary>
    public bool IsReversed { get; } = isReversed;

    public bool HasBlocks { get; } = hasBlocks;

    public int Count => Pack.Count;

    /// <summary>Where a stretch of elements begins in the pack.</summary>
    public int PackIndexOf(int index, int count) => IsReversed ? Count - index - count : index;

    /// <summary>Goes through elements.</summary>
    /// <param name="first">The first to come: the last of them if <paramref name="backward"/>.</param>
    public ListElements Elements(int first, int count, bool backward) =>
        new(Pack, IsReversed ? Count - 1 - first : first, count, backward != IsReversed);

    /// <summary>The text of one of this run's elements.</summary>
    /// <param name="scratch">At least <see cref="ScratchLength"/> bytes, which outlive the result.</param>
    public ReadOnlySpan<byte> TextOf(Element element, Span<byte> scratch)
    {
        if (PrefixLength == 0 || element.IsInteger || element.IsBlock)
        {
            return element.Text(scratch);
        }
        new ReadOnlySpan<byte>(Prefix, PrefixLength).CopyTo(scratch);
        element.Bytes.CopyTo(scratch[PrefixLength..]);
        return scratch[..(PrefixLength + element.Code)];
    }

    /// <summary>The text of the element at an index.</summary>
    /// <inheritdoc cref="TextOf(Element, Span{byte})"/>
    public ReadOnlySpan<byte> TextAt(int index, Span<byte> scratch) =>
        TextOf(Pack.At(PackIndexOf(index, 1)), scratch);

    /// <summary>Gives a text the form that it would have in this run's pack.</summary>
    /// <returns>False if no element of the run can be equal to it.</returns>
    public bool TryForm(in PackedText text, out PackedText form)
    {
        form = text;
        if (PrefixLength == 0 || text.IsInteger || text.IsBlock)
        {
            return true;
        }
        if (!text.Bytes.StartsWith(new ReadOnlySpan<byte>(Prefix, PrefixLength)))
        {
            return false;
        }
        form = PackedText.Binary(text.Bytes[PrefixLength..]);
        return true;
    }

    /// <summary>How many elements have a form that <see cref="TryForm"/> gave.</summary>
    public int CountOf(in PackedText form)
    {
        int found = 0;
        int at = 0;
        while ((at = Pack.Find(form, at, 1, out _)) >= 0)
        {
            found++;
            at++;
        }
        return found;
    }

    /// <summary>Answers the element at an index.</summary>
    public void ReplyAt(int index, ReplyWriter reply) => ListReply.Write(reply, this, index, 1, backward: false);
}

/// <summary>Goes through elements of a <see cref="ListRun"/>.</summary>
internal unsafe ref struct ListElements
{
    private readonly Pack _pack;
    private readonly bool _down;
    private int _index;
    private int _left;
    private byte* _payload;
    private byte _code;

    /// <param name="first">Index in the pack of the first to come.</param>
    /// <param name="down">From there to the pack's begin.</param>
    public ListElements(scoped in Pack pack, int first, int count, bool down)
    {
        _pack = pack;
        _down = down;
        _left = count;
        _index = down ? first + 1 : first - 1;
        _payload = count > 0 ? pack.Start + pack.OffsetOf(down ? first + 1 : first) : null;
    }

    public readonly Element Current => new(_payload, _code);

    /// <summary>Index of the current element in the pack.</summary>
    public readonly int PackIndex => _index;

    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }
        _left--;
        if (_down)
        {
            _index--;
            _code = _pack.CodeAt(_index);
            _payload -= Element.SizeOf(_code);
        }
        else
        {
            // Codes of nothing take no bytes, so the first step goes nowhere.
            _payload += Element.SizeOf(_code);
            _index++;
            _code = _pack.CodeAt(_index);
        }
        return true;
    }
}
