using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>
/// PFSELFTEST: do registers keep what is written, do both encodings agree, and is the estimate as good as promised. It
/// takes about a second, as redis's own.
/// </summary>
internal static class HyperLogLogSelfTest
{
    private const int RegisterRounds = 1000;
    private const int Elements = 10_000_000;

    /// <returns>What is wrong, or null.</returns>
    public static string? Run(Random random, long sparseMaxBytes) =>
        TestRegisters(random) ?? TestEstimates((ulong)random.NextInt64(), sparseMaxBytes);

    private static string? TestRegisters(Random random)
    {
        byte[] dense = new byte[DenseRegisters.ValueLength];
        byte[] expected = new byte[HyperLogLog.RegisterCount];
        for (int round = 0; round < RegisterRounds; round++)
        {
            random.NextBytes(expected);
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] &= 63;
                DenseRegisters.Set(dense, i, expected[i]);
            }
            for (int i = 0; i < expected.Length; i++)
            {
                int found = DenseRegisters.Get(dense, i);
                if (found != expected[i])
                {
                    return $"Register {i} should be {expected[i]} but is {found}";
                }
            }
        }
        return null;
    }

    private static string? TestEstimates(ulong seed, long sparseMaxBytes)
    {
        byte[] dense = new byte[DenseRegisters.ValueLength];
        HyperLogLogEditor editor = new();
        editor.Load(HyperLogLog.Empty, sparseMaxBytes);
        long checkpoint = 1;
        for (long j = 1; j <= Elements; j++)
        {
            ulong element = (ulong)j ^ seed;
            (int register, int run) = HyperLogLog.Locate(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in element)));
            DenseRegisters.Raise(dense, register, run);
            if (!editor.TryRaise(register, run, out _))
            {
                return "sparse encoding corrupt";
            }
            if (j == checkpoint)
            {
                if (Check(j, dense, editor.Value, sparseMaxBytes) is string failure)
                {
                    return failure;
                }
                checkpoint *= 10;
            }
        }
        return null;
    }

    private static string? Check(long count, byte[] dense, ReadOnlySpan<byte> value, long sparseMaxBytes)
    {
        bool isDense = HyperLogLog.IsDense(value);
        if (isDense && count < sparseMaxBytes / 2)
        {
            return "sparse encoding not used";
        }
        Span<int> histogram = stackalloc int[HyperLogLogEstimate.HistogramLength];
        histogram.Clear();
        DenseRegisters.AddTo(histogram, dense);
        long estimate = HyperLogLogEstimate.Of(histogram);
        histogram.Clear();
        if (isDense)
        {
            DenseRegisters.AddTo(histogram, value);
        }
        else
        {
            SparseRegisters.TryAddTo(histogram, value);
        }
        if (HyperLogLogEstimate.Of(histogram) != estimate)
        {
            return "dense/sparse disagree";
        }

        // Six times the standard error; among ten elements two that meet in one register are likely enough.
        double standardError = 1.04 / Math.Sqrt(HyperLogLog.RegisterCount);
        long allowed = count == 10 ? 1 : (long)Math.Ceiling(standardError * 6 * count);
        long error = Math.Abs(count - estimate);
        return error <= allowed ? null : $"Too big error. card:{count} abserr:{error}";
    }
}
