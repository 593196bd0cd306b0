using System.Globalization;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Tests.Engine;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Snapshot;

/// <summary>An engine that is cut while commands go on.</summary>
/// <param name="maxLogBytes">Bytes of each database's log, 0 for many.</param>
internal sealed class CutEngine(long maxLogBytes = 0)
{
    private readonly EngineFixture _fixture = new(new EngineOptions { Databases = 16, MaxLogBytes = maxLogBytes });

    public StorageEngine Engine => _fixture.Engine;

    public KeySpace Keyspace => _fixture.Engine.Keyspace;

    public void Take(CutStep step)
    {
        switch (step.Command[0])
        {
            case CutStep.Pass:
                _fixture.NowMs += int.Parse(step.Command[1], CultureInfo.InvariantCulture);
                break;
            case CutStep.Cron:
                Engine.Cron();
                break;
            default:
                Engine.BeginTurn();
                _fixture.Execute(EngineFixture.Request(step.Command));
                Engine.EndTurn();
                if (_fixture.Session.Blocked is not null)
                {
                    Engine.Forget(_fixture.Session);
                    _fixture.Session = Engine.OpenSession();
                }
                break;
        }
    }

    /// <summary>What there is now, by database and key.</summary>
    public Dictionary<(int Database, string Key), string> Image()
    {
        Engine.UpdateClock();
        return ImageOf(DatasetFile.Write(Keyspace, new RdbFormat(Version: 10, Compress: false)));
    }

    /// <summary>What a file holds, without what had expired by some time.</summary>
    public static Dictionary<(int Database, string Key), string> ImageOf(byte[] file, long nowMs = 0)
    {
        RecordedFile recorded = RecordedFile.ReadOnce(new MemoryStream(file), file.Length);
        return recorded.Values
            .Where(value => recorded.Expiries.GetValueOrDefault(value.Key, long.MaxValue) > nowMs)
            .ToDictionary(value => value.Key, value =>
                $"{value.Value} expires {recorded.Expiries.GetValueOrDefault(value.Key, -1)}");
    }

    public string Digest()
    {
        Engine.UpdateClock();
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(Keyspace, digest);
        return Convert.ToHexStringLower(digest);
    }

    public static string DigestOf(KeyspaceCut cut)
    {
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfCut(cut, digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>What the stores count is what their keys have.</summary>
    public unsafe void AssertSums()
    {
        Assert.Equal(0, Keyspace.CutBytes);
        for (int i = 0; i < Keyspace.DatabaseCount; i++)
        {
            if (Keyspace[i].Store is not Store store)
            {
                continue;
            }
            long strings = 0;
            long values = 0;
            long live = 0;
            for (long address = 0; store.TryWalk(ref address, out Record record);)
            {
                live += record.Size;
                strings += record.IsHeapKey ? record.HeapKey->Size : 0;
                if (record.IsHeapCollection)
                {
                    values += record.Root->Bytes;
                }
                else if (record.IsHeapValue)
                {
                    strings += (*record.Heap)->Size;
                }
            }
            Assert.Equal(strings, store.Strings.Bytes);
            Assert.Equal(values, store.Values.Bytes);
            Assert.Equal(live, store.LiveBytes);
        }
    }

    /// <summary>Everything goes.</summary>
    public void Clear()
    {
        Engine.EndTurn();
        for (int i = 0; i < Keyspace.DatabaseCount; i++)
        {
            Keyspace.Flush(Keyspace[i], inBackground: false);
        }
        Engine.CommandLog.Dispose();
    }
}
