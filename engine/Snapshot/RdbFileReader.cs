using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>What a value is made of, and what it costs.</summary>
/// <param name="Memory">Bytes of key, value and index entry in Tidelog, as MEMORY USAGE tells.</param>
/// <param name="Elements">Elements, members, fields or entries; 1 for a string.</param>
public readonly record struct RdbValueSize(long Memory, long Elements);

/// <summary>
/// Reads an RDB file of redis (versions 1 to 12) or of Valkey (80) without a server, item by item:
/// <code>
/// using RdbFileReader reader = new("dump.rdb");
/// while (reader.Read() != RdbItem.End) { ... }
/// </code>
/// Memory is needed for one element at a time, and for a value only where a method says so. When <see cref="Read"/> has
/// returned <see cref="RdbItem.End"/> the file was whole and its checksum right.
/// </summary>
/// <remarks>docs/formats/rdb.md.</remarks>
public sealed class RdbFileReader : IDisposable
{
    private readonly RdbReader _reader;
    private readonly FileStream? _file;
    private readonly byte[] _scratch = new byte[HandlerVisitor.ScratchSize];
    private ValueProbe? _probe;
    private RdbItem? _item;
    private bool _hasValue;

    /// <param name="verifyChecksum">False passes over the checksum.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    /// <exception cref="CorruptDataException">It is no RDB file, or of a version that is not read.</exception>
    public RdbFileReader(string path, bool verifyChecksum = true)
    {
        const FileShare All = FileShare.ReadWrite | FileShare.Delete;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, All, bufferSize: 0);
        try
        {
            // What is no regular file, a pipe for example, has no length.
            _reader = new RdbReader(_file, path, _file.CanSeek ? _file.Length : -1, verifyChecksum);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <param name="stream">Read from where it stands; stays open.</param>
    /// <param name="name">What it is, for errors.</param>
    /// <param name="length">Bytes that there are: no more are taken. -1 if that is not known.</param>
    /// <inheritdoc cref="RdbFileReader(string, bool)"/>
    public RdbFileReader(Stream stream, string name, long length = -1, bool verifyChecksum = true) =>
        _reader = new RdbReader(stream, name, length, verifyChecksum);

    /// <summary>1 to 12, or 80.</summary>
    public int Version => _reader.Version;

    /// <summary>Bytes read so far.</summary>
    public long Offset => _reader.Offset;

    /// <summary>Where the present item begins; a key's begins with its type, behind its expiry.</summary>
    public long ItemOffset => _reader.ItemOffset;

    /// <summary>Of a note; good until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Name => _reader.Name;

    /// <summary>Of a note or a library of functions; good until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Text => _reader.Text;

    /// <summary>The database that keys belong to; 0 until another is selected.</summary>
    public int Database => _reader.Database;

    /// <summary>How many keys the database has, as the file says; not more than the rest of it may have.</summary>
    public long Keys => _reader.Keys;

    /// <summary>How many of them expire.</summary>
    public long ExpiringKeys => _reader.ExpiringKeys;

    /// <summary>Good until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Key => _reader.Key;

    /// <summary>Type of the present key's value.</summary>
    public ValueType Type => _reader.Type;

    /// <summary>How the value is written.</summary>
    public RdbType Encoding => _reader.RdbType;

    /// <summary>When the present key expires, Unix time in milliseconds, or -1.</summary>
    public long Expiry => _reader.Expiry;

    /// <summary>Seconds for which the present key was not used, or -1.</summary>
    public long IdleSeconds => _reader.IdleSeconds;

    /// <summary>LFU counter of the present key, or -1.</summary>
    public int Frequency => _reader.Frequency;

    /// <summary>Goes to the next item; a value that was not read is passed over. At the end it stays there.</summary>
    /// <exception cref="CorruptDataException">The file is not what its format says, or ends too early.</exception>
    /// <exception cref="IOException">The file or stream failed.</exception>
    public RdbItem Read()
    {
        if (_item == RdbItem.End)
        {
            return RdbItem.End;
        }
        if (_hasValue)
        {
            SkipValue();
        }
        RdbItem item = _reader.Read();
        _item = item;
        _hasValue = item == RdbItem.Key;
        return item;
    }

    /// <summary>Shows the value of the present key; once. Members that are there twice are shown twice.</summary>
    /// <exception cref="InvalidOperationException">There is no value, or it has been read.</exception>
    /// <inheritdoc cref="Read"/>
    public void ReadValue(RdbValueHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        TakeValue();
        HandlerVisitor visitor = new(handler, _scratch);
        _reader.ReadValue(ref visitor);
    }

    /// <summary>
    /// Builds the value of the present key in memory, as a server that loads the file does, and forgets it: no other
    /// way finds members that are there twice, and entries of streams in a wrong order. Once, and instead of
    /// <see cref="ReadValue"/>.
    /// </summary>
    /// <returns>Nothing for an empty collection: such a key is not loaded.</returns>
    /// <inheritdoc cref="ReadValue"/>
    public RdbValueSize BuildValue()
    {
        TakeValue();
        return (_probe ??= new ValueProbe()).Build(_reader);
    }

    /// <summary>Passes over the value of the present key; only its lengths are looked at.</summary>
    /// <inheritdoc cref="ReadValue"/>
    public void SkipValue()
    {
        TakeValue();
        _reader.SkipValue();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _file?.Dispose();
        _probe?.Dispose();
    }

    private void TakeValue()
    {
        if (!_hasValue)
        {
            throw new InvalidOperationException("There is no value to be read.");
        }
        _hasValue = false;
    }
}
