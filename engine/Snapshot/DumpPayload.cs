// What DUMP gives and RESTORE takes: the byte of the type, the value as in an RDB file, the RDB version (2 bytes) and
// the CRC64 of all that (8 bytes), both little-endian.

using System.Buffers.Binary;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>Makes DUMP payloads, one after the other, in memory that it keeps.</summary>
internal sealed class DumpPayload(EngineOptions options)
{
    /// <summary>Bytes of version and checksum at a payload's end.</summary>
    public const int FooterSize = sizeof(short) + sizeof(long);
    private const int KeptCapacity = 64 * 1024;

    private readonly RdbOutput _output = new(KeptCapacity);
    private RdbWriter? _writer;
    private RdbWriter? _streamWriter;

    /// <summary>The payload of a value.</summary>
    /// <returns>False if it would take more than 2 GiB.</returns>
    /// <param name="payload">Good until <see cref="Release"/>, which must follow.</param>
    public bool TryMake(Record record, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        RdbWriter writer = WriterFor(record);
        RdbOutput output = _output;
        output.Clear();
        output.Byte((byte)writer.TypeOf(record));
        writer.Value(record);
        if (output.Length > int.MaxValue - FooterSize)
        {
            return false;
        }
        Span<byte> version = stackalloc byte[sizeof(short)];
        BinaryPrimitives.WriteInt16LittleEndian(version, (short)writer.Format.Version);
        output.Write(version);
        output.Int64LittleEndian((long)Crc64.Append(0, output.Pending));
        payload = output.Pending;
        return true;
    }

    /// <summary>Takes a payload's value out of it if version and checksum are right.</summary>
    /// <param name="skipsChecksum">The checksum is not looked at.</param>
    /// <param name="value">The byte of the type and the value.</param>
    public static bool TryOpen(ReadOnlySpan<byte> payload, bool skipsChecksum, out ReadOnlySpan<byte> value)
    {
        value = default;
        int length = payload.Length - FooterSize;
        if (length < 0)
        {
            return false;
        }
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(payload[length..]);
        ulong checksum = BinaryPrimitives.ReadUInt64LittleEndian(payload[(length + sizeof(short))..]);
        value = payload[..length];
        return RdbReader.IsReadable(version)
            && (skipsChecksum || Crc64.Append(0, payload[..^sizeof(long)]) == checksum);
    }

    /// <summary>How many packed encodings a value consists of; 0 for one that is written element by element.</summary>
    /// <param name="value">As <see cref="TryOpen"/> gives it.</param>
    public static long CountPackedParts(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return 0;
        }
        switch ((RdbType)value[0])
        {
            case RdbType.String or RdbType.List or RdbType.Set or RdbType.SortedSet or RdbType.SortedSet2
                or RdbType.Hash:
                return 0;
            case RdbType.QuickList or RdbType.QuickList2 or RdbType.Stream or RdbType.Stream2 or RdbType.Stream3:
                // Their number comes first; a list of more nodes than these is not worth the trouble.
                byte first = value.Length > 1 ? value[1] : (byte)0;
                return first < 0x40 ? first
                    : first < 0x80 && value.Length > 2 ? ((first & 0x3F) << 8) | value[2]
                    : 1;
            default:
                return 1;
        }
    }

    /// <summary>Gives back the memory of a big payload.</summary>
    public void Release() => _output.Clear(KeptCapacity);

    /// <summary>
    /// A payload has no room for a <see cref="StreamNote"/>: a stream that would need one is of the version that has
    /// its counters in the value.
    /// </summary>
    private unsafe RdbWriter WriterFor(Record record)
    {
        int version = options.RdbVersion;
        return version < RdbStreamWriter.CountersVersion && record.Type == ValueType.Stream
            && StreamNote.IsNeeded((StreamRoot*)record.Root)
            ? Renew(ref _streamWriter, RdbStreamWriter.CountersVersion)
            : Renew(ref _writer, version);
    }

    private RdbWriter Renew(ref RdbWriter? writer, int version)
    {
        if (writer is null || writer.Format.Version != version || writer.Format.Compress != options.RdbCompression)
        {
            writer?.Dispose();
            writer = new RdbWriter(_output, new RdbFormat(version, options.RdbCompression));
        }
        return writer;
    }
}
