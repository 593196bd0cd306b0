using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Entries of streams as replies.</summary>
internal static unsafe class StreamReply
{
    /// <summary>An ID as a bulk string.</summary>
    public static void Id(ReplyWriter reply, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        reply.Bulk(text[..id.Format(text)]);
    }

    /// <summary>An entry: its ID, and an array of its fields and values.</summary>
    public static void Entry(ReplyWriter reply, ref StreamEntry entry)
    {
        reply.Array(2);
        Id(reply, entry.Id);
        reply.Array(2 * entry.FieldCount);
        while (entry.FieldCount > 0)
        {
            entry.Read(out ListPackElement field, out ListPackElement value);
            field.Reply(reply);
            value.Reply(reply);
        }
    }

    /// <summary>The entry of an ID alone.</summary>
    /// <returns>False, with nothing replied, if there is none.</returns>
    public static bool TryEntry(ReplyWriter reply, StreamRoot* root, StreamId id)
    {
        StreamCursor cursor = new(root, id, id, reverse: false);
        if (!cursor.MoveNext())
        {
            return false;
        }
        Entry(reply, ref cursor.Entry);
        return true;
    }

    /// <summary>An array of the entries of a range.</summary>
    /// <param name="count">How many at most, 0 for all.</param>
    public static void Range(
        ReplyWriter reply, StreamRoot* root, StreamId first, StreamId last, long count, bool reverse)
    {
        long mark = reply.BeginArray();
        long replied = 0;
        StreamCursor cursor = new(root, first, last, reverse);
        while (cursor.MoveNext())
        {
            Entry(reply, ref cursor.Entry);
            if (++replied == count)
            {
                break;
            }
        }
        reply.EndArray(mark, replied);
    }

    /// <summary>The first or the last entry, or null.</summary>
    public static void Edge(ReplyWriter reply, StreamRoot* root, bool last)
    {
        StreamCursor cursor = new(root, StreamId.Min, StreamId.Max, reverse: last);
        if (cursor.MoveNext())
        {
            Entry(reply, ref cursor.Entry);
        }
        else
        {
            reply.Null();
        }
    }
}
