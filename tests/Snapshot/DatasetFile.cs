using System.Buffers.Binary;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Tests.Snapshot;

/// <summary>Writes what an engine holds, which nobody changes meanwhile, as an RDB file.</summary>
internal static class DatasetFile
{
    public static byte[] Write(KeySpace keyspace, RdbFormat format, int window = 64 * 1024)
    {
        Sink sink = new();
        using RdbOutput output = new(window, sink);
        using RdbWriter writer = new(output, format);
        writer.Magic();
        writer.Aux("redis-ver"u8, "7.0.15"u8);
        writer.Aux("redis-bits"u8, "64"u8);
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            Database database = keyspace[i];
            if (database.Count == 0)
            {
                continue;
            }
            writer.SelectDatabase(i);
            writer.Counts(database.Count, database.ExpiringCount);
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                writer.Key(record, keyspace.NowMs);
            }
        }
        writer.End();
        output.Flush();
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, format.Checksum ? Crc64.Append(0, sink.Bytes) : 0);
        return [.. sink.Bytes, .. checksum];
    }

    /// <summary>Keeps what it gets.</summary>
    public sealed class Sink : ISnapshotSink
    {
        private readonly MemoryStream _bytes = new();

        public ReadOnlySpan<byte> Bytes => _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length);

        public void Write(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);
    }
}
