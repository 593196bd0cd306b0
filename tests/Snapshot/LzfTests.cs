using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Snapshot;

public sealed class LzfTests
{
    /// <summary>What an RDB string begins with if LZF follows.</summary>
    private const byte CompressedString = 0xC3;

    /// <summary>Adds to a text: bytes of an alphabet, a run of one byte, or something from earlier once more.</summary>
    private static readonly Gen<(int Kind, int Seed, int Length)> Piece =
        from kind in Gen.Choose(0, 4)
        from seed in Gen.Choose(0, int.MaxValue)
        from length in Gen.OneOf(Gen.Choose(0, 12), Gen.Choose(0, 70), Gen.Choose(0, 600), Gen.Choose(0, 9000))
        select (kind, seed, length);

    [Fact]
    public void Any_bytes_come_back_and_no_result_is_longer_than_it_may_be()
    {
        using GuardedMemory sources = new(1 << 18);
        using GuardedMemory results = new(1 << 19);
        using GuardedMemory copies = new(1 << 18);
        using LzfCompressor compressor = new();
        StepProperty.Check(300, length: 12, Piece, pieces =>
        {
            ReadOnlySpan<byte> source = sources.Hold(Build(pieces));
            Span<byte> all = results.Last(source.Length + (source.Length / 32) + 1);
            int least = compressor.Compress(source, all);
            Assert.True(source.IsEmpty || least > 0);
            AssertRestored(all[..least], source, copies);

            // The compressor has other things in its table now, so the length may be another.
            foreach (int capacity in (int[])[source.Length - 4, least, least - 1, least / 2, 1, 0])
            {
                if (capacity >= 0)
                {
                    Span<byte> some = results.Last(capacity);
                    int length = compressor.Compress(source, some);
                    Assert.InRange(length, 0, capacity);
                    if (length > 0)
                    {
                        AssertRestored(some[..length], source, copies);
                    }
                }
            }
        });
    }

    [Fact]
    public void What_is_compressible_is_compressed()
    {
        using LzfCompressor compressor = new();
        byte[] destination = new byte[10_000];
        for (int i = 0; i < 3; i++)
        {
            Assert.InRange(compressor.Compress(new byte[10_000], destination), 1, 130);
            byte[] twice = [.. Random(i, 400), .. Random(i, 400)];
            Assert.InRange(compressor.Compress(twice, destination.AsSpan(0, 796)), 1, 430);
        }
    }

    [Fact]
    public void Any_bytes_are_restored_or_refused_and_nothing_else_is_touched()
    {
        using GuardedMemory sources = new(1 << 18);
        using GuardedMemory copies = new(1 << 18);
        using LzfCompressor compressor = new();
        byte[] packed = new byte[1 << 18];
        StepProperty.Check(200, length: 6, Piece, pieces =>
        {
            byte[] text = Build(pieces);
            int length = compressor.Compress(text, packed);
            Random random = new(text.Length);
            for (int i = 0; i < 30 && length > 0; i++)
            {
                byte[] bad = packed[..random.Next(Math.Max(1, length - 3), length + 1)];
                for (int flips = random.Next(3); flips > 0; flips--)
                {
                    bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
                }
                int wanted = Math.Max(0, text.Length + (random.Next(3) * random.Next(-3, 4)));
                bool restored = Lzf.TryDecompress(sources.Hold(bad), copies.Last(wanted));
                Assert.Equal(TryDecompressSlowly(bad, wanted, out byte[] copy), restored);
                Assert.True(!restored || copies.Last(wanted).SequenceEqual(copy));
            }
        });
    }

    [Fact]
    public void References_of_every_distance_and_length_are_followed()
    {
        using GuardedMemory copies = new(1 << 14);
        byte[] start = Random(5, 300);
        for (int distance = 1; distance <= 300; distance += distance < 40 ? 1 : 13)
        {
            for (int length = 3; length <= Lzf.MaxMatch; length += length < 50 ? 1 : 7)
            {
                List<byte> source = [];
                foreach (byte[] run in start.Chunk(32))
                {
                    source.Add((byte)(run.Length - 1));
                    source.AddRange(run);
                }
                byte high = (byte)((distance - 1) >> 8);
                source.AddRange(length < 9
                    ? [(byte)(((length - 2) << 5) | high), (byte)(distance - 1)]
                    : [(byte)(0xE0 | high), (byte)(length - 9), (byte)(distance - 1)]);
                foreach (int more in (int[])[0, 1, 40])
                {
                    byte[] padded = [.. source, .. Enumerable.Repeat((byte)0, 2 * more)];
                    int wanted = 300 + length + more;
                    Assert.True(TryDecompressSlowly(padded, wanted, out byte[] slow));
                    Assert.True(Lzf.TryDecompress(padded, copies.Last(wanted)));
                    Assert.True(copies.Last(wanted).SequenceEqual(slow));
                }
            }
        }
    }

    [Fact]
    public void Redis_and_we_restore_what_the_other_compressed()
    {
        using ServerProcess redis = ServerProcess.StartRedis();
        using RespClient client = redis.Connect();
        using LzfCompressor compressor = new();
        int theirs = 0;
        int ours = 0;
        StepProperty.Check(100, length: 6, Piece.Where(piece => piece.Kind != 0), pieces =>
        {
            byte[] text = Build(pieces);
            byte[] key = [(byte)'k'];
            client.Call("SET"u8.ToArray(), key, text);
            byte[] dump = client.Call("DUMP"u8.ToArray(), key).Bytes.ToArray();
            if (dump[1] == CompressedString)
            {
                int at = 2;
                int packedLength = ReadLength(dump, ref at);
                byte[] copy = new byte[ReadLength(dump, ref at)];
                Assert.True(Lzf.TryDecompress(dump.AsSpan(at, packedLength), copy));
                Assert.Equal(text, copy);
                theirs++;
            }
            byte[] packed = new byte[text.Length + 100];
            packed = packed[..compressor.Compress(text, packed)];
            if (packed.Length > 0)
            {
                byte[] payload = PackedBlobs.Payload(
                    RdbType.String, [CompressedString], PackedBlobs.Length(packed.Length),
                    PackedBlobs.Length(text.Length), packed);
                Reply reply = client.Call("RESTORE"u8.ToArray(), key, [(byte)'0'], payload, "REPLACE"u8.ToArray());
                Assert.Equal("OK", reply.Text);
                Assert.Equal(text, client.Call("GET"u8.ToArray(), key).Bytes.ToArray());
                ours++;
            }
        });
        Assert.True(theirs > 20 && ours > 20);
    }

    private static int ReadLength(byte[] bytes, ref int at)
    {
        int first = bytes[at++];
        switch (first >> 6)
        {
            case 0:
                return first;
            case 1:
                return ((first & 63) << 8) | bytes[at++];
            default:
                at += 4;
                return BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at - 4));
        }
    }

    private static byte[] Random(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Build((int Kind, int Seed, int Length)[] pieces)
    {
        List<byte> text = [];
        foreach ((int kind, int seed, int length) in pieces)
        {
            Random random = new(seed);
            int from = random.Next(Math.Max(1, text.Count));
            int alphabet = kind == 0 ? 256 : 1 + random.Next(6);
            for (int i = 0; i < length; i++)
            {
                text.Add(kind == 4 && from < text.Count ? text[from++] : (byte)random.Next(alphabet));
            }
        }
        return [.. text];
    }

    private static void AssertRestored(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> source, GuardedMemory copies)
    {
        Span<byte> copy = copies.Last(source.Length);
        copy.Clear();
        Assert.True(Lzf.TryDecompress(packed, copy));
        Assert.True(copy.SequenceEqual(source));
    }

    /// <summary>By the format's description, byte by byte.</summary>
    private static bool TryDecompressSlowly(byte[] source, int length, out byte[] copy)
    {
        List<byte> text = [];
        copy = [];
        int at = 0;
        while (at < source.Length)
        {
            int control = source[at++];
            int count = control < 32 ? control + 1 : (control >> 5) + 2;
            if (control >= 0xE0 && at < source.Length)
            {
                count += source[at++];
            }
            int needed = control < 32 ? count : 1;
            if (at + needed > source.Length || text.Count + count > length)
            {
                return false;
            }
            if (control < 32)
            {
                text.AddRange(source[at..(at + count)]);
            }
            else
            {
                int from = text.Count - (((control & 31) << 8) | source[at]) - 1;
                for (int i = 0; from >= 0 && i < count; i++)
                {
                    text.Add(text[from + i]);
                }
                if (from < 0)
                {
                    return false;
                }
            }
            at += needed;
        }
        copy = [.. text];
        return copy.Length == length;
    }
}
