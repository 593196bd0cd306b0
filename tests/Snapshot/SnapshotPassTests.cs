using System.Buffers.Binary;
using System.Diagnostics;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>Who gets what of a pass, and how it ends.</summary>
public sealed class SnapshotPassTests : IDisposable
{
    private const int Window = 256;
    private static readonly RdbFormat Format = new(Compress: false);

    private readonly CutEngine _engine = new();
    private KeyspaceCut? _cut;

    public void Dispose()
    {
        if (_cut is not null)
        {
            _engine.Keyspace.EndCut(_cut);
        }
        _engine.Clear();
    }

    [Fact]
    public void An_empty_dataset_is_a_file_too()
    {
        using SnapshotPass pass = Begin();
        TakingSink sink = Join(pass);
        RunToEnd(pass);
        Assert.Null(sink.Failure);
        Assert.Equal(["version 9", "note=text", "function code"], RecordedFile.Read(sink.Bytes).Items);
    }

    [Fact]
    public void Who_joins_at_any_position_gets_everything_once()
    {
        Fill();
        int lengths = 0;
        for (int steps = 0; steps < 40; steps += 5)
        {
            using SnapshotPass pass = Begin();
            TakingSink first = Join(pass);
            for (int i = 0; i < steps; i++)
            {
                Assert.True(pass.Step());
            }
            TakingSink second = Join(pass);
            TakingSink third = Join(pass);
            RunToEnd(pass);
            Assert.Equal(CutEngine.ImageOf(first.Bytes), CutEngine.ImageOf(second.Bytes));
            Assert.Equal(second.Bytes, third.Bytes);
            Assert.Equal(_cut!.Keys, RecordedFile.Read(second.Bytes).Values.Count);
            lengths += second.Bytes.Length == first.Bytes.Length ? 1 : 0;
            EndCut();
        }

        // One that begins in the middle of a database selects it twice.
        Assert.InRange(lengths, 1, 5);
    }

    [Fact]
    public void The_checksum_is_left_out_on_demand()
    {
        Fill();
        using SnapshotPass pass = Begin(new RdbFormat(Checksum: false));
        TakingSink sink = Join(pass);
        RunToEnd(pass);
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(sink.Bytes.AsSpan()[^8..]));
        Assert.Equal(_cut!.Keys, RecordedFile.Read(sink.Bytes).Values.Count);
    }

    [Fact]
    public void A_sink_that_fails_does_not_disturb_the_others()
    {
        Fill();
        using SnapshotPass pass = Begin();
        TakingSink good = Join(pass);
        TakingSink[] bad =
        [
            .. Enumerable.Range(0, 40).Select(i => new TakingSink(static () => { }) { FailsAt = i * 97 }),
        ];
        foreach (TakingSink sink in bad)
        {
            Assert.True(pass.TryJoin(sink, sink.End));
            pass.Step();
        }
        RunToEnd(pass);
        Assert.Null(good.Failure);
        Assert.Equal(_engine.Image(), CutEngine.ImageOf(good.Bytes));
        Assert.All(bad, sink => Assert.IsType<IOException>(sink.Failure));
    }

    [Fact]
    public void Whatever_a_sink_or_who_is_told_of_its_end_fails_of_the_others_go_on()
    {
        Fill();
        using SnapshotPass pass = Begin();
        TakingSink good = Join(pass);
        TakingSink closed = new(static () => { }) { FailsAt = 3000, FailsWith = new ObjectDisposedException("socket") };
        Assert.True(pass.TryJoin(closed, closed.End));
        foreach (long failsAt in (long[])[3000, long.MaxValue])
        {
            TakingSink sink = new(static () => { }) { FailsAt = failsAt };
            Assert.True(pass.TryJoin(sink, static _ => throw new InvalidOperationException("on purpose")));
        }
        RunToEnd(pass);
        Assert.Null(good.Failure);
        Assert.Equal(_engine.Image(), CutEngine.ImageOf(good.Bytes));
        Assert.IsType<ObjectDisposedException>(closed.Failure);
    }

    [Fact]
    public void A_fault_of_the_pass_itself_is_told_to_all_its_sinks()
    {
        Fill();
        using SnapshotPass pass = Begin();
        TakingSink sink = Join(pass);
        TakingSink faulty = new(static () => { }) { FailsAt = 3000, FailsWith = new InvariantException("on purpose") };
        Assert.True(pass.TryJoin(faulty, faulty.End));
        Assert.Throws<InvariantException>(() => RunToEnd(pass));
        Assert.IsType<InvariantException>(sink.Failure);
        Assert.IsType<InvariantException>(faulty.Failure);
        Assert.False(pass.TryJoin(sink, sink.End));
    }

    /// <summary>In a log of 16 MB, of which nothing is given back while the cut lasts.</summary>
    [Fact]
    public void A_pass_is_given_up_before_what_it_holds_back_fills_the_log()
    {
        CutEngine engine = new(maxLogBytes: 16 << 20);
        for (int i = 0; i < 300; i++)
        {
            engine.Take(new CutStep("SET", $"key:{i}", "value"));
        }
        KeyspaceCut cut = engine.Keyspace.BeginCut();
        using (SnapshotPass pass = new(cut, Format, [], [], Window))
        {
            TakingSink sink = Join(pass);
            Assert.True(pass.Step());
            string value = new('v', 10_000);
            for (int i = 0; i < 3000; i++)
            {
                engine.Take(new CutStep("SET", $"other:{i}", value));
                engine.Take(new CutStep("DEL", $"other:{i}"));
                if (cut.IsTooBig && !sink.HasEnded)
                {
                    Assert.InRange(i, 300, 500);
                    Assert.False(pass.Step());
                    Assert.IsType<SnapshotTooBigException>(sink.Failure);
                    engine.Keyspace.EndCut(cut);
                }
            }
            Assert.True(sink.HasEnded);
        }
        engine.Clear();
    }

    [Fact]
    public void When_the_last_sink_has_failed_the_pass_is_over()
    {
        Fill();
        using SnapshotPass pass = Begin();
        TakingSink sink = new(static () => { }) { FailsAt = 1000 };
        Assert.True(pass.TryJoin(sink, sink.End));
        RunToEnd(pass);
        Assert.IsType<IOException>(sink.Failure);
        Assert.False(pass.TryJoin(sink, sink.End));
    }

    [Fact]
    public void A_cancelled_pass_ends_for_everybody()
    {
        Fill();
        using SnapshotPass pass = Begin();
        TakingSink running = new(pass.Cancel);
        TakingSink waiting = Join(pass);
        Assert.True(pass.TryJoin(running, running.End));
        Assert.False(pass.Step());
        Assert.IsType<OperationCanceledException>(running.Failure);
        Assert.IsType<OperationCanceledException>(waiting.Failure);
        Assert.False(pass.Step());
        Assert.False(pass.TryJoin(waiting, waiting.End));
    }

    [Fact]
    public void Keys_are_counted_and_can_be_delayed()
    {
        Fill();
        using SnapshotPass pass = Begin();
        Join(pass);
        Assert.Equal(0, pass.KeysWritten);
        pass.DelayPerKey = 2000;
        long began = Stopwatch.GetTimestamp();
        while (pass.KeysWritten < 20)
        {
            Assert.True(pass.Step());
        }
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 30, 10_000);
        pass.DelayPerKey = 10_000_000;
        new Thread(() =>
        {
            Thread.Sleep(20);
            pass.Cancel();
        }).Start();
        began = Stopwatch.GetTimestamp();
        RunToEnd(pass);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 10, 9_000);
    }

    [Fact]
    public void A_negative_delay_is_shared_by_many_keys()
    {
        Fill();
        using SnapshotPass pass = Begin();
        Join(pass);
        pass.DelayPerKey = -1000;
        long began = Stopwatch.GetTimestamp();
        RunToEnd(pass);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 0, 5_000);
    }

    private SnapshotPass Begin(RdbFormat? format = null)
    {
        _engine.Engine.BeginTurn();
        _cut = _engine.Keyspace.BeginCut();
        _engine.Engine.EndTurn();
        return new SnapshotPass(_cut, format ?? Format, [("note", "text")], ["code"u8.ToArray()], Window);
    }

    private void EndCut()
    {
        _engine.Keyspace.EndCut(_cut!);
        _cut = null;
    }

    private static TakingSink Join(SnapshotPass pass)
    {
        TakingSink sink = new(static () => { });
        Assert.True(pass.TryJoin(sink, sink.End));
        return sink;
    }

    private static void RunToEnd(SnapshotPass pass)
    {
        while (pass.Step())
        {
        }
    }

    /// <summary>Keys of all sizes in three databases.</summary>
    private void Fill()
    {
        for (int i = 0; i < 300; i++)
        {
            if (i % 100 == 0)
            {
                _engine.Take(new CutStep("SELECT", $"{i / 100 * 7}"));
            }
            _engine.Take(new CutStep("SET", $"key:{i}", new string('v', i % 60 * (i % 50 == 0 ? 100 : 1))));
            _engine.Take(new CutStep("RPUSH", $"list:{i % 7}", $"element {i}"));
        }
    }
}
