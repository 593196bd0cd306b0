using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed unsafe class StreamTests
{
    private static readonly string[][] FieldLists =
    [
        ["f", "1"], ["f", "2"], ["f", "x", "g", "y"], ["f", "10000", "g", ""], ["long", new string('v', 300)],
        ["127", "-5", "long", new string('w', 70)],
    ];

    private static readonly string[] Groups = ["", "g", "group", "h"];
    private static readonly string[] Consumers = ["alice", "bob", "carol", "", "Alice"];

    private static readonly Gen<(int, int, int)> Step =
        Gen.Choose(0, 13).SelectMany(kind =>
            Gen.Choose(0, 400).SelectMany(number => Gen.Choose(0, 120).Select(count => (kind, number, count))));

    [Theory]
    [InlineData(4096, 100)]
    [InlineData(0, 3)]
    [InlineData(200, 0)]
    public void A_stream_holds_what_was_put_in_and_cuts_see_what_was(long maxBytes, long maxEntries) =>
        StepProperty.Check(60, length: 60, Step, steps =>
        {
            StreamModel model = new(new StreamLimits(maxBytes, maxEntries));
            foreach ((int kind, int number, int count) in steps)
            {
                Apply(model, kind, number, count);
            }
            model.End();
        });

    [Fact]
    public void Small_entries_with_the_same_fields_take_little()
    {
        ValueHeap heap = new(new ValueCut());
        StreamRoot* root = StreamRoot.New(heap);
        for (int i = 0; i < 100_000; i++)
        {
            StreamModel.Append(root, heap, new StreamId((ulong)(1_700_000_000_000 + i), 0),
                ["temperature", "21", "humidity", "55"], new StreamLimits(4096, 100));
        }
        Assert.InRange(root->Value.Bytes, 100_000 * 12, 100_000 * 15);
        heap.Disown(&root->Value);
        HeapValues.FreeNodes(&root->Value);
    }

    [Fact]
    public void What_is_deleted_gives_its_memory_back_before_the_chunk_goes()
    {
        ValueHeap heap = new(new ValueCut());
        StreamRoot* root = StreamRoot.New(heap);
        for (int i = 0; i < 100; i++)
        {
            StreamModel.Append(root, heap, new StreamId(1, (ulong)i), ["f", new string('x', 35)],
                new StreamLimits(4096, 100));
        }
        long bytes = root->Value.Bytes;
        for (int i = 0; i < 90; i++)
        {
            StreamEntries.Delete(root, heap, new StreamId(1, (ulong)i));
        }
        Assert.InRange(root->Value.Bytes, bytes / 8, bytes / 2);
        Assert.Equal(1, root->Chunks.Count);
        heap.Disown(&root->Value);
        HeapValues.FreeNodes(&root->Value);
    }

    private static void Apply(StreamModel model, int kind, int number, int count)
    {
        string group = Groups[number % Groups.Length];
        string consumer = Consumers[count % Consumers.Length];
        switch (kind)
        {
            case 0:
                model.Append(number % 3, FieldLists[count % FieldLists.Length]);
                break;
            case <= 2:
                for (int i = 0; i < count; i++)
                {
                    string[] fields = FieldLists[(number + (i / 9)) % FieldLists.Length];
                    model.Append((number + i) % 5 == 0 ? number : 0, fields);
                }
                break;
            case <= 4:
                for (int i = 0; i < count % 40; i++)
                {
                    model.Delete(number % 150);
                }
                break;
            case 5:
                model.Trim(number, byId: count % 2 == 0);
                break;
            case 6:
                model.ChangeGroup(group);
                break;
            case <= 8:
                model.Deliver(group, consumer, number, count);
                break;
            case <= 10:
                model.Acknowledge(group, number, count);
                break;
            case 11:
                model.RemoveConsumer(group, consumer);
                break;
            case 12:
                model.CompareClone();
                break;
            default:
                model.ChangeCut();
                break;
        }
    }
}
