using Tidelog.Engine.Snapshot;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Snapshot;

public sealed class RdbAllocationTests
{
    [Fact]
    public void No_key_or_element_allocates()
    {
        byte[] few = File(keys: 10);
        byte[] many = File(keys: 5000);
        Assert.Equal(LeastOfSome(few), LeastOfSome(many));
    }

    /// <summary>
    /// A collection that another test causes meanwhile moves the thread's counter by some kilobytes; what reading
    /// allocates is in every measurement.
    /// </summary>
    private static long LeastOfSome(byte[] file) => Enumerable.Range(0, 12).Min(_ => Read(file));

    private static long Read(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        SilentVisitor visitor = default;
        using (RdbReader reader = new(new MemoryStream(file), "dump.rdb", file.Length))
        {
            for (RdbItem item = reader.Read(); item != RdbItem.End; item = reader.Read())
            {
                if (item == RdbItem.Key)
                {
                    reader.ReadValue(ref visitor);
                }
            }
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] File(int keys)
    {
        RdbBytes file = RdbBytes.File(11);
        string value = new('v', 100);
        for (int i = 0; i < keys; i++)
        {
            file.Op(RdbOpcode.ExpireMs).Int64(i).Key(RdbType.String, $"string{i}").String(value)
                .Key(RdbType.String, $"number{i}").Raw("\xC0\x07")
                .Key(RdbType.String, $"compressed{i}").Compressed("some text"u8.ToArray())
                .Key(RdbType.List, $"list{i}").Length(2).String("a").String("b")
                .Key(RdbType.Hash, $"hash{i}").Length(2).String("f").String(value).String("g").Raw("\xC0\x07")
                .Key(RdbType.SortedSet2, $"zset{i}").Length(1).String("a").Double(1.5)
                .Key(RdbType.SetIntegers, $"set{i}").String(PackedBlobs.IntegerSet([1, 2]))
                .Key(RdbType.HashListPack, $"packed{i}").String(PackedBlobs.ListPack(["f", "1"]));
        }
        file.Key(RdbType.String, "long").String(new string('x', 300_000));
        return file.End();
    }

    private struct SilentVisitor : IValueVisitor
    {
        public readonly void String(ReadOnlySpan<byte> text)
        {
        }

        public readonly void String(long integer)
        {
        }

        public readonly void BeginList(long count)
        {
        }

        public readonly bool ListElement(in PackedText element) => true;

        public readonly void BeginSet(long count)
        {
        }

        public readonly bool Member(in PackedText member) => true;

        public readonly void BeginHash(long count)
        {
        }

        public readonly bool Field(in PackedText field, in PackedText value) => true;

        public readonly void BeginSortedSet(long count)
        {
        }

        public readonly bool ScoredMember(in PackedText member, double score) => true;

        public readonly void BeginStream()
        {
        }

        public readonly bool StreamEntries(StreamId first, ReadOnlySpan<byte> listpack) => true;

        public readonly bool StreamState(in StreamState state) => true;

        public readonly bool StreamGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) => true;

        public readonly bool StreamPending(StreamId id, long deliveryMs, long deliveryCount) => true;

        public readonly bool StreamConsumer(ReadOnlySpan<byte> name, long seenMs) => true;

        public readonly bool ConsumerPending(StreamId id) => true;

        public readonly bool End() => true;
    }
}
