using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Snapshot;

/// <summary>Shows a handler what a reader shows: integers become text, chunks of streams become entries.</summary>
/// <param name="scratch">Room for two integers.</param>
internal readonly struct HandlerVisitor(RdbValueHandler handler, byte[] scratch) : IValueVisitor
{
    public const int ScratchSize = 2 * Numbers.MaxInt64Length;

    public void String(ReadOnlySpan<byte> text) => handler.String(text);

    public void String(long integer) => handler.String(Text(integer, 0));

    public void BeginList(long count) => handler.BeginList(count);

    public bool ListElement(in PackedText element)
    {
        handler.ListElement(Text(element, 0));
        return true;
    }

    public void BeginSet(long count) => handler.BeginSet(count);

    public bool Member(in PackedText member)
    {
        handler.SetMember(Text(member, 0));
        return true;
    }

    public void BeginHash(long count) => handler.BeginHash(count);

    public bool Field(in PackedText field, in PackedText value)
    {
        handler.HashField(Text(field, 0), Text(value, 1));
        return true;
    }

    public void BeginSortedSet(long count) => handler.BeginSortedSet(count);

    public bool ScoredMember(in PackedText member, double score)
    {
        handler.SortedSetMember(Text(member, 0), score);
        return true;
    }

    public void BeginStream() => handler.BeginStream();

    public bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack)
    {
        handler.StreamListPack(first, listpack);
        return TryShowEntries(first, listpack);
    }

    public bool StreamState(in StreamState state)
    {
        handler.StreamState(state);
        return true;
    }

    public bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        handler.StreamGroup(name, lastId, entriesRead);
        return true;
    }

    public bool StreamPending(StreamId id, long deliveryMs, long deliveryCount)
    {
        handler.StreamPending(id, deliveryMs, deliveryCount);
        return true;
    }

    public bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
        handler.StreamConsumer(name, seenMs);
        return true;
    }

    public bool ConsumerPending(StreamId id)
    {
        handler.StreamConsumerPending(id);
        return true;
    }

    public bool End()
    {
        handler.End();
        return true;
    }

    // Counts of entries, of deleted ones, of fields; the fields; 0. Then for each entry: flags, what its ID has more
    // than the first, its fields unless they are those in front, its values, how many elements it has.
    private bool TryShowEntries(StreamId first, ReadOnlySpan<byte> listPack)
    {
        BlobWalk walk = BlobWalk.OfListPack(listPack);
        if (!TryInteger(ref walk, out long live) || !TryInteger(ref walk, out long deleted)
            || !TryCount(ref walk, listPack.Length, out long common))
        {
            return false;
        }
        BlobWalk commonFields = walk;
        for (long i = 0; i < common; i++)
        {
            if (!walk.MoveNext())
            {
                return false;
            }
        }
        if (!TryInteger(ref walk, out _))
        {
            return false;
        }
        for (long left = unchecked(live + deleted); left > 0; left--)
        {
            if (!TryShowEntry(first, ref walk, commonFields, common, listPack.Length))
            {
                return false;
            }
        }
        return !walk.MoveNext();
    }

    private bool TryShowEntry(
        StreamId first, scoped ref BlobWalk walk, scoped BlobWalk commonFields, long fields, int most)
    {
        if (!TryInteger(ref walk, out long flags) || !TryInteger(ref walk, out long ms)
            || !TryInteger(ref walk, out long seq))
        {
            return false;
        }
        bool hasFields = (flags & StreamChunk.SameFieldsFlag) == 0;
        if (hasFields && !TryCount(ref walk, most, out fields))
        {
            return false;
        }
        bool isShown = (flags & StreamChunk.DeletedFlag) == 0;
        if (isShown)
        {
            StreamId id = new(unchecked(first.Ms + (ulong)ms), unchecked(first.Seq + (ulong)seq));
            handler.BeginStreamEntry(id, (int)fields);
        }
        for (; fields > 0; fields--)
        {
            if (!(hasFields ? walk.MoveNext() : commonFields.MoveNext()))
            {
                return false;
            }
            ReadOnlySpan<byte> field = hasFields ? Text(walk, 0) : Text(commonFields, 0);
            if (!walk.MoveNext())
            {
                return false;
            }
            if (isShown)
            {
                handler.StreamField(field, Text(walk, 1));
            }
        }
        return TryInteger(ref walk, out _);
    }

    private static bool TryInteger(scoped ref BlobWalk walk, out long integer)
    {
        bool isThere = walk.MoveNext() && walk.IsInteger;
        integer = isThere ? walk.Integer : 0;
        return isThere;
    }

    private static bool TryCount(scoped ref BlobWalk walk, int most, out long count) =>
        TryInteger(ref walk, out count) && count >= 0 && count <= most;

    private ReadOnlySpan<byte> Text(scoped in BlobWalk walk, int slot) =>
        walk.IsInteger ? Text(walk.Integer, slot) : walk.Text;

    private ReadOnlySpan<byte> Text(scoped in PackedText text, int slot) =>
        text.IsInteger && text.Bytes.IsEmpty ? Text(text.Integer, slot) : text.Bytes;

    private unsafe ReadOnlySpan<byte> Text(long integer, int slot)
    {
        Span<byte> room = scratch.AsSpan(slot * Numbers.MaxInt64Length, Numbers.MaxInt64Length);
        fixed (byte* start = room)
        {
            return room[..Numbers.Format(integer, start)];
        }
    }
}
