// The node of a stream as redis writes it: a listpack whose first two elements are the counts of entries and of those
// marked as deleted; behind them lies what a chunk has (StreamChunk).

using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Values;

/// <summary>Makes chunks of redis's listpacks.</summary>
internal static unsafe class StreamListPack
{
    private const int HeaderSize = 6;
    private const int EndSize = 1;

    /// <summary>
    /// A chunk of a listpack whose elements are well formed, and make entries of which the IDs of those that are not
    /// deleted ascend. The marks of deleted entries decide how many there are, whatever the counts say.
    /// </summary>
    /// <param name="first">What the entries' IDs count from; none that is not deleted is smaller.</param>
    /// <param name="lastLive">ID of the last entry that is not deleted, if there is one.</param>
    /// <param name="chunk">Null if there is no entry.</param>
    /// <returns>False if the elements make no entries.</returns>
    public static bool TryRead(
        StreamId first, ReadOnlySpan<byte> listpack, ValueHeap heap, HeapValue* owner, out StreamId lastLive,
        out StreamChunk* chunk)
    {
        lastLive = default;
        chunk = null;
        if (listpack.Length <= HeaderSize + EndSize || listpack.Length > int.MaxValue - sizeof(StreamChunk))
        {
            return false;
        }
        fixed (byte* start = listpack)
        {
            byte* end = start + listpack.Length - EndSize;
            byte* at = start + HeaderSize;
            StreamChunk found = new() { First = first, Last = first };
            if (!TryInteger(ref at, end, out long live) || !TryInteger(ref at, end, out long marked))
            {
                return false;
            }
            byte* elements = at;
            found.Used = (int)(end - elements);
            if (!TryMaster(ref at, end, out long fields))
            {
                return false;
            }
            found.EntriesAt = (int)(at - elements);
            for (long left = unchecked(live + marked); left > 0; left--)
            {
                if (!TryEntry(ref at, end, fields, ref found, ref lastLive))
                {
                    return false;
                }
            }
            if (at != end)
            {
                return false;
            }
            if (found.EntriesAt < found.Used)
            {
                chunk = (StreamChunk*)heap.New(owner, sizeof(StreamChunk) + found.Used);
                found.Node = chunk->Node;
                *chunk = found;
                Unsafe.CopyBlockUnaligned(StreamChunk.Elements(chunk), elements, (uint)found.Used);
            }
            return true;
        }
    }

    private static bool TryMaster(ref byte* at, byte* end, out long fields) =>
        TryInteger(ref at, end, out fields) && TrySkip(ref at, end, fields)
        && TryInteger(ref at, end, out long zero) && zero == 0;

    private static bool TryEntry(
        ref byte* at, byte* end, long masterFields, ref StreamChunk chunk, ref StreamId lastLive)
    {
        // The flags are read and marked as the one byte that an integer of their size takes.
        if (at >= end || *at > 0x7F)
        {
            return false;
        }
        byte flags = *at;
        if (!TryInteger(ref at, end, out _) || !TryInteger(ref at, end, out long ms)
            || !TryInteger(ref at, end, out long seq))
        {
            return false;
        }
        long fields = masterFields;
        long elements = 3;
        if ((flags & StreamChunk.SameFieldsFlag) == 0)
        {
            if (!TryInteger(ref at, end, out fields) || !TrySkip(ref at, end, fields))
            {
                return false;
            }
            elements += fields + 1;
        }
        if (!TrySkip(ref at, end, fields) || !TryInteger(ref at, end, out long count) || count != fields + elements)
        {
            return false;
        }
        StreamId id = new(unchecked(chunk.First.Ms + (ulong)ms), unchecked(chunk.First.Seq + (ulong)seq));
        chunk.Last = id;
        if ((flags & StreamChunk.DeletedFlag) != 0)
        {
            chunk.Marked++;
            return true;
        }
        if (chunk.Live == 0 ? id < chunk.First : id <= lastLive)
        {
            return false;
        }
        chunk.Live++;
        lastLive = id;
        return true;
    }

    private static bool TryInteger(ref byte* at, byte* end, out long value)
    {
        value = 0;
        if (at >= end)
        {
            return false;
        }
        ListPackElement element = new(at);
        value = element.Integer;
        at = element.Next;
        return element.IsInteger && at <= end;
    }

    /// <returns>False if there are not so many elements.</returns>
    private static bool TrySkip(ref byte* at, byte* end, long count)
    {
        for (; count > 0 && at < end; count--)
        {
            at = new ListPackElement(at).Next;
        }
        return count == 0 && at <= end;
    }
}
