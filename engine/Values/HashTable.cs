// The keyed collection of big sets, hashes and sorted sets: a hash table whose buckets are leaves of some two dozen
// entries (HashLeaf), found through a directory of segments.
//
//   root (or a part of one) -> top: pointers to segments -> segment: 512 pointers to leaves -> leaf
//
// It grows by linear hashing, as the index of the keyspace does (HashIndex): with more entries per bucket than wanted,
// every insertion splits the next bucket in turn. So no command ever pays for a rebuilding, no second table exists, and
// a leaf is about as full at every size. Bucket b of level L holds the entries with hash mod 2^L = b; those below the
// split pointer have been divided by one more bit. It shrinks the same way backwards.
//
// The hash is the keyspace's, seeded at random at the start: a client cannot choose members that collide.
//
// All changes copy what a cut has frozen on the way down (ValueCut): the root is the caller's to make writable, top,
// segment and leaf are made so here.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>
/// The state of a table, a part of the root of the heap value that has it. How many entries there are is the root's
/// <see cref="HeapValue.Count"/>, which is kept here.
/// </summary>
internal unsafe struct HashTableState
{
    public HeapNode* Top;

    /// <summary>Elements per entry: 1 for a set, 2 for keys with values.</summary>
    public int Stride;

    /// <summary>There are 2^Level + Split buckets.</summary>
    public int Level;
    public int Split;

    /// <summary>The most entries that a leaf has had: <see cref="HashTable.Random"/> needs a bound.</summary>
    public int MostEntries;
}

/// <summary>An entry that was found; good until the table is changed.</summary>
/// <param name="Value">Of no meaning in a set.</param>
internal readonly record struct HashEntry(Element Key, Element Value);

/// <summary>Operations on a hash table of packed texts, by itself the heap value of a set or a hash.</summary>
internal static unsafe class HashTable
{
    /// <summary>Entries per bucket above which buckets are split.</summary>
    private const int SplitAbove = 24;

    /// <summary>Below which they are merged: far enough from the other that a size at the border is steady.</summary>
    private const int MergeBelow = 16;

    /// <summary>Leaves rarely have more entries than this, so it serves as the bound of the random choice.</summary>
    private const int UsualMost = 48;

    /// <summary>A heap value that is nothing but an empty table.</summary>
    /// <param name="stride">1 for a set, 2 for keys with values.</param>
    public static HeapValue* New(ValueHeap heap, int stride)
    {
        HeapValue* root = heap.NewRoot(HeapValueKind.HashTable, sizeof(HeapValue) + sizeof(HashTableState));
        Initialize(StateOf(root), stride, heap, root);
        return root;
    }

    /// <summary>The table of a heap value made by <see cref="New"/>.</summary>
    public static HashTableState* StateOf(HeapValue* root) => (HashTableState*)(root + 1);

    /// <summary>Makes an empty table in a root that has another structure beside it.</summary>
    public static void Initialize(HashTableState* table, int stride, ValueHeap heap, HeapValue* owner)
    {
        Invariant.Require(stride is 1 or 2);
        table->Stride = stride;
        table->Level = 0;
        table->Split = 0;
        table->MostEntries = UsualMost;
        HashDirectory.Initialize(table, heap, owner);
    }

    /// <summary>The hash of a key; a text that is an integer is hashed as the number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong HashOf(in PackedText key) => key.IsInteger ? HashOf(key.Integer) : KeyHash.Of(key.Bytes);

    public static ulong HashOf(Element key) => key.IsInteger ? HashOf(key.Integer) : KeyHash.Of(key.Bytes);

    public static bool Contains(HashTableState* table, in PackedText key)
    {
        ulong hash = HashOf(key);
        HashLeaf* leaf = HashDirectory.LeafOf(table, hash);
        if (leaf == null)
        {
            return false;
        }
        HashLeaf.Prefetch(leaf);
        return HashLeaf.Find(leaf, table->Stride, TagOf(hash), key, out _) >= 0;
    }

    /// <summary>Finds a key's entry.</summary>
    public static bool TryFind(HashTableState* table, in PackedText key, out HashEntry entry)
    {
        ulong hash = HashOf(key);
        HashLeaf* leaf = HashDirectory.LeafOf(table, hash);
        if (leaf != null)
        {
            HashLeaf.Prefetch(leaf);
            int number = HashLeaf.Find(leaf, table->Stride, TagOf(hash), key, out int offset);
            if (number >= 0)
            {
                entry = EntryAt(leaf, table->Stride, number, offset);
                return true;
            }
        }
        entry = default;
        return false;
    }

    /// <summary>Adds a member to a table of stride 1.</summary>
    /// <returns>False if it was there.</returns>
    public static bool Add(HashTableState* table, in PackedText member, ValueHeap heap, HeapValue* owner) =>
        Set(table, member, default, heap, owner, replaces: false);

    /// <summary>Sets a key's value.</summary>
    /// <returns>True if the key is new, false if its value was replaced.</returns>
    public static bool Set(
        HashTableState* table, in PackedText key, in PackedText value, ValueHeap heap, HeapValue* owner) =>
        Set(table, key, value, heap, owner, replaces: true);

    /// <summary>Removes a key.</summary>
    /// <returns>False if it was not there.</returns>
    public static bool Remove(HashTableState* table, in PackedText key, ValueHeap heap, HeapValue* owner)
    {
        ulong hash = HashOf(key);
        long bucket = HashDirectory.BucketOf(table, hash);
        HashLeaf* leaf = HashDirectory.Leaf(table, bucket);
        if (leaf == null)
        {
            return false;
        }
        HashLeaf.Prefetch(leaf);
        int entry = HashLeaf.Find(leaf, table->Stride, TagOf(hash), key, out _);
        if (entry < 0)
        {
            return false;
        }
        HashLeaf** slot = HashDirectory.WritableSlot(table, bucket, heap);
        if (leaf->Entries == 1)
        {
            HeapPack.Release(HashLeaf.PackOf(leaf, table->Stride), heap, owner);
            heap.Free(owner, &leaf->Node);
            *slot = null;
        }
        else
        {
            leaf = (HashLeaf*)heap.Writable(&leaf->Node);
            HashLeaf.Remove(leaf, table->Stride, entry, heap, owner);
            *slot = HashLeaf.Trim(leaf, table->Stride, heap, owner);
        }
        owner->Count--;
        if (owner->Count < HashDirectory.BucketCount(table) * MergeBelow && HashDirectory.BucketCount(table) > 1)
        {
            HashGrowth.MergeLast(table, heap, owner);
        }
        return true;
    }

    /// <summary>An entry at random, each as likely as any other; the table is not empty.</summary>
    public static HashEntry Random(HashTableState* table, Random random)
    {
        int stride = table->Stride;
        int buckets = checked((int)HashDirectory.BucketCount(table));
        while (true)
        {
            HashLeaf* leaf = HashDirectory.Leaf(table, buckets == 1 ? 0 : random.Next(buckets));
            if (leaf == null)
            {
                continue;
            }

            // A number below a bound for all leaves: a leaf is taken in proportion to its entries.
            int entry = random.Next(buckets == 1 ? leaf->Entries : table->MostEntries);
            if (entry < leaf->Entries)
            {
                return EntryAt(leaf, stride, entry, HashLeaf.PackOf(leaf, stride).OffsetOf(entry * stride));
            }
        }
    }

    /// <summary>
    /// Takes a step of a walk that lasts over changes, as redis's cursors promise: whatever is there throughout is
    /// visited at least once. The leaves of the step are for <see cref="HashLeafWalk"/>; each may be null.
    /// </summary>
    /// <param name="cursor">0 at the beginning.</param>
    /// <returns>The next cursor, 0 at the end.</returns>
    public static ulong Scan(HashTableState* table, ulong cursor, out HashLeaf* first, out HashLeaf* second)
    {
        ulong lowMask = (1UL << table->Level) - 1;
        ulong highMask = (2UL << table->Level) - 1;
        ulong low = cursor & lowMask;
        second = null;
        if (low >= (ulong)table->Split)
        {
            first = HashDirectory.Leaf(table, (long)low);
            return NextCursor(cursor, lowMask);
        }

        // A bucket that has been divided: both parts, unless the cursor comes from a time when one was done.
        first = HashDirectory.Leaf(table, (long)(cursor & highMask));
        cursor = NextCursor(cursor, highMask);
        if ((cursor & (lowMask ^ highMask)) != 0)
        {
            second = HashDirectory.Leaf(table, (long)(cursor & highMask));
            cursor = NextCursor(cursor, highMask);
        }
        return cursor;
    }

    /// <summary>Copies all entries to an empty table of another owner, who counts them itself.</summary>
    public static void CopyTo(HashTableState* source, HashTableState* target, ValueHeap heap, HeapValue* owner)
    {
        Invariant.Require(HashDirectory.BucketCount(target) == 1 && target->Stride == source->Stride);
        for (long i = 0; i < HashDirectory.BucketCount(source); i++)
        {
            if (i > 0)
            {
                HashDirectory.AddBucket(target, heap, owner);
            }
            HashLeaf* leaf = HashDirectory.Leaf(source, i);
            if (leaf != null)
            {
                *HashDirectory.WritableSlot(target, i, heap) = HashLeaf.Clone(leaf, source->Stride, heap, owner);
            }
        }
        target->MostEntries = source->MostEntries;
    }

    /// <summary>Frees all nodes of a table but not the root, on any thread; nothing is counted.</summary>
    public static void FreeNodes(HashTableState* table)
    {
        for (long i = 0; i < HashDirectory.BucketCount(table); i++)
        {
            HashLeaf* leaf = HashDirectory.Leaf(table, i);
            if (leaf != null)
            {
                HashLeaf.FreeAll(leaf, table->Stride);
            }
        }
        HashDirectory.Free(table);
    }

    /// <summary>Frees a heap value made by <see cref="New"/>.</summary>
    public static void FreeNodes(HeapValue* root)
    {
        FreeNodes(StateOf(root));
        NativeMemory.Free(root);
    }

    /// <summary>A copy of a heap value made by <see cref="New"/>.</summary>
    public static HeapValue* Clone(HeapValue* root, ValueHeap heap)
    {
        HeapValue* copy = New(heap, StateOf(root)->Stride);
        CopyTo(StateOf(root), StateOf(copy), heap, copy);
        copy->Count = root->Count;
        return copy;
    }

    /// <summary>Bits of the hash that do not choose the bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte TagOf(ulong hash) => (byte)(hash >> 56);

    private static ulong HashOf(long integer) => KeyHash.Of((byte*)&integer, sizeof(long));

    private static HashEntry EntryAt(HashLeaf* leaf, int stride, int entry, int offset)
    {
        Pack pack = HashLeaf.PackOf(leaf, stride);
        Element key = pack.At(entry * stride, offset);
        return stride == 1
            ? new HashEntry(key, default)
            : new HashEntry(key, pack.At((entry * stride) + 1, offset + key.PayloadLength));
    }

    private static bool Set(
        HashTableState* table, in PackedText key, in PackedText value, ValueHeap heap, HeapValue* owner, bool replaces)
    {
        ulong hash = HashOf(key);
        long bucket = HashDirectory.BucketOf(table, hash);
        HashLeaf* leaf = HashDirectory.Leaf(table, bucket);
        int stride = table->Stride;
        int added = Pack.SizeOf(key) + (stride == 2 ? Pack.SizeOf(value) : 0);
        if (leaf != null)
        {
            HashLeaf.Prefetch(leaf);
            int entry = HashLeaf.Find(leaf, stride, TagOf(hash), key, out _);
            if (entry >= 0)
            {
                if (replaces)
                {
                    Replace(table, bucket, leaf, entry, value, heap, owner);
                }
                return false;
            }
        }

        // The leaf is in its place before there is memory for long texts: if there is none, the table is as it was.
        HashLeaf** slot = HashDirectory.WritableSlot(table, bucket, heap);
        leaf = leaf == null
            ? HashLeaf.New(1, added, heap, owner)
            : HashLeaf.MakeRoom(leaf, stride, 1, added, heap, owner);
        *slot = leaf;
        HashLeaf.Append(leaf, stride, TagOf(hash), key, value, heap, owner);
        table->MostEntries = Math.Max(table->MostEntries, leaf->Entries);
        owner->Count++;
        if (owner->Count > HashDirectory.BucketCount(table) * SplitAbove)
        {
            HashGrowth.SplitNext(table, heap, owner);
        }
        return true;
    }

    private static void Replace(
        HashTableState* table, long bucket, HashLeaf* leaf, int entry, in PackedText value, ValueHeap heap,
        HeapValue* owner)
    {
        int index = (entry * table->Stride) + 1;
        int more = value.PayloadLength - Element.SizeOf(HashLeaf.PackOf(leaf, table->Stride).CodeAt(index));
        HashLeaf** slot = HashDirectory.WritableSlot(table, bucket, heap);
        leaf = HashLeaf.MakeRoom(leaf, table->Stride, 0, more, heap, owner);
        *slot = leaf;
        Pack pack = HashLeaf.PackOf(leaf, table->Stride);
        HeapPack.Replace(ref pack, index, value, heap, owner);
        leaf->Used = pack.Used;
        if (more < 0)
        {
            *slot = HashLeaf.Trim(leaf, table->Stride, heap, owner);
        }
    }

    /// <summary>Counts up with the bits reversed: the parts of a divided bucket come one after the other.</summary>
    private static ulong NextCursor(ulong cursor, ulong mask) => HashIndex.NextCursor(cursor, mask);
}
