// What DUMP gives and RESTORE takes: the byte of the type, the value as in an RDB file, the RDB version (2 bytes) and
// the CRC64 of all that (8 bytes), both little-endian.

using System.Buffers.Binary;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>Makes DUMP payloads, one after the other, in memory that it keeps.</summary>
internal sealed class DumpPayload(EngineOptions options)
{
    /// <summary>Bytes of version and checksum at a payload's end.</summary>
    public const int FooterSize = sizeof(short) + sizeof(long);
    private const int KeptCapacity = 64 * 1024;

    private RdbWriter? _writer;

    /// <summary>The payload of a value.</summary>
    /// <returns>False if it would take more than 2 GiB.</returns>
    /// <param name="payload">Good until <see cref="Release"/>, which must follow.</param>
    public bool TryMake(Record record, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        RdbWriter writer = Writer();
        RdbOutput output = writer.Output;
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
    public void Release() => _writer!.Output.Clear(KeptCapacity);

    private RdbWriter Writer()
    {
        if (_writer is null || _writer.Format.Version != options.RdbVersion
            || _writer.Format.Compress != options.RdbCompression)
        {
            _writer?.Dispose();
            RdbFormat format = new(options.RdbVersion, options.RdbCompression);
            _writer = new RdbWriter(_writer?.Output ?? new RdbOutput(KeptCapacity), format);
        }
        return _writer;
    }
}
