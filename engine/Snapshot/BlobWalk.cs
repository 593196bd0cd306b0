namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Goes through the elements of one of redis's packed encodings. Whatever the bytes are, it ends, and reads nothing
/// outside them: a fault ends the walk and says what is wrong. A walk that ended without a fault has seen that header,
/// lengths, count and end agree.
/// </summary>
internal ref struct BlobWalk
{
    public static BlobWalk OfListPack(ReadOnlySpan<byte> blob) => throw new NotImplementedException();

    public static BlobWalk OfZipList(ReadOnlySpan<byte> blob) => throw new NotImplementedException();

    /// <summary>The oldest encoding of hashes: fields and values in turn.</summary>
    public static BlobWalk OfZipMap(ReadOnlySpan<byte> blob) => throw new NotImplementedException();

    /// <summary>The members must ascend.</summary>
    public static BlobWalk OfIntegerSet(ReadOnlySpan<byte> blob) => throw new NotImplementedException();

    /// <summary>Elements that the header announces; -1 if it does not say.</summary>
    public long Count => throw new NotImplementedException();

    public bool IsInteger => throw new NotImplementedException();

    public long Integer => throw new NotImplementedException();

    /// <summary>The element's bytes, if it is no integer.</summary>
    public ReadOnlySpan<byte> Text => throw new NotImplementedException();

    /// <summary>What the format has at <see cref="Offset"/> and is not there; null while all is well.</summary>
    public string? Expected => throw new NotImplementedException();

    /// <summary>What is there in its place.</summary>
    public string? Found => throw new NotImplementedException();

    /// <summary>Where the present element begins, or the fault is, in the blob.</summary>
    public int Offset => throw new NotImplementedException();

    /// <returns>False at the end and at a fault.</returns>
    public bool MoveNext() => throw new NotImplementedException();
}
