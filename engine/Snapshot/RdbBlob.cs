using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>The packed encodings.</summary>
internal enum BlobKind
{
    ListPack,
    ZipList,
    ZipMap,
    IntegerSet,
}

/// <summary>Goes through a string that packs elements; a fault is reported with its place in the file.</summary>
internal ref struct RdbBlob
{
    private readonly RdbInput _input;
    private readonly RdbString _text;
    private readonly BlobKind _kind;
    private BlobWalk _walk;

    public RdbBlob(RdbInput input, RdbString text, BlobKind kind)
    {
        _input = input;
        _text = text;
        _kind = kind;
        if (text.IsInteger)
        {
            throw input.Corrupt(text.Offset, $"a {Name(kind)}", $"the integer {text.Integer}");
        }
        _walk = kind switch
        {
            BlobKind.ListPack => BlobWalk.OfListPack(text.Bytes),
            BlobKind.ZipList => BlobWalk.OfZipList(text.Bytes),
            BlobKind.ZipMap => BlobWalk.OfZipMap(text.Bytes),
            _ => BlobWalk.OfIntegerSet(text.Bytes),
        };
    }

    /// <summary>Elements that the header announces, those that fit; -1 if it does not say.</summary>
    public readonly long Count => _walk.Count;

    public readonly ReadOnlySpan<byte> Bytes => _text.Bytes;

    public PackedText Element => _walk.IsInteger ? new PackedText(_walk.Integer) : new PackedText(_walk.Text);

    public bool IsInteger => _walk.IsInteger;

    public long Integer => _walk.Integer;

    public ReadOnlySpan<byte> Text => _walk.Text;

    /// <summary>Where the element is in the blob, for <see cref="Corrupt"/>.</summary>
    public int Place => _walk.Offset;

    /// <returns>False at the end.</returns>
    public bool MoveNext()
    {
        if (_walk.MoveNext())
        {
            return true;
        }
        if (_walk.Expected is { } expected)
        {
            throw Corrupt(_walk.Offset, expected, _walk.Found ?? "something else");
        }
        return false;
    }

    /// <summary>Goes on to an element that must be there.</summary>
    public void MoveOn(string expected)
    {
        if (!MoveNext())
        {
            throw Corrupt(Bytes.Length - 1, expected, $"the end of the {Name(_kind)}");
        }
    }

    public readonly CorruptDataException Corrupt(int place, string expected, string found) => _text.IsCompressed
        ? _input.Corrupt(_text.Offset, $"a {Name(_kind)} with {expected} at its byte {place} (uncompressed)", found)
        : _input.Corrupt(_text.Offset + place, expected, found);

    private static string Name(BlobKind kind) => kind switch
    {
        BlobKind.ListPack => "listpack",
        BlobKind.ZipList => "ziplist",
        BlobKind.ZipMap => "zipmap",
        _ => "intset",
    };
}
