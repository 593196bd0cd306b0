using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

/// <summary>The big sorted set against a plain dictionary and a sort, with cuts on the way.</summary>
public sealed unsafe class SortedSetTests
{
    private static readonly Gen<string> Member = Gen.Frequency(
        (6, Gen.Choose(0, 3000).Select(i => i.ToString(CultureInfo.InvariantCulture))),
        (6, Gen.Choose(0, 3000).Select(i => "member:" + i)),
        (2, Gen.Choose(0, 239).Select(length => new string('m', length))),
        (1, Gen.Choose(240, 600).Select(length => new string('l', length))));

    private static readonly Gen<double> Score = Gen.Frequency(
        (4, Gen.Choose(-20, 20).Select(i => (double)i)),
        (4, Gen.Choose(-1_000_000, 1_000_000).Select(i => i / 7.0)),
        (1, Gen.Elements(double.PositiveInfinity, double.NegativeInfinity, -0.0, 1e17, 1e300, -1.5)));

    private enum Kind
    {
        Set, SetMany, SetManyInOrder, Remove, RemoveRange, RemoveMost, BeginCut, EndCut, Clone,
    }

    [Fact]
    public void A_big_set_is_what_a_dictionary_and_a_sort_make()
    {
        Gen<Step> step =
            from kind in Gen.Frequency(
                (6, Gen.Constant(Kind.Set)), (4, Gen.Constant(Kind.SetMany)), (2, Gen.Constant(Kind.SetManyInOrder)),
                (4, Gen.Constant(Kind.Remove)), (2, Gen.Constant(Kind.RemoveRange)), (1, Gen.Constant(Kind.RemoveMost)),
                (2, Gen.Constant(Kind.BeginCut)), (1, Gen.Constant(Kind.EndCut)), (1, Gen.Constant(Kind.Clone)))
            from member in Member
            from score in Score
            from number in Gen.Choose(0, 1 << 20)
            select new Step(kind, member, score, number);
        StepProperty.Check(60, length: 60, step, Run);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Entries_that_come_in_order_fill_the_leaves(bool ascending)
    {
        using Subject subject = new();
        const int Count = 20_000;
        for (int i = 0; i < Count; i++)
        {
            subject.Set($"element:{i:d7}", ascending ? i : -i);
        }
        subject.CheckNodes();
        Assert.True(OrderBytes(subject.Root) < Count * 30, $"{OrderBytes(subject.Root)} bytes");
    }

    [Fact]
    public void Equal_scores_are_ordered_by_the_bytes_of_the_members()
    {
        using Subject subject = new();
        Random random = new(5);
        for (int i = 0; i < 5000; i++)
        {
            subject.Set(random.Next(20_000).ToString(CultureInfo.InvariantCulture), 1);
        }
        subject.Check();
    }

    private static void Run(Step[] steps)
    {
        using Subject subject = new();
        foreach (Step step in steps)
        {
            subject.Apply(step);
        }
        subject.Check();
        subject.CheckNodes();
    }

    private static long OrderBytes(SortedSetRoot* root) => BytesBelow(root->Order.Top, root->Order.Height);

    private static long BytesBelow(HeapNode* node, int height)
    {
        if (node == null)
        {
            return 0;
        }
        long bytes = ValueHeap.CostOf(node->Size);
        for (int i = 0; height > 0 && i < ((OrderBranch*)node)->Count; i++)
        {
            bytes += BytesBelow(OrderBranch.Children((OrderBranch*)node)[i], height - 1);
        }
        return bytes;
    }

    private sealed record Step(Kind Kind, string Member, double Score, int Number);

    /// <summary>A set and its model, and both as they were at the cut.</summary>
    private sealed class Subject : IDisposable
    {
        private readonly ValueCut _cut = new();
        private readonly ValueHeap _heap;
        private Dictionary<string, double> _model = [];
        private Dictionary<string, double>? _frozenModel;
        private SortedSetRoot* _frozen;

        public Subject()
        {
            _heap = new ValueHeap(_cut);
            Root = HeapSortedSet.New(_heap);
        }

        public SortedSetRoot* Root { get; private set; }

        public void Apply(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Set:
                    Set(step.Member, step.Score);
                    break;
                case Kind.SetMany:
                    Random random = new(step.Number);
                    for (int i = 0; i < step.Number % 500; i++)
                    {
                        Set($"member:{random.Next(3000)}", random.Next(100));
                    }
                    break;
                case Kind.SetManyInOrder:
                    for (int i = 0; i < step.Number % 500; i++)
                    {
                        Set($"{step.Number}:{i}", (step.Number % 2 == 0 ? i : -i) + step.Score);
                    }
                    break;
                case Kind.Remove:
                    Remove(step.Member);
                    break;
                case Kind.RemoveRange:
                    RemoveRange(step.Number, _model.Count / 7);
                    break;
                case Kind.RemoveMost:
                    RemoveRange(step.Number % 3, _model.Count - 5);
                    break;
                case Kind.BeginCut when _frozenModel is null:
                    _cut.Begin();
                    _frozen = Root;
                    _frozenModel = new(_model);
                    break;
                case Kind.EndCut:
                    EndCut();
                    break;
                case Kind.Clone:
                    Clone();
                    break;
            }
        }

        public void Set(string member, double score)
        {
            byte[] text = Encoding.Latin1.GetBytes(member);
            MakeWritable();
            if (_model.TryGetValue(member, out double old))
            {
                HeapSortedSet.Update(Root, text, old, score, _heap);
            }
            else
            {
                HeapSortedSet.Add(Root, text, score, _heap);
            }
            _model[member] = score;
        }

        public void Check() => Compare(Root, _model);

        /// <summary>What is counted is what the nodes cost, and nothing is left when all are freed.</summary>
        public void CheckNodes()
        {
            EndCut();
            Assert.Equal(_heap.Bytes, Root->Value.Bytes);
            RemoveRange(0, _model.Count);
            Assert.Equal(0, OrderBytes(Root));
            SortedSetRoot* empty = HeapSortedSet.New(_heap);
            long bytesOfEmpty = empty->Value.Bytes;
            Free(empty);

            // The table's directory does not shrink to the last pointer.
            Assert.InRange(Root->Value.Bytes, bytesOfEmpty, bytesOfEmpty + 16_384);
            foreach (string member in (string[])["a", "b", "c"])
            {
                Set(member, 1);
            }
            Check();
            Free(Root);
            Assert.Equal(0, _heap.Bytes);
            Root = HeapSortedSet.New(_heap);
        }

        public void Dispose()
        {
            Free(Root);
        }

        private void MakeWritable() => Root = (SortedSetRoot*)_heap.WritableRoot(&Root->Value);

        private void Remove(string member)
        {
            if (_model.Remove(member, out double score))
            {
                MakeWritable();
                HeapSortedSet.Remove(Root, Encoding.Latin1.GetBytes(member), score, _heap);
            }
        }

        private void RemoveRange(int rank, int count)
        {
            if (count <= 0)
            {
                return;
            }
            List<KeyValuePair<string, double>> sorted = Sorted(_model);
            rank %= sorted.Count;
            count = Math.Min(count, sorted.Count - rank);
            MakeWritable();
            HeapSortedSet.RemoveRange(Root, rank, count, _heap);
            _model = sorted.Where((_, i) => i < rank || i >= rank + count).ToDictionary();
        }

        private void Clone()
        {
            SortedSetRoot* clone = HeapSortedSet.Clone(Root, _heap);
            Compare(clone, _model);
            Free(clone);
        }

        private void EndCut()
        {
            if (_frozenModel is not null)
            {
                Compare(_frozen, _frozenModel);
                _cut.End();
                _frozenModel = null;
            }
        }

        private void Free(SortedSetRoot* root)
        {
            _heap.Disown(&root->Value);
            HeapSortedSet.FreeNodes(root);
        }

        private static List<KeyValuePair<string, double>> Sorted(Dictionary<string, double> model) =>
            [.. model.OrderBy(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal)];

        private static void Compare(SortedSetRoot* root, Dictionary<string, double> model)
        {
            List<KeyValuePair<string, double>> sorted = Sorted(model);
            Assert.Equal(sorted.Count, root->Value.Count);
            Assert.Equal(sorted.Select(Show), Shown(root, isReversed: false));
            Assert.Equal(sorted.Select(Show).Reverse(), Shown(root, isReversed: true));
            for (int rank = 0; rank < sorted.Count; rank += 1 + (sorted.Count / 50))
            {
                (string member, double score) = sorted[rank];
                byte[] text = Encoding.Latin1.GetBytes(member);
                Assert.True(HeapSortedSet.TryScore(root, new PackedText(text), out double found));
                Assert.Equal(BitConverter.DoubleToInt64Bits(score), BitConverter.DoubleToInt64Bits(found));
                Assert.Equal(rank, Below(root, OrderBound.OfEntry(score, text, isAfter: false)));
                Assert.Equal(rank + 1, Below(root, OrderBound.OfEntry(score, text, isAfter: true)));
                Assert.Equal(
                    sorted.Count(e => e.Value < score), Below(root, OrderBound.OfScore(score, isAfter: false)));
                Assert.Equal(
                    sorted.Count(e => e.Value <= score), Below(root, OrderBound.OfScore(score, isAfter: true)));
            }
            Assert.False(HeapSortedSet.TryScore(root, new PackedText("not there"u8), out _));
        }

        private static long Below(SortedSetRoot* root, in OrderBound bound) =>
            OrderTree.CountBelow(&root->Order, bound);

        private static string Show(KeyValuePair<string, double> entry) => $"{entry.Key}={entry.Value:R}";

        private static List<string> Shown(SortedSetRoot* root, bool isReversed)
        {
            List<string> shown = [];
            SortedEntries entries = SortedEntries.Of(root, 0, root->Value.Count, isReversed);
            while (entries.MoveNext())
            {
                string text = Encoding.Latin1.GetString(entries.Member.Text(new byte[Element.ScratchLength]));
                shown.Add($"{text}={entries.Score:R}");
            }
            return shown;
        }
    }
}
