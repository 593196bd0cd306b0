using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed class BitStringTests
{
    [Fact]
    public void Counts_and_finds_what_a_look_at_each_bit_would()
    {
        // Bytes of 0 and 255 mostly, so that a search goes far.
        Gen<int> bytes = Gen.Frequency(
            (10, Gen.Constant(0)), (10, Gen.Constant(255)), (1, Gen.Choose(0, 255)));
        StepProperty.Check(300, length: 200, bytes, values => Compare(Array.ConvertAll(values, value => (byte)value)));
    }

    [Fact]
    public void An_integer_is_read_and_written_where_a_loop_over_its_bits_would()
    {
        Gen<(int Width, int Offset, long Value)> step = Gen.Choose(1, 64).SelectMany(width =>
            Gen.Choose(0, 200).SelectMany(offset =>
                Gen.Choose(int.MinValue, int.MaxValue).Select(value => (width, offset, value * 0x1_2345_6789L))));
        StepProperty.Check(100, length: 100, step, WriteAll);
    }

    [Theory]
    [InlineData(true, 8, 127, 1, false, -128)]
    [InlineData(true, 8, 127, 1, true, 127)]
    [InlineData(true, 8, -128, -1, false, 127)]
    [InlineData(true, 8, -100, long.MinValue, true, -128)]
    [InlineData(true, 64, long.MaxValue, 1, false, long.MinValue)]
    [InlineData(true, 64, long.MaxValue, 1, true, long.MaxValue)]
    [InlineData(true, 64, long.MinValue, long.MinValue, true, long.MinValue)]
    [InlineData(false, 8, 255, 2, false, 1)]
    [InlineData(false, 8, 1, -2, false, 255)]
    [InlineData(false, 8, 1, -2, true, 0)]
    [InlineData(false, 63, long.MaxValue, 1, false, 0)]
    [InlineData(false, 63, long.MaxValue, 1, true, long.MaxValue)]
    [InlineData(true, 1, 0, 1, false, -1)]
    public void A_sum_that_does_not_fit_wraps_or_stops(
        bool isSigned, int width, long value, long increment, bool saturates, long expected)
    {
        BitOverflow overflow = saturates ? BitOverflow.Saturate : BitOverflow.Wrap;
        BitInteger type = new(isSigned, width);
        Assert.True(type.TryAdd(value, increment, overflow, out long sum));
        Assert.Equal(expected, sum);
        Assert.False(type.TryAdd(value, increment, BitOverflow.Fail, out _));
    }

    [Fact]
    public void A_negative_number_is_a_huge_one_for_an_unsigned_type()
    {
        BitInteger type = new(IsSigned: false, 8);
        Assert.True(type.TryConvert(-1, BitOverflow.Saturate, out long value));
        Assert.Equal(255, value);
        Assert.True(type.TryConvert(-1, BitOverflow.Wrap, out value));
        Assert.Equal(255, value);
        Assert.False(type.TryConvert(-1, BitOverflow.Fail, out _));
    }

    private static void Compare(byte[] bytes)
    {
        long bits = 8L * bytes.Length;
        Assert.Equal(Enumerable.Range(0, (int)bits).Count(i => Bit(bytes, i)), BitString.Count(bytes));
        Random random = new(bytes.Length);
        for (int round = 0; round < 20; round++)
        {
            long first = random.NextInt64(bits);
            long last = random.NextInt64(first, bits);
            long count = 0;
            long[] found = [-1, -1];
            for (long i = last; i >= first; i--)
            {
                count += Bit(bytes, i) ? 1 : 0;
                found[Bit(bytes, i) ? 1 : 0] = i;
            }
            Assert.Equal(count, BitString.Count(bytes, first, last));
            Assert.Equal(found[0], BitString.Find(bytes, first, last, wanted: false));
            Assert.Equal(found[1], BitString.Find(bytes, first, last, wanted: true));
        }
    }

    private static void WriteAll((int Width, int Offset, long Value)[] steps)
    {
        byte[] bytes = new byte[33];
        byte[] expected = new byte[33];
        foreach ((int width, int offset, long value) in steps)
        {
            new BitInteger(IsSigned: true, width).Write(bytes, offset, value);
            ulong read = 0;
            for (int i = 0; i < width; i++)
            {
                int bit = (int)(value >> (width - 1 - i)) & 1;
                int at = offset + i;
                expected[at / 8] = (byte)((expected[at / 8] & ~(0x80 >> (at % 8))) | (bit << (7 - (at % 8))));
                read = (read << 1) | (uint)bit;
            }
            Assert.Equal(expected, bytes);
            Assert.Equal((long)read << (64 - width) >> (64 - width), new BitInteger(true, width).Read(bytes, offset));
            if (width < 64)
            {
                Assert.Equal((long)read, new BitInteger(false, width).Read(bytes, offset));
            }
        }
        Assert.Equal(0, new BitInteger(true, 64).Read(bytes, 8 * 33));
    }

    private static bool Bit(byte[] bytes, long position) => (bytes[position / 8] & (0x80 >> (int)(position % 8))) != 0;
}
