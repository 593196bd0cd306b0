using System.Text;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

/// <summary>Looks at all that a stream holds.</summary>
internal static unsafe class StreamContents
{
    public static void Compare(StreamRoot* root, StreamContent content)
    {
        Assert.Equal(content.Entries.Select(Show), Read(root, reverse: false));
        Assert.Equal(content.Entries.Select(Show).Reverse(), Read(root, reverse: true));
        Assert.Equal(content.Entries.Count, root->Value.Count);
        (ulong ms, ulong seq) = content.Entries.Keys.FirstOrDefault();
        Assert.Equal(new StreamId(ms, seq), root->FirstId);
        List<string> groups = [];
        TreeCursor<NativeText, StreamGroup> at = TreeCursor<NativeText, StreamGroup>.AtFirst(root->Groups);
        for (; at.IsValid; at.MoveNext())
        {
            string name = Encoding.Latin1.GetString(at.Key.Bytes);
            groups.Add(name);
            Compare(at.Value, content.Groups[name]);
        }
        Assert.Equal(content.Groups.Keys, groups);
    }

    /// <summary>Memory of all blocks, counted by a walk.</summary>
    public static long CountBytes(StreamRoot* root)
    {
        long bytes = ValueHeap.CostOf(root->Value.Node.Size) + root->Chunks.CountBytes() + root->Groups.CountBytes();
        TreeCursor<StreamId, nint> chunk = TreeCursor<StreamId, nint>.AtFirst(root->Chunks);
        for (; chunk.IsValid; chunk.MoveNext())
        {
            bytes += ValueHeap.CostOf(((HeapNode*)*chunk.Value)->Size);
        }
        TreeCursor<NativeText, StreamGroup> at = TreeCursor<NativeText, StreamGroup>.AtFirst(root->Groups);
        for (; at.IsValid; at.MoveNext())
        {
            bytes += CostOf(at.Key) + at.Value->Pending.CountBytes() + at.Value->Names.CountBytes()
                + at.Value->Consumers.CountBytes();
            TreeCursor<ConsumerNumber, StreamConsumer> consumer =
                TreeCursor<ConsumerNumber, StreamConsumer>.AtFirst(at.Value->Consumers);
            for (; consumer.IsValid; consumer.MoveNext())
            {
                bytes += CostOf(consumer.Value->Name) + consumer.Value->Pending.CountBytes();
            }
        }
        return bytes;
    }

    private static long CostOf(NativeText name) => ValueHeap.CostOf(sizeof(HeapNode) + name.Length);

    private static string Show(KeyValuePair<(ulong Ms, ulong Seq), string[]> entry) =>
        $"{entry.Key.Ms}-{entry.Key.Seq} {string.Join('|', entry.Value)}";

    private static List<string> Read(StreamRoot* root, bool reverse)
    {
        List<string> entries = [];
        byte* scratch = stackalloc byte[20];
        StreamCursor cursor = new(root, StreamId.Min, StreamId.Max, reverse);
        while (cursor.MoveNext())
        {
            List<string> texts = [];
            while (cursor.Entry.FieldCount > 0)
            {
                cursor.Entry.Read(out ListPackElement field, out ListPackElement value);
                texts.Add(Encoding.Latin1.GetString(field.Text(scratch)));
                texts.Add(Encoding.Latin1.GetString(value.Text(scratch)));
            }
            StreamId id = cursor.Entry.Id;
            entries.Add($"{id.Ms}-{id.Seq} {string.Join('|', texts)}");
        }
        return entries;
    }

    private static void Compare(StreamGroup* group, GroupContent content)
    {
        List<string> consumers = [];
        List<string> owned = [];
        TreeCursor<NativeText, ConsumerNumber> name = TreeCursor<NativeText, ConsumerNumber>.AtFirst(group->Names);
        for (; name.IsValid; name.MoveNext())
        {
            string text = Encoding.Latin1.GetString(name.Key.Bytes);
            consumers.Add(text);
            StreamConsumer* consumer = StreamGroups.Consumer(group, *name.Value);
            TreeCursor<StreamId, NoValue> id = TreeCursor<StreamId, NoValue>.AtFirst(consumer->Pending);
            for (; id.IsValid; id.MoveNext())
            {
                owned.Add($"{text} {id.Key.Ms}-{id.Key.Seq}");
            }
        }
        Assert.Equal(content.Consumers, consumers);
        Assert.Equal(
            content.Pending.OrderBy(p => p.Value.Consumer, StringComparer.Ordinal).ThenBy(p => p.Key)
                .Select(p => $"{p.Value.Consumer} {p.Key.Ms}-{p.Key.Seq}"),
            owned);
        List<string> pending = [];
        TreeCursor<StreamId, PendingEntry> at = TreeCursor<StreamId, PendingEntry>.AtFirst(group->Pending);
        for (; at.IsValid; at.MoveNext())
        {
            string consumer =
                Encoding.Latin1.GetString(StreamGroups.Consumer(group, at.Value->Consumer)->Name.Bytes);
            pending.Add($"{at.Key.Ms}-{at.Key.Seq} {consumer} {at.Value->DeliveryCount}");
        }
        Assert.Equal(
            content.Pending.Select(p => $"{p.Key.Ms}-{p.Key.Seq} {p.Value.Consumer} {p.Value.Count}"), pending);
    }
}
