// Every collection is written in its plain form, whose count comes first: so it is asked for, and what is then written
// must agree. What is due is one number and what it counts; a stream has a few of them in turn.

using System.Buffers.Binary;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Writes an RDB file without a server, key by key, with memory for one element at a time:
/// <code>
/// using RdbFileWriter writer = new(stream);
/// writer.SelectDatabase(0);
/// writer.String("key"u8, "value"u8);
/// writer.BeginList("list"u8, 2);
/// writer.ListElement("a"u8);
/// writer.ListElement("b"u8);
/// writer.End();
/// </code>
/// It is not looked for keys or members that are there twice: a server refuses such a file. Of when keys were used the
/// file has what <see cref="NextKeyAccess"/> is told, whatever <see cref="RdbFormat.Access"/> says.
/// </summary>
/// <remarks>docs/formats/rdb.md.</remarks>
public sealed partial class RdbFileWriter : IDisposable
{
    private const int WindowSize = 64 << 10;

    private readonly Sink _sink;
    private readonly RdbOutput _output;
    private readonly RdbWriter _writer;
    private readonly RdbFormat _format;
    private Due _due;
    private long _left;
    private long _idleSeconds = -1;
    private int _frequency = -1;

    /// <param name="stream">Written to in big pieces; stays open.</param>
    /// <param name="format">What there is to decide; null for redis 5 and later, compressed, with a checksum.</param>
    public RdbFileWriter(Stream stream, RdbFormat? format = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _format = format ?? new RdbFormat();
        if (_format.Version is < RdbFormat.DefaultVersion or > RdbFormat.MaxVersion)
        {
            throw new ArgumentOutOfRangeException(
                nameof(format), $"A version from {RdbFormat.DefaultVersion} to {RdbFormat.MaxVersion} is written.");
        }
        _sink = new Sink(stream, _format.Checksum);
        _output = new RdbOutput(WindowSize, _sink);
        _writer = new RdbWriter(_output, _format);
        _writer.Magic();
    }

    private enum Due
    {
        Item,
        ListElement,
        SetMember,
        HashField,
        SortedSetMember,
        Stream,
        StreamListPack,
        StreamState,
        StreamGroup,
        StreamPending,
        StreamConsumers,
        StreamConsumer,
        StreamConsumerPending,
        Nothing,
    }

    private RdbStringWriter Strings => _writer.Strings;

    /// <summary>A note: "redis-ver", for example. They come first.</summary>
    /// <exception cref="InvalidOperationException">Something else is due.</exception>
    /// <exception cref="IOException">The stream failed.</exception>
    public void Aux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Take(Due.Item);
        _writer.Aux(name, value);
    }

    /// <summary>Code of a library of functions. Only redis 7 and later read files that have some.</summary>
    /// <inheritdoc cref="Aux"/>
    public void Function(ReadOnlySpan<byte> code)
    {
        Take(Due.Item);
        _writer.Function(code);
    }

    /// <summary>The keys that follow are in this database.</summary>
    /// <inheritdoc cref="Aux"/>
    public void SelectDatabase(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        Take(Due.Item);
        _writer.SelectDatabase(index);
    }

    /// <summary>How many keys the database has and how many of them expire: a hint that makes loading faster.</summary>
    /// <inheritdoc cref="Aux"/>
    public void Counts(long keys, long expiring)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keys);
        ArgumentOutOfRangeException.ThrowIfNegative(expiring);
        Take(Due.Item);
        _writer.Counts(keys, expiring);
    }

    /// <summary>When, and how often, the next key was used; in front of the key.</summary>
    /// <param name="idleSeconds">Seconds without use, or -1.</param>
    /// <param name="frequency">LFU counter, at most 255, or -1.</param>
    /// <inheritdoc cref="Aux"/>
    public void NextKeyAccess(long idleSeconds, int frequency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idleSeconds, -1);
        ArgumentOutOfRangeException.ThrowIfLessThan(frequency, -1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frequency, byte.MaxValue);
        Take(Due.Item);
        _idleSeconds = idleSeconds;
        _frequency = frequency;
    }

    /// <summary>A key with a string.</summary>
    /// <param name="expiry">Unix time in milliseconds, or -1.</param>
    /// <inheritdoc cref="Aux"/>
    public void String(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiry = -1)
    {
        Take(Due.Item);
        Key(RdbType.String, key, expiry);
        Strings.Text(value);
    }

    /// <summary>A key with a list; so many times <see cref="ListElement"/> must follow.</summary>
    /// <param name="count">At least 1.</param>
    /// <inheritdoc cref="String"/>
    public void BeginList(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.List, key, count, expiry, Due.ListElement);

    /// <inheritdoc cref="Aux"/>
    public void ListElement(ReadOnlySpan<byte> element)
    {
        Take(Due.ListElement);
        Strings.Text(element);
    }

    /// <summary>A key with a set; so many times <see cref="SetMember"/> must follow.</summary>
    /// <inheritdoc cref="BeginList"/>
    public void BeginSet(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.Set, key, count, expiry, Due.SetMember);

    /// <inheritdoc cref="Aux"/>
    public void SetMember(ReadOnlySpan<byte> member)
    {
        Take(Due.SetMember);
        Strings.Text(member);
    }

    /// <summary>A key with a hash; so many times <see cref="HashField"/> must follow.</summary>
    /// <inheritdoc cref="BeginList"/>
    public void BeginHash(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.Hash, key, count, expiry, Due.HashField);

    /// <inheritdoc cref="Aux"/>
    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        Take(Due.HashField);
        Strings.Text(field);
        Strings.Text(value);
    }

    /// <summary>A key with a sorted set; so many times <see cref="SortedSetMember"/> must follow.</summary>
    /// <inheritdoc cref="BeginList"/>
    public void BeginSortedSet(ReadOnlySpan<byte> key, long count, long expiry = -1) =>
        Begin(RdbType.SortedSet2, key, count, expiry, Due.SortedSetMember);

    /// <summary>Fastest to load from the greatest score down.</summary>
    /// <param name="score">Not NaN.</param>
    /// <inheritdoc cref="Aux"/>
    public void SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        if (double.IsNaN(score))
        {
            throw new ArgumentOutOfRangeException(nameof(score), "A score is a number.");
        }
        Take(Due.SortedSetMember);
        Strings.Text(member);
        _output.Int64LittleEndian(BitConverter.DoubleToInt64Bits(score));
    }

    /// <summary>Ends the file and gives all of it to the stream, which is not flushed.</summary>
    /// <inheritdoc cref="Aux"/>
    public void End()
    {
        Take(Due.Item);
        _writer.End();
        _output.Flush();
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _sink.Checksum);
        _output.Write(checksum);
        _output.Flush();
        _due = Due.Nothing;
    }

    /// <summary>Leaves the file as it is: without <see cref="End"/> it is not whole.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _output.Dispose();
    }

    private void Begin(RdbType type, ReadOnlySpan<byte> key, long count, long expiry, Due element)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Take(Due.Item);
        Key(type, key, expiry);
        Strings.Length(count);
        Expect(element, count);
    }

    private void Key(RdbType type, ReadOnlySpan<byte> key, long expiry)
    {
        if (expiry != -1)
        {
            _output.Byte((byte)RdbOpcode.ExpireMs);
            _output.Int64LittleEndian(expiry);
        }
        if (_idleSeconds >= 0)
        {
            _output.Byte((byte)RdbOpcode.Idle);
            Strings.Length(_idleSeconds);
        }
        if (_frequency >= 0)
        {
            _output.Byte((byte)RdbOpcode.Frequency);
            _output.Byte((byte)_frequency);
        }
        _idleSeconds = -1;
        _frequency = -1;
        _output.Byte((byte)type);
        Strings.Text(key);
    }

    private void Take(Due given)
    {
        Due due = _left == 0 && _due != Due.Nothing ? Due.Item : _due;
        if (due != given)
        {
            throw new InvalidOperationException($"{given} was written where {due} is due.");
        }
        _left -= due == Due.Item ? 0 : 1;
    }

    private void Expect(Due due, long count)
    {
        _due = due;
        _left = count;
    }

    /// <summary>Takes the checksum of what passes.</summary>
    private sealed class Sink(Stream stream, bool takesChecksum) : ISnapshotSink
    {
        public ulong Checksum { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Checksum = takesChecksum ? Crc64.Append(Checksum, bytes) : 0;
            stream.Write(bytes);
        }
    }
}
