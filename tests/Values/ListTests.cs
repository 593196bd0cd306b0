using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

/// <summary>Lists outside their record against a plain list, with cuts on the way.</summary>
public sealed unsafe class ListTests
{
    private static readonly Gen<string> Text = Gen.Frequency(
        (6, Gen.Choose(0, 99).Select(n => $"element:{n:0000000}")),
        (3, Gen.Choose(0, 20).Select(n => (n * 1000).ToString(CultureInfo.InvariantCulture))),
        (2, Gen.Elements("", "e", "element", "element:", "x", "-1", "9223372036854775807", "a,b")),
        (1, Gen.Elements(100, 238, 239, 240, 300, 5000).Select(length => new string('L', length))));

    private static readonly Gen<Step> Steps = Gen.Frequency(
            (6, Gen.Elements(Kind.PushHead, Kind.PushTail)),
            (6, Gen.Elements(Kind.PushManyHead, Kind.PushManyTail)),
            (3, Gen.Elements(Kind.PopHead, Kind.PopTail)),
            (3, Gen.Elements(Kind.Set, Kind.Insert)),
            (2, Gen.Constant(Kind.Remove)),
            (2, Gen.Elements(Kind.RemoveEqual, Kind.RemoveEqualBackward)),
            (1, Gen.Elements(Kind.BeginCut, Kind.EndCut)))
        .SelectMany(kind => Gen.Choose(0, 1 << 20).SelectMany(number => Text.Select(
            text => new Step(kind, number, text))));

    private enum Kind
    {
        PushHead,
        PushTail,
        PushManyHead,
        PushManyTail,
        PopHead,
        PopTail,
        Set,
        Insert,
        Remove,
        RemoveEqual,
        RemoveEqualBackward,
        BeginCut,
        EndCut,
    }

    [Fact]
    public void A_list_does_what_a_plain_list_does_and_a_cut_stays() =>
        StepProperty.Check(60, length: 60, Steps, steps => new Case().Run(steps));

    [Fact]
    public void A_text_that_there_is_no_memory_for_leaves_nothing()
    {
        ValueHeap heap = new(new ValueCut());
        ListRoot* root = ListEditor.New(heap);
        long bytes = heap.Bytes;
        Assert.Throws<OutOfMemoryException>(() =>
        {
            // The length with a header before it is no length: the allocation fails, nothing is read.
            byte some = 0;
            new ListEditor(root, heap).Push(new PackedText(new ReadOnlySpan<byte>(&some, int.MaxValue)), atHead: true);
        });
        Assert.Equal(0, root->Value.Count);
        Assert.Equal(bytes, heap.Bytes);
        heap.Disown(&root->Value);
        HeapValues.FreeNodes(&root->Value);
    }

    [Fact]
    public void A_million_elements_share_what_they_begin_with()
    {
        ValueHeap heap = new(new ValueCut());
        ListRoot* root = ListEditor.New(heap);
        ListEditor editor = new(root, heap);
        for (int i = 0; i < 1_000_000; i++)
        {
            editor.Push(new PackedText(Bytes($"element:{i:0000000}")), atHead: i % 2 == 0);
        }

        Assert.InRange(root->Value.Bytes, 4_000_000, 9_000_000);
        Assert.Equal("element:0000000", At(root, 499_999));
        Assert.Equal("element:0999998", At(root, 0));
        Assert.Equal("element:0999999", At(root, 999_999));
        editor.Remove(10, 999_980);
        Assert.Equal("element:0999999", At(root, 19));
        Assert.InRange(root->Value.Bytes, 0, 80_000);
        heap.Disown(&root->Value);
        Assert.Equal(0, heap.Bytes);
        ListSpine.FreeNodes(root);
    }

    [Fact]
    public void A_spine_that_grows_in_the_middle_divides_its_segments()
    {
        const int Count = 60_000;
        ValueHeap heap = new(new ValueCut());
        ListRoot* root = ListEditor.New(heap);
        ListEditor editor = new(root, heap);

        // What is in front of the middle and, backwards, what is behind it.
        Stack<string> front = new();
        Stack<string> back = new();
        for (int i = 0; i < Count; i++)
        {
            string text = $"{i}{new string((char)('a' + (i % 26)), 190)}";
            editor.Insert(i / 2, new PackedText(Bytes(text)));
            for (; front.Count < i / 2; front.Push(back.Pop()))
            {
            }
            back.Push(text);
        }

        Assert.InRange(root->Top->Length, 3, 20);
        string[] model = [.. front.Reverse(), .. back];
        for (int i = 0; i < Count; i += 7)
        {
            Assert.Equal(model[i], At(root, i));
        }
        for (int left = Count; left > 20; left -= 5)
        {
            editor.Remove((left / 2) - 2, 5);
        }
        Assert.Equal(model[..10], Enumerable.Range(0, 10).Select(i => At(root, i)));
        Assert.Equal(model[^10..], Enumerable.Range(10, 10).Select(i => At(root, i)));
        Assert.InRange(root->Value.Bytes, 0, 20_000);
        heap.Disown(&root->Value);
        Assert.Equal(0, heap.Bytes);
        ListSpine.FreeNodes(root);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string At(ListRoot* root, long index)
    {
        ListPlace place = ListSpine.Find(root, index);
        byte[] scratch = new byte[ListRun.ScratchLength];
        ListRun run = ListChunk.RunOf(ListSpine.ChunkAt(root, place.Segment, place.Chunk));
        return Encoding.Latin1.GetString(run.TextAt(place.Index, scratch));
    }

    private readonly record struct Step(object What, int Number, string Text)
    {
        public override string ToString() => $"{What} {Number} \"{Text}\"";
    }

    private sealed class Case
    {
        private readonly ValueHeap _heap = new(new ValueCut());
        private readonly List<string> _model = [];
        private ListRoot* _root;
        private ListRoot* _frozen;
        private string[] _frozenModel = [];

        public void Run(Step[] steps)
        {
            _root = ListEditor.New(_heap);
            foreach (Step step in steps)
            {
                Apply(step);
                Assert.Equal(_model.Count, _root->Value.Count);
                Assert.Equal(_heap.Bytes, _root->Value.Bytes);
            }
            Check(_root, _model);
            EndCut();
            Assert.Equal(_root->Value.Bytes, CostOf(_root));
            ListRoot* clone = ListSpine.Clone(_root, _heap);
            Check(clone, _model);
            Assert.Equal(clone->Value.Bytes, CostOf(clone));
            Assert.Equal(_heap.Bytes, _root->Value.Bytes + clone->Value.Bytes);
            if (_model.Count > 1)
            {
                Editor().Remove(0, _model.Count - 1);
                Check(_root, _model[^1..]);
            }
            _heap.Disown(&_root->Value);
            _heap.Disown(&clone->Value);
            ListSpine.FreeNodes(_root);
            ListSpine.FreeNodes(clone);
            Assert.Equal(0, _heap.Bytes);
        }

        private ListEditor Editor()
        {
            _root = (ListRoot*)_heap.WritableRoot(&_root->Value);
            return new ListEditor(_root, _heap);
        }

        private void Apply(Step step)
        {
            PackedText text = new(Bytes(step.Text));
            int count = _model.Count;
            int at = step.Number % Math.Max(count, 1);
            switch ((Kind)step.What)
            {
                case Kind.PushHead:
                    Editor().Push(text, atHead: true);
                    _model.Insert(0, step.Text);
                    break;
                case Kind.PushTail:
                    Editor().Push(text, atHead: false);
                    _model.Add(step.Text);
                    break;
                case Kind.PushManyHead:
                case Kind.PushManyTail:
                    PushMany(step, atHead: (Kind)step.What == Kind.PushManyHead);
                    break;
                case Kind.PopHead or Kind.PopTail when count > 1:
                    int popped = 1 + (step.Number % Math.Min(count - 1, 700));
                    int first = (Kind)step.What == Kind.PopHead ? 0 : count - popped;
                    Remove(first, popped);
                    break;
                case Kind.Remove when count > 1:
                    Remove(at, Math.Min(1 + (step.Number % 1000), Math.Min(count - at, count - 1)));
                    break;
                case Kind.Set when count > 0:
                    Editor().Set(at, text);
                    _model[at] = step.Text;
                    break;
                case Kind.Insert:
                    at = step.Number % (count + 1);
                    Editor().Insert(at, text);
                    _model.Insert(at, step.Text);
                    break;
                case Kind.RemoveEqual or Kind.RemoveEqualBackward when count > 0:
                    RemoveEqual(step, text, (Kind)step.What == Kind.RemoveEqualBackward);
                    break;
                case Kind.BeginCut when _frozen == null:
                    _heap.Cut.Begin();
                    _frozen = _root;
                    _frozenModel = [.. _model];
                    break;
                case Kind.EndCut:
                    EndCut();
                    break;
                default:
                    break;
            }
        }

        private void PushMany(Step step, bool atHead)
        {
            for (int i = 0; i < step.Number % 2000; i++)
            {
                string text = step.Number % 3 == 0 ? step.Text : $"element:{step.Number + i:0000000}";
                Editor().Push(new PackedText(Bytes(text)), atHead);
                _model.Insert(atHead ? 0 : _model.Count, text);
            }
        }

        private void Remove(int first, int count)
        {
            Editor().Remove(first, count);
            _model.RemoveRange(first, count);
        }

        private void RemoveEqual(Step step, in PackedText text, bool backward)
        {
            long limit = step.Number % 3 == 0 ? long.MaxValue : step.Number % 40;
            long removed = 0;
            for (int i = 0; i < _model.Count && removed < limit; i++)
            {
                int at = backward ? _model.Count - 1 - i : i;
                if (_model[at] == step.Text)
                {
                    _model.RemoveAt(at);
                    removed++;
                    i--;
                }
            }
            Assert.Equal(removed, Editor().RemoveEqual(text, limit, backward));
        }

        private void EndCut()
        {
            if (_frozen != null)
            {
                Check(_frozen, _frozenModel);
                _frozen = null;
                _heap.Cut.End();
            }
        }

        private static void Check(ListRoot* root, IReadOnlyList<string> model)
        {
            byte[] scratch = new byte[ListRun.ScratchLength];
            int at = 0;
            for (int i = 0; i < root->Top->Length; i++)
            {
                int before = at;
                ListIndex* segment = ListSpine.SegmentAt(root, i);
                for (int j = 0; j < segment->Length; j++)
                {
                    ListRun run = ListChunk.RunOf(ListSpine.ChunkAt(root, i, j));
                    Assert.Equal(run.Count, ListIndex.Entries(segment)[j].Count);
                    ListElements elements = run.Elements(0, run.Count, backward: false);
                    while (elements.MoveNext())
                    {
                        string text = Encoding.Latin1.GetString(run.TextOf(elements.Current, scratch));
                        if (text != model[at++])
                        {
                            Assert.Fail($"{text} at {at - 1} in place of {model[at - 1]}");
                        }
                    }
                }
                Assert.Equal(at - before, ListIndex.Entries(root->Top)[i].Count);
            }
            Assert.Equal(model.Count, at);
            for (int i = 0; i < model.Count; i += 97)
            {
                Assert.Equal(model[i], At(root, i));
            }
        }

        private static long CostOf(ListRoot* root)
        {
            long cost = ValueHeap.CostOf(root->Value.Node.Size) + ValueHeap.CostOf(root->Top->Node.Size);
            for (int i = 0; i < root->Top->Length; i++)
            {
                ListIndex* segment = ListSpine.SegmentAt(root, i);
                cost += ValueHeap.CostOf(segment->Node.Size);
                for (int j = 0; j < segment->Length; j++)
                {
                    ListChunk* chunk = ListSpine.ChunkAt(root, i, j);
                    cost += ValueHeap.CostOf(chunk->Node.Size);
                    Pack pack = ListChunk.PackOf(chunk);
                    for (int k = 0; k < pack.Count; k++)
                    {
                        cost += pack.At(k).IsBlock ? ValueHeap.CostOf(pack.At(k).Block->Size) : 0;
                    }
                }
            }
            return cost;
        }
    }
}
