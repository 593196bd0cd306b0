using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>Files that are not what was written: refused, in bounded time and memory.</summary>
public sealed class RdbDamageTests
{
    private const int Window = 256 << 10;

    private static readonly byte[][] OldFiles = [.. OldEncodings()];

    /// <summary>Where in a file, and what is done there.</summary>
    private static readonly Gen<(int Place, int Change)> Damage =
        from place in Gen.Choose(0, int.MaxValue - 1)
        from change in Gen.Choose(1, 255)
        select (place, change);

    [Theory]
    [InlineData(9, true)]
    [InlineData(11, false)]
    public void A_checksummed_file_with_any_byte_changed_or_cut_anywhere_is_refused(int version, bool compress) =>
        StepProperty.Check(15, length: 60, DatasetSteps.Step, steps =>
        {
            byte[] file = Write(steps, new RdbFormat(version, compress));
            Random random = new(steps[0].Seed);
            for (int i = 0; i < 40; i++)
            {
                byte[] bad = [.. file];
                bad[random.Next(bad.Length)] ^= (byte)random.Next(1, 256);
                AssertRefused(bad);
                AssertRefused(file[..random.Next(file.Length)]);
            }
        });

    [Fact]
    public void Without_a_checksum_damage_is_refused_or_read_with_bounded_calls_and_memory() =>
        StepProperty.Check(60, length: 60, DatasetSteps.Step, steps =>
        {
            byte[] file = Write(steps, new RdbFormat(9 + (steps.Length % 3), steps.Length % 2 == 0));
            Random random = new(steps[0].Seed);
            for (int i = 0; i < 30; i++)
            {
                AssertBounded(Damaged(file, random));
            }
        });

    [Fact]
    public void Old_encodings_are_as_safe() =>
        StepProperty.Check(400, length: 3, Damage, damages =>
        {
            foreach (byte[] file in OldFiles)
            {
                byte[] bad = [.. file];
                foreach ((int place, int change) in damages)
                {
                    bad[9 + (place % (bad.Length - 9))] ^= (byte)change;
                }
                AssertBounded(bad);
                AssertBounded(bad[..^(damages[0].Place % (bad.Length - 9))]);
            }
        });

    [Fact]
    public void Every_single_bit_of_old_encodings_is_safe_to_flip()
    {
        foreach (byte[] file in OldFiles)
        {
            for (int bit = 9 * 8; bit < 8 * file.Length; bit++)
            {
                byte[] bad = [.. file];
                bad[bit / 8] ^= (byte)(1 << (bit % 8));
                AssertBounded(bad);
            }
        }
    }

    [Fact]
    public void Random_bytes_behind_a_header_are_safe() =>
        StepProperty.Check(3000, length: 300, Gen.Choose(0, 4095), numbers =>
        {
            // Lengths that mean much are small, and types come often.
            RdbBytes file = RdbBytes.File(12).Byte(numbers[0] % 26).String("k");
            foreach (int number in numbers)
            {
                file.Byte((number >> 8) < 8 ? number & 7 : number & 255);
            }
            AssertBounded(file.ToArray());
        });

    [Fact]
    public void A_payload_with_anything_changed_is_safe() =>
        StepProperty.Check(40, length: 60, DatasetSteps.Step, steps =>
        {
            byte[] file = Write(steps, new RdbFormat(11, Compress: false));
            Random random = new(steps[0].Seed);
            for (int i = 0; i < 30; i++)
            {
                byte[] payload = Damaged([(byte)random.Next(26), .. file[random.Next(file.Length)..]], random);
                RecordingVisitor visitor = new(new RecordedValue());
                try
                {
                    RdbReader.ReadPayload(payload, ref visitor);
                }
                catch (CorruptDataException)
                {
                }
                Assert.InRange(visitor.Calls, 0, 100 + (88L * payload.Length));
            }
        });

    [Fact]
    public void A_string_that_is_said_to_be_long_takes_memory_only_as_it_arrives()
    {
        byte[] file = RdbBytes.File(9).Key(RdbType.String, "k").Raw("\x80\x7F\xFF\xFF\x00").Raw(new byte[3_000_000])
            .ToArray();
        using RdbReader reader = new(new MemoryStream(file), "socket", -1);
        Assert.Equal(RdbItem.Key, reader.Read());
        RecordingVisitor visitor = new(new RecordedValue());
        CorruptDataException? error = null;
        try
        {
            reader.ReadValue(ref visitor);
        }
        catch (CorruptDataException found)
        {
            error = found;
        }
        Assert.Equal("3000000 bytes and the end of the file", error?.Found);
        Assert.InRange(reader.Memory, 3_000_000, (2 * 3_000_000) + (2 * Window));
    }

    [Fact]
    public void A_failing_streams_exception_comes_through()
    {
        byte[] file = RdbBytes.File(9).Key(RdbType.String, "k").Length(1_000_000).Raw(new byte[300_000]).ToArray();
        Assert.Throws<IOException>(() => RecordedFile.ReadOnce(new FailingStream(file), -1));
    }

    private static byte[] Write(DatasetStep[] steps, RdbFormat format)
    {
        EngineFixture engine = new();
        DatasetSteps.Run(engine, steps);
        return DatasetFile.Write(engine.Engine.Keyspace, format);
    }

    private static byte[] Damaged(byte[] file, Random random)
    {
        byte[] bad = [.. file];
        for (int flips = random.Next(1, 4); flips > 0; flips--)
        {
            bad[random.Next(bad.Length)] = random.Next(4) switch
            {
                0 => 0xFF,
                1 => 0,
                _ => (byte)random.Next(256),
            };
        }
        return random.Next(3) == 0 ? bad[..random.Next(bad.Length)] : bad;
    }

    private static void AssertRefused(byte[] bad)
    {
        CorruptDataException error = Assert.Throws<CorruptDataException>(
            () => RecordedFile.ReadOnce(new MemoryStream(bad), bad.Length));
        Assert.InRange(error.Offset, 0, bad.Length);
    }

    private static void AssertBounded(byte[] bad)
    {
        foreach (long length in (long[])[bad.Length, -1])
        {
            RecordedFile? file = null;
            try
            {
                RecordedFile.ReadOnce(new MemoryStream(bad), length, verifyChecksum: false, started => file = started);
            }
            catch (CorruptDataException error)
            {
                Assert.InRange(error.Offset, 0, bad.Length);
            }
            if (file is not null)
            {
                Assert.InRange(file.Calls, 0, 100 + (88L * bad.Length));
                Assert.InRange(file.Memory, 0, (3 * Window) + (1 << 20) + (4 * 88L * bad.Length));
            }
        }
    }

    private static IEnumerable<byte[]> OldEncodings()
    {
        string wide = new('w', 300);
        yield return RdbBytes.File(9)
            .Key(RdbType.HashZipMap, "a").String(PackedBlobs.ZipMap(["f", "1", wide, wide], unused: 1)).ToArray();
        yield return RdbBytes.File(9)
            .Key(RdbType.ListZipList, "b")
            .String(PackedBlobs.ZipList(["a", "-1", "12", "127", "128", "70000", wide, "x"])).ToArray();
        yield return RdbBytes.File(9)
            .Key(RdbType.SortedSet, "c").Length(2).String("a").Byte(255).String("c").String("1.5").ToArray();
        yield return RdbBytes.File(9)
            .Key(RdbType.SortedSetZipList, "d").Compressed(PackedBlobs.ZipList(["a", "1.5", "b", "7"])).ToArray();
        yield return RdbBytes.File(9)
            .Key(RdbType.QuickList, "e").Length(2).String(PackedBlobs.ZipList(["a", "b"]))
            .String(PackedBlobs.ZipList(["c"])).ToArray();
        yield return RdbBytes.File(9).Op(RdbOpcode.ModuleAux).Length(123456789012345).Length(2).Length(1)
            .Length(1).Length(7).Length(3).Raw("abcd").Length(4).Double(1.5).Length(5).String("note").Length(0)
            .Op(RdbOpcode.Aux).String("a").String("b").Op(RdbOpcode.ResizeDb).Length(9).Length(2)
            .Op(RdbOpcode.ExpireSeconds).Int32(5).Key(RdbType.SetIntegers, "f")
            .String(PackedBlobs.IntegerSet([-70_000, 5])).ToArray();
    }

    private sealed class FailingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) =>
            Position == Length ? throw new IOException("the network is down") : base.Read(buffer);
    }
}
