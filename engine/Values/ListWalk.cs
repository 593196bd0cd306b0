using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>Goes through elements of a list run by run. The list must not be changed on the way.</summary>
internal unsafe ref struct ListWalk
{
    private readonly ListRoot* _root;
    private readonly bool _backward;
    private readonly ListRun _packed;
    private long _left;
    private int _segment;
    private int _chunk;
    private int _next;

    /// <param name="first">The first to come: the last of them if <paramref name="backward"/>.</param>
    /// <param name="count">How many; there are as many.</param>
    public ListWalk(Record list, long first, long count, bool backward)
    {
        _backward = backward;
        _left = count;
        if (!list.IsHeapCollection)
        {
            _packed = Lists.RunOf(list);
            _next = (int)first;
            return;
        }
        _root = (ListRoot*)list.Root;
        if (count > 0)
        {
            ListPlace place = ListSpine.Find(_root, first);
            _segment = place.Segment;
            _chunk = place.Chunk;
            _next = place.Index;
        }
    }

    /// <summary>Where the elements are.</summary>
    public ListRun Run { get; private set; }

    /// <summary>The first to come, as for <see cref="ListRun.Elements"/>.</summary>
    public int First { get; private set; }

    /// <summary>How many of the run.</summary>
    public int Count { get; private set; }

    /// <summary>The elements of this run.</summary>
    public readonly ListElements Elements => Run.Elements(First, Count, _backward);

    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }
        if (_root == null)
        {
            Run = _packed;
            First = _next;
        }
        else
        {
            Run = ListChunk.RunOf(ListSpine.ChunkAt(_root, _segment, _chunk));
            First = _next >= 0 ? _next : Run.Count - 1;
        }
        Count = (int)Math.Min(_backward ? First + 1 : Run.Count - First, _left);
        _left -= Count;
        if (_root != null && _left > 0)
        {
            Advance();
        }
        return true;
    }

    private void Advance()
    {
        _next = _backward ? -1 : 0;
        _chunk += _backward ? -1 : 1;
        if (_backward && _chunk < 0)
        {
            _segment--;
            _chunk = ListSpine.SegmentAt(_root, _segment)->Length - 1;
        }
        else if (!_backward && _chunk == ListSpine.SegmentAt(_root, _segment)->Length)
        {
            _segment++;
            _chunk = 0;
        }
    }
}
