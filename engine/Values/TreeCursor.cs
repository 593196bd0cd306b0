namespace Tidelog.Engine.Values;

/// <summary>A place in a tree; good until the tree is changed.</summary>
internal unsafe struct TreeCursor<TKey, TValue>
    where TKey : unmanaged, ITreeKey<TKey>
    where TValue : unmanaged
{
    private readonly NodeTree<TKey, TValue> _tree;
    private TreeNode<TKey>* _leaf;
    private int _index;

    private TreeCursor(NodeTree<TKey, TValue> tree) => _tree = tree;

    /// <summary>False in front of the first entry and behind the last.</summary>
    public readonly bool IsValid => _leaf != null;

    public readonly TKey Key => *_leaf->Key(_index, NodeTree<TKey, TValue>.LeafStride);

    public readonly TValue* Value =>
        (TValue*)(_leaf->Entry(_index, NodeTree<TKey, TValue>.LeafStride) + sizeof(TKey));

    public static TreeCursor<TKey, TValue> AtFirst(in NodeTree<TKey, TValue> tree)
    {
        TreeCursor<TKey, TValue> cursor = new(tree);
        if (tree.Root != null)
        {
            cursor.GoToFirst(tree.Root, tree.Height);
        }
        return cursor;
    }

    public static TreeCursor<TKey, TValue> AtLast(in NodeTree<TKey, TValue> tree)
    {
        TreeCursor<TKey, TValue> cursor = new(tree);
        if (tree.Root != null)
        {
            cursor.GoToLast(tree.Root, tree.Height);
        }
        return cursor;
    }

    /// <summary>At the first entry whose key is a given one or behind it.</summary>
    public static TreeCursor<TKey, TValue> AtOrBehind(in NodeTree<TKey, TValue> tree, TKey key)
    {
        TreeCursor<TKey, TValue> cursor = new(tree);
        cursor.Seek(key, orEqual: true);
        return cursor;
    }

    /// <summary>At the last entry whose key is a given one or in front of it.</summary>
    public static TreeCursor<TKey, TValue> AtOrBefore(in NodeTree<TKey, TValue> tree, TKey key)
    {
        TreeCursor<TKey, TValue> cursor = new(tree);
        cursor.SeekBack(key, orEqual: true);
        return cursor;
    }

    public void MoveNext()
    {
        if (_index + 1 < _leaf->Count)
        {
            _index++;
        }
        else
        {
            Seek(Key, orEqual: false);
        }
    }

    public void MovePrevious()
    {
        if (_index > 0)
        {
            _index--;
        }
        else
        {
            SeekBack(Key, orEqual: false);
        }
    }

    private void Seek(in TKey key, bool orEqual)
    {
        TreeNode<TKey>* node = _tree.Root;
        _leaf = null;
        if (node == null)
        {
            return;
        }
        TreeNode<TKey>* behind = null;
        int heightBehind = 0;
        for (int height = _tree.Height; height > 0; height--)
        {
            int child = node->ChildIndex(key);
            if (child + 1 < node->Count)
            {
                behind = node->Child(child + 1);
                heightBehind = height - 1;
            }
            node = node->Child(child);
        }
        int stride = NodeTree<TKey, TValue>.LeafStride;
        int index = orEqual ? node->LowerBound(key, stride) : node->UpperBound(key, stride);
        if (index < node->Count)
        {
            _leaf = node;
            _index = index;
        }
        else if (behind != null)
        {
            GoToFirst(behind, heightBehind);
        }
    }

    private void SeekBack(in TKey key, bool orEqual)
    {
        TreeNode<TKey>* node = _tree.Root;
        _leaf = null;
        if (node == null)
        {
            return;
        }
        TreeNode<TKey>* before = null;
        int heightBefore = 0;
        for (int height = _tree.Height; height > 0; height--)
        {
            int child = node->ChildIndex(key);
            if (child > 0)
            {
                before = node->Child(child - 1);
                heightBefore = height - 1;
            }
            node = node->Child(child);
        }
        int stride = NodeTree<TKey, TValue>.LeafStride;
        int index = (orEqual ? node->UpperBound(key, stride) : node->LowerBound(key, stride)) - 1;
        if (index >= 0)
        {
            _leaf = node;
            _index = index;
        }
        else if (before != null)
        {
            GoToLast(before, heightBefore);
        }
    }

    private void GoToFirst(TreeNode<TKey>* node, int height)
    {
        for (; height > 0; height--)
        {
            node = node->Child(0);
        }
        _leaf = node;
        _index = 0;
    }

    private void GoToLast(TreeNode<TKey>* node, int height)
    {
        for (; height > 0; height--)
        {
            node = node->Child(node->Count - 1);
        }
        _leaf = node;
        _index = node->Count - 1;
    }
}
