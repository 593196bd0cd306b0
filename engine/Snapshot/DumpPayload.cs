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
