using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed class HyperLogLogTests
{
    // Few registers beside each other, so that runs are split and united.
    private static readonly Gen<(int Register, int Run)> Raise = Gen.Frequency(
            (6, Gen.Choose(0, 40)), (2, Gen.Choose(16_360, 16_383)), (2, Gen.Choose(0, 16_383)))
        .SelectMany(register => Gen.Frequency((6, Gen.Choose(1, 3)), (1, Gen.Choose(1, 32)))
            .Select(run => (register, run)));

    [Fact]
    public void Sparse_registers_keep_what_an_array_would()
    {
        StepProperty.Check(200, length: 400, Raise, steps => Compare(steps, sparseMaxBytes: 100_000));
    }

    [Fact]
    public void Registers_survive_the_change_to_the_dense_encoding()
    {
        StepProperty.Check(100, length: 400, Raise, steps => Compare(steps, sparseMaxBytes: 60));
    }

    [Fact]
    public void Ascending_registers_end_in_the_same_bytes_as_from_the_start_each_time()
    {
        // The search goes on where it ended; an editor that is loaded anew has to search from the begin.
        StepProperty.Check(50, length: 300, Raise, steps =>
        {
            HyperLogLogEditor editor = new();
            editor.Load(HyperLogLog.Empty, 100_000);
            byte[] value = HyperLogLog.Empty.ToArray();
            foreach ((int register, int run) in steps.Order())
            {
                Assert.True(editor.TryRaise(register, run, out _));
                HyperLogLogEditor fresh = new();
                fresh.Load(value, 100_000);
                Assert.True(fresh.TryRaise(register, run, out _));
                value = fresh.Value.ToArray();
            }
            Assert.Equal(value, editor.Value.ToArray());
        });
    }

    [Fact]
    public void A_run_too_long_for_the_sparse_encoding_makes_it_dense()
    {
        HyperLogLogEditor editor = new();
        editor.Load(HyperLogLog.Empty, 3000);
        Assert.True(editor.TryRaise(7, 32, out bool raised) && raised);
        Assert.False(HyperLogLog.IsDense(editor.Value));
        Assert.True(editor.TryRaise(7, 33, out raised) && raised);
        Assert.True(HyperLogLog.IsDense(editor.Value));
        Assert.Equal(33, DenseRegisters.Get(editor.Value, 7));
    }

    [Fact]
    public void Any_bytes_behind_the_header_are_read_without_harm()
    {
        Gen<int> bytes = Gen.Choose(0, 255);
        StepProperty.Check(300, length: 60, bytes, values =>
        {
            byte[] value = [.. HyperLogLog.Empty[..HyperLogLog.HeaderLength], .. values.Select(b => (byte)b)];
            Assert.True(HyperLogLog.IsValid(value));
            bool sound = SparseRegisters.TryAddTo(new int[HyperLogLogEstimate.HistogramLength], value);
            Assert.Equal(sound, SparseRegisters.TryMergeInto(new byte[HyperLogLog.RegisterCount], value));
            Assert.Equal(sound, SparseRegisters.TryMakeDense(new byte[DenseRegisters.ValueLength], value));
            HyperLogLogEditor editor = new();
            editor.Load(value, 100);
            for (int register = 0; register < HyperLogLog.RegisterCount; register += 37)
            {
                _ = editor.TryRaise(register, 1 + (register % 51), out _);
            }
        });
    }

    [Fact]
    public void The_self_test_passes()
    {
        Assert.Null(HyperLogLogSelfTest.Run(new Random(1), 3000));
    }

    private static void Compare((int Register, int Run)[] steps, long sparseMaxBytes)
    {
        byte[] model = new byte[HyperLogLog.RegisterCount];
        HyperLogLogEditor editor = new();
        editor.Load(HyperLogLog.Empty, sparseMaxBytes);
        foreach ((int register, int run) in steps)
        {
            Assert.True(editor.TryRaise(register, run, out bool raised));
            Assert.Equal(run > model[register], raised);
            model[register] = Math.Max(model[register], (byte)run);
        }
        byte[] registers = new byte[HyperLogLog.RegisterCount];
        int[] histogram = new int[HyperLogLogEstimate.HistogramLength];
        if (HyperLogLog.IsDense(editor.Value))
        {
            DenseRegisters.MergeInto(registers, editor.Value);
            DenseRegisters.AddTo(histogram, editor.Value);
        }
        else
        {
            Assert.True(editor.Value.Length <= Math.Max(sparseMaxBytes, HyperLogLog.Empty.Length));
            Assert.True(SparseRegisters.TryMergeInto(registers, editor.Value));
            Assert.True(SparseRegisters.TryAddTo(histogram, editor.Value));
        }
        Assert.Equal(model, registers);
        Assert.Equal(HyperLogLogEstimate.OfRegisters(model), HyperLogLogEstimate.Of(histogram));
    }
}
