using System.Runtime.InteropServices;
using Tidelog.Engine.Log;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class CommandLogTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_reads_as_a_list_of_the_last_bytes_would(int seed)
    {
        Random random = new(seed);
        for (int run = 0; run < 100; run++)
        {
            int capacity = random.Next(1, 200);
            using CommandLog log = new(capacity);
            List<byte> all = [];
            long start = 0;
            for (int step = 0; step < 200; step++)
            {
                if (random.Next(20) == 0)
                {
                    capacity = random.Next(1, 300);
                    log.Resize(capacity);
                }
                else
                {
                    byte[] bytes = new byte[random.Next(random.Next(10) == 0 ? 700 : 60)];
                    random.NextBytes(bytes);
                    log.Append(bytes);
                    all.AddRange(bytes);
                }
                start = Math.Max(start, all.Count - capacity);
                Compare(log, all, start, random);
            }
        }
    }

    private static void Compare(CommandLog log, List<byte> all, long start, Random random)
    {
        Assert.Equal(all.Count, log.EndOffset);
        Assert.Equal(start, log.StartOffset);
        Assert.Equal(-1, log.Read(start - 1, new byte[1]));
        Assert.Equal(-1, log.Read(all.Count + 1, new byte[1]));
        int offset = random.Next((int)start, all.Count + 1);
        byte[] read = new byte[random.Next(0, 400)];
        int count = log.Read(offset, read);
        Assert.Equal(Math.Min(read.Length, all.Count - offset), count);
        Assert.True(CollectionsMarshal.AsSpan(all).Slice(offset, count).SequenceEqual(read.AsSpan(0, count)));
    }
}
