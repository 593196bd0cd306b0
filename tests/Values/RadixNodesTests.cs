using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed unsafe class RadixNodesTests
{
    private static readonly Gen<ulong> Number = Gen.OneOf(
        Gen.Choose(0, 5).Select(n => (ulong)n),
        Gen.Choose(0, 3).SelectMany(n => Gen.Choose(0, 7).Select(shift => (ulong)n << (8 * shift))),
        Gen.Elements(ulong.MaxValue, ulong.MaxValue - 1, 1_700_000_000_000UL, 1_700_000_000_001UL));

    [Fact]
    public void Nodes_are_counted_as_a_tree_would_have_them() =>
        StepProperty.Check(200, length: 40, Number.SelectMany(ms => Number.Select(seq => new StreamId(ms, seq))), Run);

    private static void Run(StreamId[] ids)
    {
        ValueHeap heap = new(new ValueCut());
        StreamRoot* root = StreamRoot.New(heap);
        HashSet<StreamId> keys = [];
        long nodes = 1;
        foreach (StreamId id in ids)
        {
            // A key that comes again goes.
            if (keys.Add(id))
            {
                nodes += RadixNodes.AddedBy(root->Chunks, id);
                *root->Chunks.Insert(id, heap, &root->Value) = 0;
            }
            else
            {
                keys.Remove(id);
                root->Chunks.Remove(id, heap, &root->Value);
                nodes -= RadixNodes.AddedBy(root->Chunks, id);
            }
            Assert.Equal(CountNodes([.. keys.Select(BytesOf)], 0), nodes);
        }
        root->Chunks.FreeNodes(null);
        NativeMemory.Free(root);
    }

    private static byte[] BytesOf(StreamId id)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.Ms);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), id.Seq);
        return bytes;
    }

    /// <summary>Nodes of the part of the tree that holds some keys which are alike up to a depth.</summary>
    private static long CountNodes(byte[][] keys, int depth)
    {
        if (keys.Length == 0 || depth == 16)
        {
            return 1;
        }
        int end = depth;
        while (end < 16 && keys.All(key => key[end] == keys[0][end]))
        {
            end++;
        }
        if (end > depth)
        {
            return 1 + CountNodes(keys, end);
        }
        return 1 + keys.GroupBy(key => key[depth]).Sum(group => CountNodes([.. group], depth + 1));
    }
}
