using FsCheck;
using FsCheck.Fluent;

namespace Tidelog.Tests;

/// <summary>
/// A property that holds for every sequence of steps. A failure is shrunk by leaving steps out, and names its seed:
/// <c>TIDELOG_REPLAY=seed,gamma,size</c> begins there. <c>TIDELOG_LONG=1</c> asks for many more runs.
/// </summary>
internal static class StepProperty
{
    public static bool Long { get; } = Environment.GetEnvironmentVariable("TIDELOG_LONG") == "1";

    /// <param name="runs">How many sequences; fifty times as many in a long test.</param>
    /// <param name="length">Most steps of one.</param>
    /// <param name="run">Throws when the property does not hold.</param>
    public static void Check<TStep>(int runs, int length, Gen<TStep> step, Action<TStep[]> run)
    {
        Gen<TStep[]> steps = Gen.Choose(1, length).SelectMany(count => step.ArrayOf(count));
        Prop.ForAll(Arb.From(steps, Fewer), run)
            .Check(Replayed(Config.QuickThrowOnFailure.WithMaxTest(Long ? 50 * runs : runs)));
    }

    private static Config Replayed(Config config)
    {
        string[]? numbers = Environment.GetEnvironmentVariable("TIDELOG_REPLAY")?.Split(',');
        return numbers is [string seed, string gamma, string size]
            ? config.WithReplay(ulong.Parse(seed, null), ulong.Parse(gamma, null), int.Parse(size, null))
            : config;
    }

    /// <summary>The same run without a half, a quarter ... a single one of its steps.</summary>
    private static IEnumerable<TStep[]> Fewer<TStep>(TStep[] steps)
    {
        for (int cut = steps.Length / 2; cut >= 1; cut /= 2)
        {
            for (int from = 0; from + cut <= steps.Length; from += cut)
            {
                yield return [.. steps[..from], .. steps[(from + cut)..]];
            }
        }
    }
}
