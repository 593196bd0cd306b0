using System.Runtime.Intrinsics.X86;
using FsCheck.Fluent;
using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

public sealed class Crc64Tests
{
    [Fact]
    public void The_checksum_of_nine_digits_is_what_redis_has() =>
        Assert.Equal(0xe9c6d914c4b8d9caUL, Crc64.Append(0, "123456789"u8));

    /// <summary>Pieces of all lengths, one after another, from all alignments.</summary>
    [Fact]
    public void All_ways_to_compute_it_agree_with_the_definition_however_the_bytes_are_cut()
    {
        using GuardedMemory memory = new(1 << 14);
        StepProperty.Check(60, length: 6, Gen.OneOf(Gen.Choose(0, 40), Gen.Choose(0, 300), Gen.Choose(0, 2600)), cuts =>
        {
            Random random = new(cuts.Sum() + cuts.Length);
            byte[] bytes = new byte[cuts.Sum()];
            random.NextBytes(bytes);
            ReadOnlySpan<byte> left = memory.Hold(bytes);
            ulong wanted = (ulong)random.NextInt64();
            ulong crc = wanted;
            ulong table = wanted;
            ulong multiplied = wanted;
            foreach (int cut in cuts)
            {
                ReadOnlySpan<byte> piece = left[..cut];
                left = left[cut..];
                wanted = Bitwise(wanted, piece);
                crc = Crc64.Append(crc, piece);
                table = Crc64.AppendByTable(table, piece);
                if (Pclmulqdq.IsSupported)
                {
                    multiplied = Crc64.AppendByMultiplication(multiplied, piece);
                    Assert.Equal(wanted, multiplied);
                }
                Assert.Equal(wanted, crc);
                Assert.Equal(wanted, table);
            }
        });
    }

    [Fact]
    public void Every_length_up_to_a_thousand_is_right()
    {
        byte[] bytes = new byte[1100];
        new Random(1).NextBytes(bytes);
        ulong wanted = 0;
        for (int length = 0; length <= bytes.Length; length++)
        {
            Assert.Equal(wanted, Crc64.Append(0, bytes.AsSpan(0, length)));
            wanted = length < bytes.Length ? Bitwise(wanted, bytes.AsSpan(length, 1)) : wanted;
        }
    }

    /// <summary>Bit by bit, by the definition: Jones's polynomial with its bits reversed.</summary>
    private static ulong Bitwise(ulong crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
        {
            crc ^= next;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x95ac9329ac4bc9b5);
            }
        }
        return crc;
    }
}
