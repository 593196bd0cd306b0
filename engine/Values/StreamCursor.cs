using System.Diagnostics.CodeAnalysis;

namespace Tidelog.Engine.Values;

/// <summary>
/// Goes through the entries of a stream within a range of IDs, deleted ones left out: their IDs, which need not ascend,
/// say nothing of where the range ends. Good until the stream's entries are changed.
/// </summary>
internal unsafe struct StreamCursor
{
    private readonly StreamId _first;
    private readonly StreamId _last;
    private readonly bool _reverse;
    private TreeCursor<StreamId, nint> _chunks;
    private StreamChunk* _chunk;

    /// <summary>Forwards: where the next entry begins, unless there is a current one. Backwards: where the current one
    /// does.</summary>
    private byte* _at;
    private bool _hasEntry;
    private StreamEntry _entry;

    /// <param name="first">The smallest ID of the range, also for the reverse order.</param>
    /// <param name="reverse">From the greatest ID to the smallest.</param>
    public StreamCursor(StreamRoot* root, StreamId first, StreamId last, bool reverse)
    {
        _first = first;
        _last = last;
        _reverse = reverse;
        _chunks = TreeCursor<StreamId, nint>.AtOrBefore(root->Chunks, reverse ? last : first);
        if (!reverse && !_chunks.IsValid)
        {
            _chunks = TreeCursor<StreamId, nint>.AtFirst(root->Chunks);
        }
        if (_chunks.IsValid)
        {
            EnterChunk();
        }
    }

    /// <summary>The entry after a successful <see cref="MoveNext"/>; reading it moves it on.</summary>
    [UnscopedRef]
    public ref StreamEntry Entry => ref _entry;

    /// <returns>False at the end of the range.</returns>
    public bool MoveNext() => _reverse ? MoveBack() : MoveOn();

    private bool MoveOn()
    {
        if (_hasEntry)
        {
            _at = _entry.SkipToEnd();
        }
        while (_chunk != null)
        {
            byte* end = StreamChunk.End(_chunk);
            while (_at < end)
            {
                _entry = StreamChunk.ReadEntry(_chunk, _at);
                if (!_entry.IsDeleted && _entry.Id >= _first)
                {
                    _hasEntry = _entry.Id <= _last;
                    _chunk = _hasEntry ? _chunk : null;
                    return _hasEntry;
                }
                _at = _entry.SkipToEnd();
            }
            _chunks.MoveNext();
            EnterChunk();
        }
        _hasEntry = false;
        return false;
    }

    private bool MoveBack()
    {
        while (_chunk != null)
        {
            byte* begin = StreamChunk.Elements(_chunk) + _chunk->EntriesAt;
            while (_at > begin)
            {
                _at = BeginOfEntryBefore(_at);
                _entry = StreamChunk.ReadEntry(_chunk, _at);
                if (!_entry.IsDeleted && _entry.Id <= _last)
                {
                    bool isWithin = _entry.Id >= _first;
                    _chunk = isWithin ? _chunk : null;
                    return isWithin;
                }
            }
            _chunks.MovePrevious();
            EnterChunk();
        }
        return false;
    }

    private static byte* BeginOfEntryBefore(byte* at)
    {
        at = ListPackElement.Previous(at);
        for (long count = new ListPackElement(at).Integer; count > 0; count--)
        {
            at = ListPackElement.Previous(at);
        }
        return at;
    }

    private void EnterChunk()
    {
        _chunk = _chunks.IsValid ? (StreamChunk*)*_chunks.Value : null;
        if (_chunk != null)
        {
            _at = _reverse ? StreamChunk.End(_chunk) : StreamChunk.Elements(_chunk) + _chunk->EntriesAt;
        }
    }
}
