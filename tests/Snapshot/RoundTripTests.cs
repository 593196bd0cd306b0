using System.Text;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Tests.Snapshot;

/// <summary>What is written is read again as it was.</summary>
public sealed class RoundTripTests
{
    [Theory]
    [InlineData(9, true)]
    [InlineData(10, true)]
    [InlineData(11, true)]
    [InlineData(11, false)]
    public void Any_dataset_comes_back(int version, bool compress) =>
        StepProperty.Check(15, length: 150, DatasetSteps.Step, steps =>
        {
            EngineFixture engine = new();
            DatasetSteps.Run(engine, steps);
            EngineFixture copy = Read(DatasetFile.Write(engine.Engine.Keyspace, new RdbFormat(version, compress)));
            Assert.Equal(Digest(engine), Digest(copy));
            for (int i = 0; i < 3; i++)
            {
                engine.Line($"SELECT {i}");
                copy.Line($"SELECT {i}");
                AssertSame(engine, copy, engine.Engine.Keyspace[i]);
            }
        });

    private static void AssertSame(EngineFixture engine, EngineFixture copy, Database database)
    {
        for (long address = 0; database.TryWalk(ref address, out Record record);)
        {
            string key = Encoding.Latin1.GetString(record.Key);
            Assert.Equal(engine.Run("PEXPIRETIME", key), copy.Run("PEXPIRETIME", key));
            if (record.Type == ValueType.Stream)
            {
                string[] command = ["XINFO", "STREAM", key, "FULL", "COUNT", "0"];
                Assert.Equal(engine.Run(command), copy.Run(command));
            }
        }
    }

    private static EngineFixture Read(byte[] file)
    {
        EngineFixture engine = new();
        using MemoryStream stream = new(file);
        using RdbReader reader = new(stream, "memory", file.Length);
        for (RdbItem item = reader.Read(); item != RdbItem.End; item = reader.Read())
        {
            if (item == RdbItem.Key)
            {
                Database database = engine.Engine.Keyspace[reader.Database];
                ValueBuilder builder = new(database, engine.Options);
                reader.ReadValue(ref builder);
                builder.Store(reader.Key, default, reader.Expiry);
                builder.Discard();
            }
        }
        return engine;
    }

    private static string Digest(EngineFixture engine)
    {
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(engine.Engine.Keyspace, digest);
        return Convert.ToHexStringLower(digest);
    }
}
