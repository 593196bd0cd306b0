using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Values;

/// <summary>Goes over the entries of one leaf, of none if there is no leaf, or of a pack.</summary>
internal unsafe struct HashLeafWalk
{
    private readonly Pack _pack;
    private readonly int _stride;
    private int _index;
    private int _offset;

    /// <param name="leaf">May be null.</param>
    public HashLeafWalk(HashLeaf* leaf, int stride)
        : this(leaf == null ? default : HashLeaf.PackOf(leaf, stride), stride)
    {
    }

    public HashLeafWalk(Pack pack, int stride)
    {
        _pack = pack;
        _stride = stride;
        _index = -stride;
    }

    public Element Key { get; private set; }

    /// <summary>Of no meaning in a set.</summary>
    public Element Value { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        _index += _stride;
        if (_index >= _pack.Count)
        {
            return false;
        }
        Key = _pack.At(_index, _offset);
        _offset += Key.PayloadLength;
        if (_stride == 2)
        {
            Value = _pack.At(_index + 1, _offset);
            _offset += Value.PayloadLength;
        }
        return true;
    }
}

/// <summary>Goes over all entries of a table, which is not changed meanwhile.</summary>
internal unsafe struct HashTableWalk(HashTableState* table)
{
    private long _bucket;
    private HashLeafWalk _leaf = new(null, table->Stride);

    public readonly Element Key => _leaf.Key;

    /// <summary>Of no meaning in a set.</summary>
    public readonly Element Value => _leaf.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext() => _leaf.MoveNext() || MoveToNextLeaf();

    private bool MoveToNextLeaf()
    {
        long buckets = HashDirectory.BucketCount(table);
        while (_bucket < buckets)
        {
            _leaf = new HashLeafWalk(HashDirectory.Leaf(table, _bucket++), table->Stride);
            if (_bucket < buckets && HashDirectory.Leaf(table, _bucket) is var next && next != null)
            {
                HashLeaf.Prefetch(next);
            }
            if (_leaf.MoveNext())
            {
                return true;
            }
        }
        return false;
    }
}
