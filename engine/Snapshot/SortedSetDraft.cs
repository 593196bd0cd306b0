using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// A sorted set without a key: see <see cref="ValueBuilder"/>. What comes in order, be it backwards as redis writes it,
/// has its place at once; else the members come to order at the end.
/// </summary>
internal unsafe ref struct SortedSetDraft(Database database, EngineOptions options)
{
    private readonly long _maxEntries = options.ZsetMaxListpackEntries;
    private readonly long _maxLength = options.ZsetMaxListpackValue;
    private PackDraft _pack = new(database.BuildSpace, 2);
    private SortedSetRoot* _root;

    /// <summary>The root's order has all entries.</summary>
    private bool _isOrdered;
    private bool _hasLong;
    private bool _hasNegativeZero;
    private bool _ascends = true;
    private bool _descends = true;
    private double _lastScore;
    private int _lastOffset;

    public readonly long Count => _root != null ? _root->Value.Count : _pack.Count / 2;

    /// <returns>False if the member was there.</returns>
    public bool Add(in PackedText member, double score)
    {
        _hasLong |= member.IsLongerThan(_maxLength);
        _hasNegativeZero |= Doubles.IsNegativeZero(score);
        byte* scratch = stackalloc byte[Element.ScratchLength];
        if (_root == null)
        {
            PackedText stored = SortedScore.ToText(score, scratch);
            if (Fits(member, stored))
            {
                bool isNew = _pack.Admits(member);
                NoteOrder(member, score);
                _pack.Append(member);
                _pack.Append(stored);
                return isNew;
            }
            Promote();
        }
        return _isOrdered
            ? HeapSortedSet.TryAdd(_root, member.Text(scratch), member, score, database.Values)
            : HeapSortedSet.SetScore(_root, member, score, database.Values);
    }

    /// <summary>The set is whole.</summary>
    public void End()
    {
        if (_root == null || _isOrdered)
        {
            return;
        }
        using ScoredMembers entries = new(_root->Value.Count);
        HashTableWalk walk = new(&_root->Scores);
        while (walk.MoveNext())
        {
            entries.Append(walk.Key, SortedScore.Read(walk.Value));
        }
        entries.Sort();
        foreach (ref readonly ScoredMember entry in entries.Items)
        {
            HeapSortedSet.AddToOrder(_root, entry.Member, entry.Score, database.Values);
        }
        _isOrdered = true;
    }

    public Record Store(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        if (_root != null)
        {
            bool isSmall = !_hasLong && _root->Value.Count <= _maxEntries;
            ValueEncoding encoding = isSmall ? ValueEncoding.ListPack : ValueEncoding.SkipList;
            Record big = database.PutHeap(key, existing, ValueType.SortedSet, encoding, &_root->Value, expiry);
            _root = null;
            return big;
        }
        if (_ascends && !_hasNegativeZero)
        {
            return _pack.Store(database, key, existing, ValueType.SortedSet, ValueEncoding.ListPack, expiry);
        }
        return StoreInOrder(key, existing, expiry);
    }

    public void Discard()
    {
        if (_root != null)
        {
            database.FreeTemporary(&_root->Value);
            _root = null;
        }
    }

    private readonly bool Fits(in PackedText member, in PackedText score) =>
        !_hasLong && !member.IsBlock && _pack.Count < 2 * _maxEntries
        && Pack.SizeOf(member) + Pack.SizeOf(score) <= _pack.Free;

    /// <summary>Compares an entry with the last one before it is appended.</summary>
    private void NoteOrder(in PackedText member, double score)
    {
        Pack pack = _pack.Pack;
        if (pack.Count > 0)
        {
            int order = score.CompareTo(_lastScore);
            if (score == _lastScore)
            {
                byte* text = stackalloc byte[Element.ScratchLength];
                byte* lastText = stackalloc byte[Element.ScratchLength];
                Element last = pack.At(pack.Count - 2, _lastOffset);
                order = member.Text(text).SequenceCompareTo(
                    last.Text(new Span<byte>(lastText, Element.ScratchLength)));
            }
            _ascends &= order > 0;
            _descends &= order < 0;
        }
        _lastScore = score;
        _lastOffset = pack.Used;
    }

    private void Promote()
    {
        ValueHeap heap = database.Values;
        _root = HeapSortedSet.New(heap);
        _isOrdered = _ascends || _descends;
        byte* scratch = stackalloc byte[Element.ScratchLength];
        HashLeafWalk walk = new(_pack.Pack, 2);
        while (walk.MoveNext())
        {
            PackedText member = PackedText.Of(walk.Key);
            double score = SortedScore.Read(walk.Value);
            _ = _isOrdered
                ? HeapSortedSet.TryAdd(_root, member.Text(scratch), member, score, heap)
                : HeapSortedSet.SetScore(_root, member, score, heap);
        }
    }

    private readonly Record StoreInOrder(ReadOnlySpan<byte> key, Record existing, long expiry)
    {
        using ScoredMembers entries = new(_pack.Count / 2);
        HashLeafWalk walk = new(_pack.Pack, 2);
        int size = 0;
        while (walk.MoveNext())
        {
            // Redis forgets the sign of a zero in a list pack.
            double score = SortedScore.Read(walk.Value);
            score = score == 0 ? 0 : score;
            size += walk.Key.PayloadLength + 1 + PackedSortedSet.SizeOf(score);
            entries.Append(walk.Key, score);
        }
        if (_descends)
        {
            entries.Reverse();
        }
        else
        {
            entries.Sort();
        }
        Record record = database.PutPacked(
            key, existing, ValueType.SortedSet, ValueEncoding.ListPack, PackedRecord.RoomFor(size), expiry);
        Pack pack = PackedRecord.Clear(record);
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        foreach (ref readonly ScoredMember entry in entries.Items)
        {
            pack.Append(entry.Member);
            pack.Append(SortedScore.ToText(entry.Score, scratch));
        }
        PackedRecord.Save(record, pack);
        return record;
    }
}
