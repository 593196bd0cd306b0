namespace Tidelog.Engine.Snapshot;

/// <summary>What an RDB file has next.</summary>
internal enum RdbItem
{
    /// <summary>A note of the writer: <see cref="RdbReader.Name"/>, <see cref="RdbReader.Text"/>.</summary>
    Aux,

    /// <summary>Code of a library of functions: <see cref="RdbReader.Text"/>.</summary>
    Function,

    /// <summary>The keys that follow are in <see cref="RdbReader.Database"/>.</summary>
    SelectDatabase,

    /// <summary>So many keys follow: <see cref="RdbReader.Keys"/>, <see cref="RdbReader.ExpiringKeys"/>.</summary>
    Counts,

    /// <summary>A key: its value must be read or skipped before what is next.</summary>
    Key,

    /// <summary>The file is whole, its checksum right.</summary>
    End,
}

/// <summary>
/// Reads RDB files of redis (1 to 12) and of Valkey (80), item by item, with memory for one element at a time. Every
/// length is checked; what does not fit the format is a <see cref="CorruptDataException"/> with its place.
/// </summary>
internal sealed class RdbReader : IDisposable
{
    /// <param name="stream">Read from where it stands, in big pieces.</param>
    /// <param name="name">Path of the file, or what it is, for errors.</param>
    /// <param name="length">Bytes that there are; -1 if that is not known.</param>
    /// <param name="verifyChecksum">False passes over the checksum: <c>rdbchecksum no</c>.</param>
    public RdbReader(Stream stream, string name, long length, bool verifyChecksum = true) =>
        throw new NotImplementedException();

    /// <summary>1 to 12, or 80.</summary>
    public int Version => throw new NotImplementedException();

    /// <summary>Bytes read so far.</summary>
    public long Offset => throw new NotImplementedException();

    public ReadOnlySpan<byte> Name => throw new NotImplementedException();

    public ReadOnlySpan<byte> Text => throw new NotImplementedException();

    public int Database => throw new NotImplementedException();

    public long Keys => throw new NotImplementedException();

    public long ExpiringKeys => throw new NotImplementedException();

    /// <summary>Good until the value has been read.</summary>
    public ReadOnlySpan<byte> Key => throw new NotImplementedException();

    public RdbType RdbType => throw new NotImplementedException();

    public Keyspace.ValueType Type => throw new NotImplementedException();

    /// <summary>Unix time in milliseconds, or -1.</summary>
    public long Expiry => throw new NotImplementedException();

    /// <summary>Seconds without use, or -1.</summary>
    public long IdleSeconds => throw new NotImplementedException();

    /// <summary>LFU counter, or -1.</summary>
    public int Frequency => throw new NotImplementedException();

    /// <summary>Goes to the next item.</summary>
    /// <exception cref="CorruptDataException">The file is not what its format says, or ends too early.</exception>
    public RdbItem Read() => throw new NotImplementedException();

    /// <summary>Reads the value of the present key.</summary>
    /// <inheritdoc cref="Read"/>
    public void ReadValue<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct => throw new NotImplementedException();

    /// <summary>Reads the value of a DUMP payload, whose version and checksum have been checked.</summary>
    /// <param name="payload">The type's byte and the value.</param>
    /// <exception cref="CorruptDataException">It is not what its format says, or longer.</exception>
    public static void ReadPayload<TVisitor>(ReadOnlySpan<byte> payload, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
