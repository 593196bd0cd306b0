// A stream: its chunks (ID that theirs count from, listpack), its counters, its groups, each with what is pending in
// it, and their consumers, each with the IDs that are its own. Redis 7.0 added what a stream knows of entries that are
// gone, redis 7.2 when a consumer last got something; older versions do without, and so does who loads such a file.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>Writes a stream that does not change.</summary>
internal readonly unsafe ref struct RdbStreamWriter(
    RdbOutput output, RdbStringWriter strings, ListPackWriter listPack, int version)
{
    /// <summary>From which on a stream has its counters; before, it may have a <see cref="StreamNote"/>.</summary>
    public const int CountersVersion = 10;
    private const int ActiveTimeVersion = 11;
    private const int IdSize = 16;

    public static RdbType TypeIn(int version) => version >= ActiveTimeVersion ? RdbType.Stream3
        : version >= CountersVersion ? RdbType.Stream2 : RdbType.Stream;

    public void Write(StreamRoot* stream)
    {
        WriteChunks(stream);
        strings.Length(stream->Value.Count);
        Id(stream->LastId);
        if (version >= CountersVersion)
        {
            Id(stream->FirstId);
            Id(stream->MaxDeletedId);
            strings.Length(stream->EntriesAdded);
        }
        strings.Length(stream->Groups.Count);
        TreeCursor<NativeText, StreamGroup> groups = TreeCursor<NativeText, StreamGroup>.AtFirst(stream->Groups);
        for (; groups.IsValid; groups.MoveNext())
        {
            WriteGroup(groups.Key, groups.Value);
        }
    }

    private void WriteChunks(StreamRoot* stream)
    {
        strings.Length(CountChunks(stream));
        TreeCursor<StreamId, nint> chunks = TreeCursor<StreamId, nint>.AtFirst(stream->Chunks);
        for (; chunks.IsValid; chunks.MoveNext())
        {
            StreamChunk* chunk = (StreamChunk*)*chunks.Value;
            if (IsBare(chunk))
            {
                continue;
            }
            output.Byte(IdSize);
            RawId(chunk->First);
            listPack.Begin();
            listPack.Add(chunk->Live);
            listPack.Add(chunk->Marked);
            byte* elements = StreamChunk.Elements(chunk);
            listPack.Add(new ReadOnlySpan<byte>(elements, chunk->Used), CountElements(chunk));
            strings.OtherText(listPack.Finish());
        }
    }

    private static long CountChunks(StreamRoot* stream)
    {
        long count = 0;
        TreeCursor<StreamId, nint> chunks = TreeCursor<StreamId, nint>.AtFirst(stream->Chunks);
        for (; chunks.IsValid; chunks.MoveNext())
        {
            count += IsBare((StreamChunk*)*chunks.Value) ? 0 : 1;
        }
        return count;
    }

    /// <summary>
    /// All entries were deleted and cut out. Redis has no such node, and does not trim what is behind one.
    /// </summary>
    private static bool IsBare(StreamChunk* chunk) => chunk->Used == chunk->EntriesAt;

    private static long CountElements(StreamChunk* chunk)
    {
        // Of the master entry the number of fields is told, of the others that of all their elements but the last.
        long count = new ListPackElement(StreamChunk.Elements(chunk)).Integer + 2;
        byte* end = StreamChunk.End(chunk);
        for (byte* at = StreamChunk.Elements(chunk) + chunk->EntriesAt; at < end;)
        {
            StreamEntry entry = StreamChunk.ReadEntry(chunk, at);
            at = entry.SkipToEnd();
            count += new ListPackElement(ListPackElement.Previous(at)).Integer + 1;
        }
        return count;
    }

    private void WriteGroup(NativeText name, StreamGroup* group)
    {
        strings.Text(name.Bytes);
        Id(group->LastId);
        if (version >= CountersVersion)
        {
            strings.Length(group->EntriesRead);
        }
        strings.Length(group->Pending.Count);
        TreeCursor<StreamId, PendingEntry> pending = TreeCursor<StreamId, PendingEntry>.AtFirst(group->Pending);
        for (; pending.IsValid; pending.MoveNext())
        {
            RawId(pending.Key);
            output.Int64LittleEndian(pending.Value->DeliveryMs);
            strings.Length(pending.Value->DeliveryCount);
        }
        strings.Length(group->Consumers.Count);
        TreeCursor<ConsumerNumber, StreamConsumer> consumers =
            TreeCursor<ConsumerNumber, StreamConsumer>.AtFirst(group->Consumers);
        for (; consumers.IsValid; consumers.MoveNext())
        {
            WriteConsumer(consumers.Value);
        }
    }

    private void WriteConsumer(StreamConsumer* consumer)
    {
        strings.Text(consumer->Name.Bytes);
        output.Int64LittleEndian(consumer->SeenMs);
        if (version >= ActiveTimeVersion)
        {
            // Redis 7.0 does not tell them apart, and neither do we.
            output.Int64LittleEndian(consumer->SeenMs);
        }
        strings.Length(consumer->Pending.Count);
        TreeCursor<StreamId, NoValue> pending = TreeCursor<StreamId, NoValue>.AtFirst(consumer->Pending);
        for (; pending.IsValid; pending.MoveNext())
        {
            RawId(pending.Key);
        }
    }

    private void Id(StreamId id)
    {
        strings.Length(id.Ms);
        strings.Length(id.Seq);
    }

    private void RawId(StreamId id)
    {
        byte* at = output.Reserve(IdSize);
        Unsafe.WriteUnaligned(at, BinaryPrimitives.ReverseEndianness(id.Ms));
        Unsafe.WriteUnaligned(at + sizeof(ulong), BinaryPrimitives.ReverseEndianness(id.Seq));
        output.Advance(IdSize);
    }
}
