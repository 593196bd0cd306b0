using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>Writes what a reader shows as tokens; whether it is right turns out on the other thread.</summary>
internal readonly unsafe struct LoadVisitor(LoadWriter writer) : IValueVisitor
{
    public void String(ReadOnlySpan<byte> text) => writer.String(text);

    public void String(long integer) => writer.String(integer);

    public void BeginList(long count) => writer.Collection(LoadToken.BeginList, count);

    public bool ListElement(in PackedText element) => Add(LoadToken.ListElement, element);

    public void BeginSet(long count) => writer.Collection(LoadToken.BeginSet, count);

    public bool Member(in PackedText member) => Add(LoadToken.Member, member);

    public void BeginHash(long count) => writer.Collection(LoadToken.BeginHash, count);

    public bool Field(in PackedText field, in PackedText value)
    {
        byte* at = writer.Piece(LoadToken.Field, LoadWriter.SizeOf(field) + LoadWriter.SizeOf(value));
        writer.Text(writer.Text(at, field), value);
        return true;
    }

    public void BeginSortedSet(long count) => writer.Collection(LoadToken.BeginSortedSet, count);

    public bool ScoredMember(in PackedText member, double score)
    {
        byte* at = writer.Piece(LoadToken.ScoredMember, sizeof(double) + LoadWriter.SizeOf(member));
        *(double*)at = score;
        writer.Text(at + sizeof(double), member);
        return true;
    }

    public void BeginStream() => writer.Collection(LoadToken.BeginStream, 0);

    public bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack)
    {
        byte* at = writer.Piece(LoadToken.StreamEntries, sizeof(StreamId) + LoadWriter.SizeOf(listpack));
        *(StreamId*)at = first;
        writer.Text(at + sizeof(StreamId), listpack);
        return true;
    }

    public bool StreamState(in StreamState state)
    {
        *(LoadedState*)writer.Piece(LoadToken.StreamState, sizeof(LoadedState)) = new LoadedState
        {
            Length = state.Length,
            LastId = state.LastId,
            FirstId = state.FirstId ?? default,
            MaxDeletedId = state.MaxDeletedId ?? default,
            EntriesAdded = state.EntriesAdded ?? 0,
            HasCounters = state.EntriesAdded is null ? 0 : 1,
        };
        return true;
    }

    public bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        byte* at = writer.Piece(LoadToken.StreamGroup, sizeof(StreamId) + sizeof(long) + LoadWriter.SizeOf(name));
        *(StreamId*)at = lastId;
        *(long*)(at + sizeof(StreamId)) = entriesRead;
        writer.Text(at + sizeof(StreamId) + sizeof(long), name);
        return true;
    }

    public bool StreamPending(StreamId id, long deliveryMs, long deliveryCount)
    {
        byte* at = writer.Piece(LoadToken.StreamPending, sizeof(StreamId) + (2 * sizeof(long)));
        *(StreamId*)at = id;
        long* numbers = (long*)(at + sizeof(StreamId));
        numbers[0] = deliveryMs;
        numbers[1] = deliveryCount;
        return true;
    }

    public bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
        byte* at = writer.Piece(LoadToken.StreamConsumer, sizeof(long) + LoadWriter.SizeOf(name));
        *(long*)at = seenMs;
        writer.Text(at + sizeof(long), name);
        return true;
    }

    public bool ConsumerPending(StreamId id)
    {
        *(StreamId*)writer.Piece(LoadToken.ConsumerPending, sizeof(StreamId)) = id;
        return true;
    }

    public bool End()
    {
        // A string is whole as it is.
        if (writer.IsInCollection)
        {
            writer.IsInCollection = false;
            writer.Piece(LoadToken.End, 0);
        }
        return true;
    }

    private bool Add(LoadToken token, in PackedText text)
    {
        writer.Text(writer.Piece(token, LoadWriter.SizeOf(text)), text);
        return true;
    }
}
