namespace Tidelog.Engine.Values;

/// <summary>
/// How many elements registers stand for: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
/// arXiv:1702.01284, the improved raw estimator, as redis has it.
/// </summary>
internal static class HyperLogLogEstimate
{
    /// <summary>A register of six bits can have so many values.</summary>
    public const int HistogramLength = 64;

    private const double AlphaInfinity = 0.721347520444481703680;
    private const int Longest = HyperLogLog.MaxRun;

    /// <param name="histogram">How many registers have each value.</param>
    public static long Of(ReadOnlySpan<int> histogram)
    {
        const double Count = HyperLogLog.RegisterCount;
        double z = Count * Tau((Count - histogram[Longest]) / Count);
        for (int run = Longest - 1; run >= 1; run--)
        {
            z = (z + histogram[run]) * 0.5;
        }
        z += Count * Sigma(histogram[0] / Count);
        double estimate = Math.Round(AlphaInfinity * Count * Count / z, MidpointRounding.AwayFromZero);

        // Registers that no hash can give make it infinite; so does a conversion of the processor's.
        return double.IsFinite(estimate) && estimate < long.MaxValue ? (long)estimate : long.MinValue;
    }

    /// <summary>The estimate for registers of a byte each.</summary>
    public static long OfRegisters(ReadOnlySpan<byte> registers)
    {
        Span<int> histogram = stackalloc int[HistogramLength];
        histogram.Clear();
        foreach (byte register in registers)
        {
            histogram[register]++;
        }
        return Of(histogram);
    }

    private static double Sigma(double x)
    {
        if (x == 1)
        {
            return double.PositiveInfinity;
        }
        double y = 1;
        double z = x;
        double before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (before != z);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
        {
            return 0;
        }
        double y = 1;
        double z = 1 - x;
        double before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (before != z);
        return z / 3;
    }
}
