using System.Numerics;
using System.Text;
using Tidelog.Engine.Keyspace;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class KeyHashTests
{
    public static TheoryData<string> Patterns =>
        ["key:{0:D12}", "{0}", "user:{0}:session:0123456789abcdef0123456789", "{0:X8}"];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Alike_keys_fill_the_buckets_evenly(string pattern)
    {
        const int Count = 1 << 17;
        int[] low = new int[1 << 12];
        int[] tag = new int[1 << 12];
        HashSet<ulong> distinct = [];
        for (int i = 0; i < Count; i++)
        {
            ulong hash = KeyHash.Of(Encoding.ASCII.GetBytes(string.Format(null, pattern, i)));
            low[hash & 4095]++;
            tag[hash >> 52]++;
            distinct.Add(hash);
        }
        Assert.Equal(Count, distinct.Count);

        // 32 each on average; chance goes beyond these bounds once in a million tables.
        Assert.All(low, bucket => Assert.InRange(bucket, 3, 80));
        Assert.All(tag, bucket => Assert.InRange(bucket, 3, 80));
    }

    [Fact]
    public void Each_bit_of_a_key_changes_half_of_the_hash()
    {
        Random random = new(1);
        for (int length = 1; length <= 80; length++)
        {
            byte[] key = new byte[length];
            long changed = 0;
            long flips = 0;
            for (int round = 0; round < 8; round++)
            {
                random.NextBytes(key);
                ulong hash = KeyHash.Of(key);
                for (int bit = 0; bit < length * 8; bit++)
                {
                    key[bit / 8] ^= (byte)(1 << (bit % 8));
                    int different = BitOperations.PopCount(hash ^ KeyHash.Of(key));
                    key[bit / 8] ^= (byte)(1 << (bit % 8));
                    Assert.InRange(different, 4, 60);
                    changed += different;
                    flips++;
                }
            }
            Assert.InRange((double)changed / flips, 28, 36);
        }
    }

    [Fact]
    public void Lengths_of_zeros_differ()
    {
        HashSet<ulong> hashes = [];
        for (int length = 0; length < 1000; length++)
        {
            Assert.True(hashes.Add(KeyHash.Of(new byte[length])));
        }
    }
}
