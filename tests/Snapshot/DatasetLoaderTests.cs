using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Snapshot;

/// <summary>Whole datasets read from files.</summary>
public sealed class DatasetLoaderTests
{
    [Fact]
    public void Any_dataset_that_was_written_is_the_same_when_it_is_loaded() =>
        StepProperty.Check(40, length: 120, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            EngineFixture copy = new() { NowMs = engine.NowMs };
            LoadProgress progress = Adopt(copy, DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat()));
            AssertSame(engine, copy);
            Assert.Equal(engine.Engine.Keyspace.Count, progress.Keys);
            copy.Line("FLUSHALL");
            ValueBuilderTests.AssertNothingIsLeft(copy);
        });

    private static void AssertSame(EngineFixture expected, EngineFixture actual)
    {
        Assert.Equal(ValueBuilderTests.Digest(expected), ValueBuilderTests.Digest(actual));
        for (int i = 0; i < expected.Engine.Keyspace.DatabaseCount; i++)
        {
            Database database = actual.Engine.Keyspace[i];
            for (long address = 0; expected.Engine.Keyspace[i].TryWalk(ref address, out Record record);)
            {
                Record loaded = database.FindExpiredToo(record.Key);
                Assert.Equal(record.Expiry, loaded.Expiry);
                Assert.Equal(record.Type, loaded.Type);
            }
        }
    }

    private static LoadProgress Adopt(EngineFixture engine, byte[] file, bool keepExpired = false)
    {
        LoadProgress progress = new() { TotalBytes = file.Length };
        LoadedDataset loaded = DatasetLoader.Load(
            new MemoryStream(file), "test.rdb", engine.Engine, progress, true, keepExpired, default);
        engine.Engine.BeginTurn();
        engine.Engine.Keyspace.Adopt(loaded);
        engine.Engine.EndTurn();
        return progress;
    }
}
