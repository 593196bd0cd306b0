using System.Diagnostics;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Tests.Engine;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Snapshot;

/// <summary>What a cut costs, and that nothing of it is left.</summary>
public sealed class CutMemoryTests : IDisposable
{
    private static readonly string Big = new('b', 50_000);
    private static readonly string[] Elements = [.. Enumerable.Range(0, 3000).Select(i => $"element {i}")];

    private readonly EngineFixture _engine = new();

    private KeySpace Keyspace => _engine.Engine.Keyspace;

    public void Dispose()
    {
        for (int i = 0; i < Keyspace.DatabaseCount; i++)
        {
            Keyspace.Flush(Keyspace[i], inBackground: false);
        }
    }

    [Fact]
    public void What_only_the_cut_holds_is_in_use_and_told()
    {
        Fill();
        long used = Keyspace.UsedBytes;
        KeyspaceCut cut = Keyspace.BeginCut();
        Assert.Equal(0, Keyspace.CutBytes);

        AssertGrows(50_000, () => _engine.Run("SETRANGE", "string", "0", "changed"));
        AssertGrows(0, () => _engine.Run("SETRANGE", "string", "7", "again"));
        AssertGrows(20_000, () => _engine.Run("DEL", "list"));
        AssertGrows(0, () => _engine.Run("SET", "new", Big));
        AssertGrows(0, () => _engine.Run("DEL", "new"));
        AssertGrows(0, () => _engine.Run(["RPUSH", "new list", .. Elements]));
        AssertGrows(0, () => _engine.Run("DEL", "new list"));
        AssertGrows(20, () => _engine.Run("SET", "small", new string('s', 100)));
        AssertGrows(50_000, () => _engine.Run("XGROUP", "DESTROY", "stream", "group"));
        AssertGrows(20_000, () => _engine.Run("FLUSHALL"));
        Assert.InRange(Keyspace.UsedBytes, used - 1000, used + 200_000);

        Keyspace.EndCut(cut);
        Assert.Equal(0, Keyspace.CutBytes);
        Assert.Equal(0, Keyspace.UsedBytes);
        Assert.True(SpinWait.SpinUntil(() => Keyspace.LazyFree.IsIdle, TimeSpan.FromSeconds(10)));
        Assert.Equal(0, Keyspace.LazyFree.Freed);
    }

    /// <param name="least">About so many bytes more; at most so many again, and some kilobytes.</param>
    private void AssertGrows(long least, Action change)
    {
        long before = Keyspace.CutBytes;
        change();
        Assert.InRange(Keyspace.CutBytes - before, least, (2 * least) + (least == 0 ? 0 : 300_000));
    }

    [Fact]
    public void Overwriting_during_a_cut_evicts_nothing_and_new_keys_evict_some()
    {
        for (int i = 0; i < 2000; i++)
        {
            _engine.Run("SET", $"key:{i}", new string('v', 200));
        }
        _engine.Run("SET", "big", Big);
        _engine.Run("SELECT", "1");
        _engine.Run("SET", "big", Big);
        _engine.Run("SELECT", "0");
        _engine.Options.MaxMemoryPolicy = MaxMemoryPolicy.AllKeysLru;
        _engine.Options.MaxMemory = _engine.Engine.UsedMemory + 100_000;
        KeyspaceCut cut = Keyspace.BeginCut();
        for (int i = 0; i < 2000; i++)
        {
            _engine.Run("SET", $"key:{i}", new string('w', 200));
        }
        _engine.Run("SETRANGE", "big", "0", "changed");
        Assert.Equal(0, _engine.Engine.Metrics.EvictedKeys);
        Assert.InRange(Keyspace.CutBytes, 450_000, 700_000);
        for (int i = 0; i < 3000; i++)
        {
            Assert.Equal("OK", _engine.Run("SET", $"new:{i}", new string('n', 200)));
        }
        Assert.InRange(_engine.Engine.Metrics.EvictedKeys, 1500, 4500);
        Assert.InRange(Keyspace.Count, 800, 3500);
        Assert.Equal(2002, Walked(cut));
        Keyspace.EndCut(cut);
        _engine.Engine.Cron();
        Assert.InRange(Keyspace.Count, 800, 3500);
    }

    [Fact]
    public void Dead_records_of_three_hundred_cuts_stay_dead()
    {
        // Whole walks, none at all, and now one, now the other; the generations wrap in each.
        foreach (Func<int, bool> isWalked in (Func<int, bool>[])[_ => true, _ => false, i => i % 7 == 3])
        {
            for (int i = 0; i < 300; i++)
            {
                _engine.Run("SET", $"key:{i % 5}", $"value {i}");
                _engine.Run("SET", "always", new string('a', i));
                string digest = Digest();
                KeyspaceCut cut = Keyspace.BeginCut();
                _engine.Run("SET", $"key:{i % 3}", $"changed {i}");
                _engine.Run("DEL", "always");
                _engine.Run("SET", "always", new string('b', i));
                if (isWalked(i))
                {
                    Assert.Equal(digest, CutEngine.DigestOf(cut));
                    Assert.Equal(cut.Keys, Walked(cut));
                }
                Keyspace.EndCut(cut);
            }
        }
        Assert.InRange(Keyspace.DeadBytes, 100_000, long.MaxValue);
        string last = Digest();
        KeyspaceCut lastCut = Keyspace.BeginCut();
        Assert.Equal(last, CutEngine.DigestOf(lastCut));
        Assert.Equal(6, Walked(lastCut));
        Keyspace.EndCut(lastCut);
    }

    [Fact]
    public void A_cut_takes_no_time()
    {
        for (int i = 0; i < 16; i++)
        {
            _engine.Run("SELECT", $"{i}");
            for (int j = 0; j < 10_000; j++)
            {
                _engine.Run("SET", $"key:{j}", "value");
            }
        }
        double best = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long began = Stopwatch.GetTimestamp();
            KeyspaceCut cut = Keyspace.BeginCut();
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            Assert.Equal(160_000, cut.Keys);
            Keyspace.EndCut(cut);
        }
        Assert.InRange(best, 0, 1);
    }

    private static long Walked(KeyspaceCut cut)
    {
        long keys = 0;
        foreach (DatabaseCut database in cut.Databases)
        {
            for (long address = 0; database.TryWalk(ref address, out Record _);)
            {
                keys++;
            }
        }
        return keys;
    }

    private string Digest()
    {
        byte[] digest = new byte[DatasetDigest.Length];
        DatasetDigest.OfDataset(Keyspace, digest);
        return Convert.ToHexStringLower(digest);
    }

    private void Fill()
    {
        _engine.Run("SET", "string", Big);
        _engine.Run("SET", new string('k', 20_000), "long key");
        _engine.Run("SET", "small", "value");
        _engine.Run(["RPUSH", "list", .. Elements]);
        _engine.Run(["SADD", "set", .. Elements]);
        foreach (string element in Elements)
        {
            _engine.Run("XADD", "stream", "*", "field", element);
        }
        _engine.Run("XGROUP", "CREATE", "stream", "group", "0");
        _engine.Run("XREADGROUP", "GROUP", "group", "consumer", "STREAMS", "stream", ">");
    }
}
