using System.Runtime.CompilerServices;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>Goes over entries of a sorted set, which is not changed meanwhile, by their ranks.</summary>
internal unsafe ref struct SortedEntries
{
    private readonly SortedSetRoot* _root;
    private readonly bool _isReversed;

    // Elements of the pack at hand: entries of a leaf, or of a packed set, where each has two of them.
    private Pack _pack;
    private double* _scores;
    private int _index;
    private int _offset;
    private int _leftInPack;

    private long _rank;
    private long _left;

    private SortedEntries(SortedSetRoot* root, long rank, long count, bool isReversed)
    {
        _root = root;
        _rank = rank;
        _left = count;
        _isReversed = isReversed;
    }

    public Element Member { get; private set; }

    public double Score { get; private set; }

    /// <param name="rank">Of the first entry; counted from the end if they are to come reversed.</param>
    /// <param name="count">Not more than there are.</param>
    public static SortedEntries Of(SortedSetRoot* root, long rank, long count, bool isReversed) =>
        new(root, isReversed ? root->Value.Count - 1 - rank : rank, count, isReversed);

    /// <inheritdoc cref="Of(SortedSetRoot*, long, long, bool)"/>
    public static SortedEntries Of(Record record, long rank, long count, bool isReversed)
    {
        if (record.IsHeapCollection)
        {
            return Of((SortedSetRoot*)record.Root, rank, count, isReversed);
        }
        Pack pack = PackedRecord.PackOf(record);
        int index = (int)(isReversed ? (pack.Count / 2) - 1 - rank : rank) * 2;
        return new SortedEntries(null, 0, count, isReversed)
        {
            _pack = pack,
            _index = index,
            _offset = pack.OffsetOf(isReversed ? index + 2 : index),
            _leftInPack = (int)count,
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }
        _left--;
        if (_leftInPack == 0)
        {
            OpenLeaf();
        }
        _leftInPack--;
        if (_scores != null)
        {
            MoveInLeaf();
        }
        else
        {
            MovePacked();
        }
        return true;
    }

    private void MoveInLeaf()
    {
        int size = Element.SizeOf(_pack.CodeAt(_index));
        _offset -= _isReversed ? size : 0;
        Member = _pack.At(_index, _offset);
        Score = _scores[_index];
        _offset += _isReversed ? 0 : size;
        _index += _isReversed ? -1 : 1;
    }

    private void MovePacked()
    {
        int size = Element.SizeOf(_pack.CodeAt(_index));
        int both = size + Element.SizeOf(_pack.CodeAt(_index + 1));
        _offset -= _isReversed ? both : 0;
        Member = _pack.At(_index, _offset);
        Score = SortedScore.Read(_pack.At(_index + 1, _offset + size));
        _offset += _isReversed ? 0 : both;
        _index += _isReversed ? -2 : 2;
    }

    private void OpenLeaf()
    {
        long within = _rank;
        OrderLeaf* leaf = OrderTree.LeafOf(&_root->Order, ref within);
        _pack = OrderLeaf.Members(leaf);
        _scores = OrderLeaf.Scores(leaf);
        _index = (int)within;
        _offset = _pack.OffsetOf(_isReversed ? _index + 1 : _index);
        _leftInPack = _isReversed ? _index + 1 : leaf->Count - _index;
        _rank += _isReversed ? -_leftInPack : _leftInPack;
    }
}
