using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed unsafe class NodeTreeTests
{
    private enum Kind
    {
        Insert,
        Remove,
        InsertMany,
        RemoveMany,
        Change,
        Clone,
        Cut,
    }

    private static readonly Gen<(Kind, int, int)> Step = Gen.Frequency(
        (4, Gen.Constant(Kind.Insert)), (3, Gen.Constant(Kind.Remove)), (4, Gen.Constant(Kind.InsertMany)),
        (3, Gen.Constant(Kind.RemoveMany)), (2, Gen.Constant(Kind.Change)), (1, Gen.Constant(Kind.Clone)),
        (2, Gen.Constant(Kind.Cut))).SelectMany(kind =>
            Gen.Choose(0, 3000).SelectMany(number => Gen.Choose(0, 900).Select(count => (kind, number, count))));

    [Fact]
    public void A_tree_holds_what_a_sorted_dictionary_would_and_cuts_see_what_was() =>
        StepProperty.Check(60, length: 40, Step, steps =>
        {
            Model model = new();
            foreach ((Kind kind, int number, int count) in steps)
            {
                model.Apply(kind, number, count);
            }
            model.End();
        });

    [Fact]
    public void What_grows_at_its_end_fills_its_nodes()
    {
        ValueHeap heap = new(new ValueCut());
        Holder* holder = (Holder*)heap.NewRoot(HeapValueKind.Stream, sizeof(Holder));
        for (ulong i = 0; i < 100_000; i++)
        {
            *holder->Tree.Insert(new StreamId(i, 0), heap, &holder->Value) = (long)i;
        }
        Assert.InRange(holder->Value.Bytes, 100_000 * 24, 100_000 * 26);
        for (ulong i = 0; i < 99_900; i++)
        {
            Assert.True(holder->Tree.Remove(new StreamId(i, 0), heap, &holder->Value));
        }
        Assert.InRange(holder->Value.Bytes, 100 * 24, 100 * 80);
        Model.Free(heap, holder);
    }

    /// <summary>A root that has a tree and nothing else.</summary>
    private struct Holder
    {
        public HeapValue Value;
        public NodeTree<StreamId, long> Tree;
    }

    /// <summary>A tree and what it should hold, and the same as they were at the last cut.</summary>
    private sealed class Model
    {
        private readonly ValueCut _cut = new();
        private readonly SortedDictionary<int, long> _entries = [];
        private readonly ValueHeap _heap;
        private Holder* _holder;
        private Holder* _oldHolder;
        private SortedDictionary<int, long> _oldEntries = [];

        public Model()
        {
            _heap = new ValueHeap(_cut);
            _holder = (Holder*)_heap.NewRoot(HeapValueKind.Stream, sizeof(Holder));
        }

        public static void Free(ValueHeap heap, Holder* holder)
        {
            heap.Disown(&holder->Value);
            Assert.Equal(0, heap.Bytes);
            holder->Tree.FreeNodes(null);
            NativeMemory.Free(holder);
        }

        public void Apply(Kind kind, int number, int count)
        {
            if (kind == Kind.Cut)
            {
                ChangeCut();
                return;
            }
            _holder = (Holder*)_heap.WritableRoot(&_holder->Value);
            switch (kind)
            {
                case Kind.Insert:
                    Insert(number, count);
                    break;
                case Kind.Remove:
                    Remove(number);
                    break;
                case Kind.InsertMany:
                    for (int i = 0; i < count; i++)
                    {
                        Insert((number + (i * 7)) % 4000, i);
                    }
                    break;
                case Kind.RemoveMany:
                    for (int i = 0; i < count; i++)
                    {
                        Remove((number + i) % 4000);
                    }
                    break;
                case Kind.Change:
                    long* value = _holder->Tree.FindWritable(KeyOf(number), _heap);
                    Assert.Equal(_entries.ContainsKey(number), value != null);
                    if (value != null)
                    {
                        *value = _entries[number] = -count;
                    }
                    break;
                default:
                    CompareClone();
                    break;
            }
            Seek(number);
        }

        public void End()
        {
            Compare(_holder, _entries);
            if (_oldHolder != null)
            {
                ChangeCut();
            }
            Assert.Equal(_holder->Tree.CountBytes(), _holder->Tree.Bytes);
            long bytes = ValueHeap.CostOf(sizeof(Holder)) + _holder->Tree.CountBytes();
            Assert.Equal(bytes, _holder->Value.Bytes);
            Assert.Equal(bytes, _heap.Bytes);
            foreach (int number in _entries.Keys.ToArray())
            {
                Remove(number);
            }
            Assert.Equal(ValueHeap.CostOf(sizeof(Holder)), _holder->Value.Bytes);
            Free(_heap, _holder);
        }

        private static StreamId KeyOf(int number) => new((ulong)(number / 16), (ulong)(number % 16));

        private static int NumberOf(StreamId key) => (int)((key.Ms * 16) + key.Seq);

        private void Insert(int number, long value)
        {
            if (_entries.TryAdd(number, value))
            {
                *_holder->Tree.Insert(KeyOf(number), _heap, &_holder->Value) = value;
            }
        }

        private void Remove(int number) =>
            Assert.Equal(_entries.Remove(number), _holder->Tree.Remove(KeyOf(number), _heap, &_holder->Value));

        private void Seek(int number)
        {
            int[] behind = [.. _entries.Keys.Where(n => n >= number).Take(1)];
            int[] before = [.. _entries.Keys.Where(n => n <= number).TakeLast(1)];
            TreeCursor<StreamId, long> cursor = TreeCursor<StreamId, long>.AtOrBehind(_holder->Tree, KeyOf(number));
            Assert.Equal(behind, cursor.IsValid ? [NumberOf(cursor.Key)] : []);
            cursor = TreeCursor<StreamId, long>.AtOrBefore(_holder->Tree, KeyOf(number));
            Assert.Equal(before, cursor.IsValid ? [NumberOf(cursor.Key)] : []);
        }

        private void CompareClone()
        {
            Holder* clone = (Holder*)_heap.NewRoot(HeapValueKind.Stream, sizeof(Holder));
            clone->Tree = _holder->Tree.Clone(_heap, &clone->Value, null);
            Compare(clone, _entries);
            clone->Tree.Clear(_heap, &clone->Value);
            Assert.Equal(ValueHeap.CostOf(sizeof(Holder)), clone->Value.Bytes);
            _heap.Disown(&clone->Value);
            NativeMemory.Free(clone);
        }

        private void ChangeCut()
        {
            if (_oldHolder == null)
            {
                _cut.Begin();
                _oldHolder = _holder;
                _oldEntries = new SortedDictionary<int, long>(_entries);
                return;
            }
            Compare(_oldHolder, _oldEntries);
            _cut.End();
            _oldHolder = null;
        }

        private static void Compare(Holder* holder, SortedDictionary<int, long> entries)
        {
            List<KeyValuePair<int, long>> found = [];
            TreeCursor<StreamId, long> cursor = TreeCursor<StreamId, long>.AtFirst(holder->Tree);
            for (; cursor.IsValid; cursor.MoveNext())
            {
                found.Add(new(NumberOf(cursor.Key), *cursor.Value));
            }
            Assert.Equal(entries, found);
            Assert.Equal(entries.Count, holder->Tree.Count);
            List<int> backwards = [];
            cursor = TreeCursor<StreamId, long>.AtLast(holder->Tree);
            for (; cursor.IsValid; cursor.MovePrevious())
            {
                backwards.Add(NumberOf(cursor.Key));
            }
            Assert.Equal(entries.Keys.Reverse(), backwards);
        }
    }
}
