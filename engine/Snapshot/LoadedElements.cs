using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Snapshot;

/// <summary>Reads a piece of a collection from a batch and shows it to a visitor.</summary>
internal unsafe ref struct LoadedElements(LoadBatch batch, byte* at)
{
    private byte* _at = at;
    private HeapBytes* _first;
    private HeapBytes* _second;

    /// <summary>Behind what was read.</summary>
    public readonly byte* At => _at;

    /// <returns>False if the visitor refused it.</returns>
    public bool Show<TVisitor>(LoadToken token, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        try
        {
            return token switch
            {
                LoadToken.ListElement => visitor.ListElement(Text()),
                LoadToken.Member => visitor.Member(Text()),
                LoadToken.Field => visitor.Field(Text(), Text()),
                LoadToken.ScoredMember => ShowScored(ref visitor),
                LoadToken.BeginList or LoadToken.BeginSet or LoadToken.BeginHash or LoadToken.BeginSortedSet
                    or LoadToken.BeginStream => Begin(token, ref visitor),
                _ => ShowStream(token, ref visitor),
            };
        }
        finally
        {
            HeapBytes.Free(_first);
            HeapBytes.Free(_second);
        }
    }

    private bool ShowScored<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        double score = BitConverter.Int64BitsToDouble(Number());
        return visitor.ScoredMember(Text(), score);
    }

    private bool Begin<TVisitor>(LoadToken token, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        long count = Number();
        switch (token)
        {
            case LoadToken.BeginList:
                visitor.BeginList(count);
                break;
            case LoadToken.BeginSet:
                visitor.BeginSet(count);
                break;
            case LoadToken.BeginHash:
                visitor.BeginHash(count);
                break;
            case LoadToken.BeginSortedSet:
                visitor.BeginSortedSet(count);
                break;
            default:
                visitor.BeginStream();
                break;
        }
        return true;
    }

    private bool ShowStream<TVisitor>(LoadToken token, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor, allows ref struct
    {
        switch (token)
        {
            case LoadToken.StreamEntries:
                StreamId first = Id();
                return visitor.StreamEntries(first, Text().Bytes);
            case LoadToken.StreamState:
                return visitor.StreamState(State());
            case LoadToken.StreamGroup:
                StreamId lastId = Id();
                long entriesRead = Number();
                return visitor.StreamGroup(Text().Bytes, lastId, entriesRead);
            case LoadToken.StreamPending:
                return visitor.StreamPending(Id(), Number(), Number());
            case LoadToken.StreamConsumer:
                long seenMs = Number();
                return visitor.StreamConsumer(Text().Bytes, seenMs);
            case LoadToken.ConsumerPending:
                return visitor.ConsumerPending(Id());
            default:
                throw new InvariantException($"no piece of a value is {token}");
        }
    }

    private StreamState State()
    {
        LoadedState state = *(LoadedState*)_at;
        _at += sizeof(LoadedState);
        return state.HasCounters == 0
            ? new StreamState(state.Length, state.LastId, null, null, null)
            : new StreamState(state.Length, state.LastId, state.FirstId, state.MaxDeletedId, state.EntriesAdded);
    }

    private long Number()
    {
        long number = *(long*)_at;
        _at += sizeof(long);
        return number;
    }

    private StreamId Id()
    {
        StreamId id = *(StreamId*)_at;
        _at += sizeof(StreamId);
        return id;
    }

    private PackedText Text()
    {
        LoadedText text = *(LoadedText*)_at;
        _at += sizeof(LoadedText);
        if (text.IsOutside)
        {
            HeapBytes* block = batch.TakeOutside();
            if (_first == null)
            {
                _first = block;
            }
            else
            {
                _second = block;
            }
            return new PackedText(block->Span);
        }
        byte* start = _at;
        if (text.Code > Element.MaxInlineLength && text.Code != Element.BlockCode)
        {
            _at += sizeof(long);
            return new PackedText(*(long*)start);
        }
        _at += LoadBatch.Align(text.Length);
        return text.Code == Element.BlockCode
            ? PackedText.Plain(new ReadOnlySpan<byte>(start, text.Length))
            : PackedText.Of(new Element(start, text.Code));
    }
}
