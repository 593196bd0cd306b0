using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>A snapshot holds what there was at its cut, whatever writers do while it is written.</summary>
public sealed class ExactCutTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(16 * 1024)]
    public void Commands_in_the_middle_of_values_change_nothing_of_it(int window) =>
        StepProperty.Check(20, length: 200, CutCommands.Step, steps => Run(steps, window));

    private static void Run(CutStep[] steps, int window)
    {
        CutEngine engine = new();
        CutEngine twin = new();
        foreach (CutStep step in CutCommands.Beginning)
        {
            engine.Take(step);
            twin.Take(step);
        }
        int next = 0;
        while (next < steps.Length / 3)
        {
            Take();
        }
        Dictionary<(int, string), string> expected = engine.Image();
        string digest = engine.Digest();
        KeyspaceCut cut = engine.Keyspace.BeginCut();
        Assert.Equal(digest, CutEngine.DigestOf(cut));

        Random random = new(steps.Length);
        List<TakingSink> sinks = [];
        using (SnapshotPass pass = new(cut, new RdbFormat(Version: 10), [("note", "text")], ["code"u8.ToArray()],
            window))
        {
            Join(pass, atMost: 1);
            while (pass.Step())
            {
                TakeSome();
                Join(pass, atMost: 4);
            }
            Assert.False(pass.TryJoin(new TakingSink(static () => { }), static _ => { }));
        }
        while (next < steps.Length)
        {
            Take();
        }

        foreach (TakingSink sink in sinks)
        {
            Assert.Null(sink.Failure);
            AssertSame(expected, CutEngine.ImageOf(sink.Bytes, cut.NowMs));
        }
        Assert.Equal(digest, CutEngine.DigestOf(cut));
        engine.Keyspace.EndCut(cut);
        AssertSame(twin.Image(), engine.Image());
        engine.AssertSums();
        engine.Clear();
        twin.Clear();

        void Take()
        {
            engine.Take(steps[next]);
            twin.Take(steps[next++]);
        }

        void TakeSome()
        {
            for (int count = random.Next(4); count > 0 && next < steps.Length; count--)
            {
                Take();
            }
        }

        void Join(SnapshotPass pass, int atMost)
        {
            if (sinks.Count < atMost && (sinks.Count == 0 || random.Next(10) == 0))
            {
                TakingSink sink = new(TakeSome);
                sinks.Add(sink);
                Assert.True(pass.TryJoin(sink, sink.End));
            }
        }
    }

    private static void AssertSame(
        Dictionary<(int Database, string Key), string> expected, Dictionary<(int Database, string Key), string> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (((int, string) key, string value) in expected)
        {
            Assert.Equal(value, actual[key]);
        }
    }
}
