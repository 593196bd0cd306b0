using System.Diagnostics;
using FsCheck.Fluent;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>A snapshot on a thread of its own, beside a writer that does what it can.</summary>
public sealed class CutThreadTests
{
    [Fact]
    public void A_busy_writer_changes_nothing_of_what_another_thread_writes()
    {
        CutEngine engine = new();
        CutStep[] steps = [.. CutCommands.Step.Sample(3000)];
        TimeSpan limit = TimeSpan.FromSeconds(StepProperty.Long ? 60 : 2);
        long began = Stopwatch.GetTimestamp();
        int at = 0;
        int cuts = 0;
        while (cuts < 3 || Stopwatch.GetElapsedTime(began) < limit)
        {
            foreach (CutStep step in CutCommands.Beginning)
            {
                engine.Take(step);
            }
            for (int i = 0; i < 300; i++)
            {
                engine.Take(steps[at++ % steps.Length]);
            }
            Dictionary<(int, string), string> expected = engine.Image();
            string digest = engine.Digest();
            KeyspaceCut cut = engine.Keyspace.BeginCut();
            Snapshot walk = new(cut);
            Thread walker = new(walk.Run);
            walker.Start();
            do
            {
                engine.Take(steps[at++ % steps.Length]);
            }
            while (walker.IsAlive);
            walker.Join();
            Assert.Null(walk.Failure);
            Assert.Equal([digest, digest, digest], walk.Digests);
            Dictionary<(int, string), string> image = CutEngine.ImageOf(walk.Sink.Bytes, cut.NowMs);
            Assert.Equal(expected.OrderBy(entry => entry.Key), image.OrderBy(entry => entry.Key));
            engine.Keyspace.EndCut(cut);
            engine.AssertSums();
            cuts++;
        }
        engine.Clear();
    }

    private sealed class Snapshot(KeyspaceCut cut)
    {
        public TakingSink Sink { get; } = new(static () => { });

        public List<string> Digests { get; } = [];

        public Exception? Failure { get; private set; }

        public void Run()
        {
            try
            {
                Digests.Add(CutEngine.DigestOf(cut));
                using SnapshotPass pass = new(cut, new RdbFormat(Version: 10, Compress: false), [], [], window: 4096);
                pass.TryJoin(Sink, Sink.End);
                while (pass.Step())
                {
                }
                Digests.Add(CutEngine.DigestOf(cut));
                Digests.Add(CutEngine.DigestOf(cut));
            }
            catch (Exception failure)
            {
                Failure = failure;
            }
        }
    }
}
