namespace Tidelog.Engine.Values;

/// <summary>What every block of a heap value begins with.</summary>
internal struct HeapNode
{
    /// <summary>Bytes that each block spends on its header.</summary>
    public const int HeaderSize = 8;

    /// <summary>When it was made: see <see cref="ValueCut"/>.</summary>
    public uint Generation;

    /// <summary>Bytes of the block, this header included.</summary>
    public int Size;
}

/// <summary>Which structure a heap value has.</summary>
internal enum HeapValueKind : int
{
    List = 1,
    HashTable = 2,
    SortedSet = 3,
    Stream = 4,
}

/// <summary>
/// What the root of every heap value begins with. A record of a collection points to its root; the root owns the nodes.
/// </summary>
internal struct HeapValue
{
    public HeapNode Node;
    public HeapValueKind Kind;

    /// <summary>
    /// The generation that the value is of, whatever of it was copied since; no block of it is older.
    /// </summary>
    public uint Made;

    /// <summary>Memory of the root and all its nodes, in bytes.</summary>
    public long Bytes;

    /// <summary>Number of elements.</summary>
    public long Count;
}
