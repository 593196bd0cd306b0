using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;
using Random = System.Random;

namespace Tidelog.Tests.Values;

public sealed unsafe class HashTableTests
{
    private enum Kind
    {
        Set,
        SetMany,
        Remove,
        RemoveMany,
        Scan,
        Clone,
        Cut,
    }

    private static readonly Gen<(Kind, int, int)> Step = Gen.Frequency(
        (6, Gen.Constant(Kind.Set)), (3, Gen.Constant(Kind.SetMany)), (4, Gen.Constant(Kind.Remove)),
        (3, Gen.Constant(Kind.RemoveMany)), (2, Gen.Constant(Kind.Scan)), (1, Gen.Constant(Kind.Clone)),
        (2, Gen.Constant(Kind.Cut))).SelectMany(kind =>
            Gen.Choose(0, 700).SelectMany(number => Gen.Choose(0, 260).Select(length => (kind, number, length))));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_table_holds_what_a_dictionary_would_and_cuts_see_what_was(int stride) =>
        StepProperty.Check(60, length: 60, Step, steps =>
        {
            Model model = new(stride);
            foreach ((Kind kind, int number, int length) in steps)
            {
                model.Apply(kind, number, length);
            }
            model.End();
        });

    [Fact]
    public void Each_member_is_as_likely_as_any_other()
    {
        const int Members = 400;
        const int Draws = 400_000;
        ValueHeap heap = new(new ValueCut());
        HeapValue* root = HashTable.New(heap, 1);
        for (int i = 0; i < Members; i++)
        {
            HashTable.Add(HashTable.StateOf(root), new PackedText(i), heap, root);
        }
        int[] drawn = new int[Members];
        Random random = new(1);
        for (int i = 0; i < Draws; i++)
        {
            drawn[HashTable.Random(HashTable.StateOf(root), random).Key.Integer]++;
        }
        double expected = (double)Draws / Members;
        double deviation = drawn.Sum(count => (count - expected) * (count - expected) / expected);

        // Chi-squared with 399 degrees of freedom: above 500 once in 2,500 times, were the seed not fixed.
        Assert.InRange(deviation, 300, 500);
        Free(heap, root);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_value_that_there_is_no_memory_for_leaves_the_table_as_it_was(bool replaces)
    {
        for (int entries = 0; entries < 80; entries++)
        {
            ValueHeap heap = new(new ValueCut());
            HeapValue* root = HashTable.New(heap, 2);
            HashTableState* table = HashTable.StateOf(root);
            for (int i = 0; i < entries; i++)
            {
                HashTable.Set(table, new PackedText(i), new PackedText(i), heap, root);
            }
            int key = replaces && entries > 0 ? entries / 2 : entries;
            Assert.Throws<OutOfMemoryException>(() => SetTooLong(heap, root, new PackedText(key)));
            Assert.Equal(entries, root->Count);
            for (int i = 0; i < entries; i++)
            {
                Assert.True(HashTable.TryFind(table, new PackedText(i), out HashEntry found));
                Assert.Equal(i, found.Value.Integer);
            }
            Assert.Equal(replaces && entries > 0, HashTable.TryFind(table, new PackedText(key), out _));
            Assert.True(HashTable.Set(table, new PackedText(-1), new PackedText(0), heap, root));
            Assert.Equal(root->Bytes, heap.Bytes);
            Free(heap, root);
        }
    }

    /// <summary>The length with a header before it is no length: the allocation fails, nothing is read.</summary>
    private static void SetTooLong(ValueHeap heap, HeapValue* root, PackedText key)
    {
        byte some = 0;
        PackedText value = new(new ReadOnlySpan<byte>(&some, int.MaxValue));
        HashTable.Set(HashTable.StateOf(root), key, value, heap, root);
    }

    [Fact]
    public void A_long_key_goes_when_there_is_no_memory_for_its_value()
    {
        ValueHeap heap = new(new ValueCut());
        HeapValue* root = HashTable.New(heap, 2);
        byte[] key = Encoding.ASCII.GetBytes(new string('k', 300));
        Assert.Throws<OutOfMemoryException>(() => SetTooLong(heap, root, new PackedText(key)));
        long bytes = heap.Bytes;
        Assert.Throws<OutOfMemoryException>(() => SetTooLong(heap, root, new PackedText(key)));
        Assert.Equal(bytes, heap.Bytes);
        Free(heap, root);
    }

    [Fact]
    public void A_leaf_of_any_size_is_right()
    {
        ValueHeap heap = new(new ValueCut());
        HeapValue* root = HashTable.New(heap, 2);
        HashTableState* table = HashTable.StateOf(root);
        List<long> colliding = [];
        for (long i = 0; colliding.Count < 1500; i++)
        {
            // The low bits choose the bucket: all these go into the first.
            if ((HashTable.HashOf(new PackedText(i)) & 0x3FF) == 0)
            {
                colliding.Add(i);
                Assert.True(HashTable.Set(table, new PackedText(i), new PackedText(-i), heap, root));
            }
        }
        foreach (long i in colliding)
        {
            Assert.True(HashTable.TryFind(table, new PackedText(i), out HashEntry entry));
            Assert.Equal(-i, entry.Value.Integer);
        }
        foreach (long i in colliding)
        {
            HashEntry any = HashTable.Random(table, new Random(1));
            Assert.Equal(-any.Key.Integer, any.Value.Integer);
            Assert.True(HashTable.Remove(table, new PackedText(i), heap, root));
        }
        Assert.Equal(0, root->Count);
        Free(heap, root);
    }

    [Fact]
    public void Memory_stays_in_proportion()
    {
        ValueHeap heap = new(new ValueCut());
        HeapValue* root = HashTable.New(heap, 1);
        HashTableState* table = HashTable.StateOf(root);
        for (int i = 0; i < 100_000; i++)
        {
            HashTable.Add(table, new PackedText(Encoding.Latin1.GetBytes($"element:{i:D7}")), heap, root);
        }
        Assert.InRange(root->Bytes, 100_000 * 17, 100_000 * 21);
        for (int i = 0; i < 99_000; i++)
        {
            HashTable.Remove(table, new PackedText(Encoding.Latin1.GetBytes($"element:{i:D7}")), heap, root);
        }
        Assert.InRange(root->Bytes, 1000 * 17, 1000 * 29);
        Free(heap, root);
    }

    internal static void Free(ValueHeap heap, HeapValue* root)
    {
        heap.Disown(root);
        Assert.Equal(0, heap.Bytes);
        HeapValues.FreeNodes(root);
    }

    /// <summary>A table and what it should hold, and the same as they were at the last cut.</summary>
    private sealed class Model(int stride)
    {
        private readonly ValueCut _cut = new();
        private readonly Dictionary<string, string> _entries = [];
        private ValueHeap _heap = null!;
        private HeapValue* _root;
        private HeapValue* _oldRoot;
        private Dictionary<string, string> _oldEntries = [];
        private ulong _cursor;
        private HashSet<string>? _wanted;

        public void Apply(Kind kind, int number, int length)
        {
            if (_heap is null)
            {
                _heap = new ValueHeap(_cut);
                _root = HashTable.New(_heap, stride);
            }
            switch (kind)
            {
                case Kind.Set:
                    Set(number, length);
                    break;
                case Kind.SetMany:
                    for (int i = 0; i < length; i++)
                    {
                        Set((number + i) % 700, (number + i) % 30);
                    }
                    break;
                case Kind.Remove:
                    Remove(number);
                    break;
                case Kind.RemoveMany:
                    for (int i = 0; i < length; i++)
                    {
                        Remove((number + i) % 700);
                    }
                    break;
                case Kind.Scan:
                    Scan(number % 5);
                    break;
                case Kind.Clone:
                    HeapValue* clone = HeapValues.Clone(_root, _heap);
                    Compare(clone, _entries);
                    _heap.Disown(clone);
                    HeapValues.FreeNodes(clone);
                    break;
                default:
                    ChangeCut();
                    break;
            }
        }

        public void End()
        {
            if (_heap is null)
            {
                return;
            }
            Scan(int.MaxValue);
            Compare(_root, _entries);
            if (_oldRoot != null)
            {
                ChangeCut();
            }
            Assert.Equal(_entries.Count, _root->Count);
            Assert.Equal(_heap.Bytes, _root->Bytes);
            foreach (string key in _entries.Keys.ToArray())
            {
                Delete(key);
            }
            Assert.Equal(0, _root->Count);
            Free(_heap, _root);
        }

        /// <summary>Every kind of key: integers of all sizes, texts, and texts that need a block.</summary>
        private static string KeyOf(int number) => (number % 7) switch
        {
            0 => $"{number - 350}",
            1 => $"{(long)number * number * number * number * number}",
            2 => new string((char)('a' + (number % 26)), number % 260),
            3 => new string('k', 240 + number),
            _ => $"element:{number}",
        };

        private static string Text(Element element)
        {
            byte[] scratch = new byte[Element.ScratchLength];
            return Encoding.Latin1.GetString(element.Text(scratch));
        }

        private void Set(int number, int length)
        {
            string key = KeyOf(number);
            string value = stride == 1 ? "" : length % 3 == 0 ? $"{length * 1000}" : new string('v', length);
            PackedText packed = new(Encoding.Latin1.GetBytes(key));
            _root = _heap.WritableRoot(_root);
            HashTableState* table = HashTable.StateOf(_root);
            bool isNew = stride == 1
                ? HashTable.Add(table, packed, _heap, _root)
                : HashTable.Set(table, packed, new PackedText(Encoding.Latin1.GetBytes(value)), _heap, _root);
            Assert.Equal(!_entries.ContainsKey(key), isNew);
            _entries[key] = value;
            Assert.True(HashTable.TryFind(table, packed, out HashEntry entry));
            Assert.Equal(key, Text(entry.Key));
            Assert.Equal(value, stride == 1 ? "" : Text(entry.Value));
        }

        private void Remove(int number)
        {
            string key = KeyOf(number);
            Assert.Equal(_entries.ContainsKey(key), Delete(key));
            _entries.Remove(key);
            Assert.False(HashTable.Contains(
                HashTable.StateOf(_root), new PackedText(Encoding.Latin1.GetBytes(key))));

            // What was not there throughout need not be found by the walk.
            _wanted?.Remove(key);
        }

        private bool Delete(string key)
        {
            _root = _heap.WritableRoot(_root);
            return HashTable.Remove(
                HashTable.StateOf(_root), new PackedText(Encoding.Latin1.GetBytes(key)), _heap, _root);
        }

        /// <summary>Goes on with a walk; at its end everything that was there all the time has been found.</summary>
        private void Scan(int steps)
        {
            _wanted ??= [.. _entries.Keys];
            do
            {
                _cursor = HashTable.Scan(
                    HashTable.StateOf(_root), _cursor, out HashLeaf* first, out HashLeaf* second);
                Find(first);
                Find(second);
            }
            while (_cursor != 0 && --steps > 0);
            if (_cursor == 0)
            {
                Assert.Empty(_wanted);
                _wanted = null;
            }
        }

        private void Find(HashLeaf* leaf)
        {
            HashLeafWalk walk = new(leaf, stride);
            while (walk.MoveNext())
            {
                _wanted!.Remove(Text(walk.Key));
            }
        }

        private void ChangeCut()
        {
            if (_oldRoot == null)
            {
                _cut.Begin();
                _oldRoot = _root;
                _oldEntries = new Dictionary<string, string>(_entries);
                return;
            }
            Compare(_oldRoot, _oldEntries);
            _cut.End();
            _oldRoot = null;
        }

        private void Compare(HeapValue* root, Dictionary<string, string> entries)
        {
            Dictionary<string, string> found = [];
            HashTableWalk walk = new(HashTable.StateOf(root));
            while (walk.MoveNext())
            {
                found.Add(Text(walk.Key), stride == 1 ? "" : Text(walk.Value));
            }
            Assert.Equal(entries, found);
        }
    }
}
