namespace Tidelog.Engine;

/// <summary>A file, a payload or a peer's stream is not what its format says.</summary>
public sealed class CorruptDataException : Exception
{
    /// <param name="file">Path of the file, or what the bytes are.</param>
    /// <param name="offset">Where in it, in bytes.</param>
    /// <param name="expected">What the format has there.</param>
    /// <param name="found">What is there.</param>
    public CorruptDataException(string file, long offset, string expected, string found)
        : base($"{file}, offset {offset}: expected {expected}, found {found}")
    {
        File = file;
        Offset = offset;
        Expected = expected;
        Found = found;
    }

    public string File { get; }

    public long Offset { get; }

    public string Expected { get; }

    public string Found { get; }
}
