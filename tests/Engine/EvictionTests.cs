using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class EvictionTests
{
    private const string OutOfMemory = "-OOM command not allowed when used memory > 'maxmemory'.";
    private const int ValueLength = 100;
    private const long ClientPauseUntil = 1_700_000_005_000;

    // No limit of time: a test must not depend on how fast the machine is.
    private readonly EngineFixture _engine = new(new EngineOptions { MaxMemoryEvictionTenacity = 100 });

    public static TheoryData<MaxMemoryPolicy> Volatile =>
    [
        MaxMemoryPolicy.VolatileLru, MaxMemoryPolicy.VolatileLfu, MaxMemoryPolicy.VolatileRandom,
        MaxMemoryPolicy.VolatileTtl,
    ];

    public static TheoryData<MaxMemoryPolicy> Evicting =>
        [.. Enum.GetValues<MaxMemoryPolicy>().Where(policy => policy != MaxMemoryPolicy.NoEviction)];

    private static string Value { get; } = new('v', ValueLength);

    private StorageEngine Engine => _engine.Engine;

    private EngineOptions Options => _engine.Options;

    [Theory]
    [MemberData(nameof(Evicting))]
    public void Memory_stays_at_its_limit_and_each_key_that_goes_is_an_effect(MaxMemoryPolicy policy)
    {
        Limit(policy, 100_000);
        List<string> deleted = [];
        for (int i = 0; i < 5000; i++)
        {
            Assert.Equal("OK", _engine.Run("SET", $"key:{i}", Value, "EX", "1000"));
            deleted.AddRange(_engine.Effects().Where(effect => effect.StartsWith("DEL ", StringComparison.Ordinal)));
            Assert.InRange(Engine.UsedMemory - Engine.Keyspace.DeadBytes, 0, Options.MaxMemory + 20_000);
        }
        Assert.InRange(Engine.UsedMemory, 0, Options.MaxMemory + 20_000);
        Assert.InRange(Engine.Metrics.EvictedKeys, 4000, 4900);
        Assert.Equal(5000, Engine.Metrics.EvictedKeys + Engine.Keyspace[0].Count);
        Assert.Equal(Engine.Metrics.EvictedKeys, deleted.Distinct().Count());
        Assert.All(deleted, effect => Assert.Equal("0", _engine.Run("EXISTS", effect[4..])));
    }

    [Theory]
    [MemberData(nameof(Volatile))]
    public void A_key_without_an_expiry_stays_and_then_there_is_no_room(MaxMemoryPolicy policy)
    {
        Limit(policy, 300_000);
        for (int i = 0; i < 1000; i++)
        {
            _engine.Run("SET", $"stays:{i}", Value);
            if (i % 4 == 0)
            {
                _engine.Run("SET", $"goes:{i}", Value, "EX", "1000");
            }
        }
        int kept = 1000;
        while (_engine.Run("SET", $"stays:{kept}", Value) == "OK")
        {
            kept++;
        }
        Assert.InRange(kept, 1500, 3000);
        Assert.Equal(250, Engine.Metrics.EvictedKeys);
        Assert.Equal(kept, Engine.Keyspace[0].Count);
        Assert.Equal(OutOfMemory, _engine.Run("SET", "one", "more"));
        Assert.Equal($"\"{Value}\"", _engine.Run("GET", "stays:0"));
        Assert.Equal("1", _engine.Run("DEL", "stays:0"));
    }

    [Fact]
    public void Without_eviction_only_what_could_add_data_is_refused()
    {
        _engine.Run("SET", "key", "value");
        Limit(MaxMemoryPolicy.NoEviction, -1);
        Assert.Equal(OutOfMemory, _engine.Run("SET", "key", "other"));
        Assert.Equal("\"value\"", _engine.Run("GET", "key"));
        Assert.Equal("1", _engine.Run("EXPIRE", "key", "10"));
        Assert.Equal("1", _engine.Run("DEL", "key"));
        Assert.Equal(0, Engine.Metrics.EvictedKeys);
    }

    [Fact]
    public void Nothing_left_to_evict_is_out_of_memory()
    {
        _engine.Run("SET", "key", "value");
        Options.MaxMemory = 1;
        Options.MaxMemoryPolicy = MaxMemoryPolicy.AllKeysLru;
        Assert.Equal(OutOfMemory, _engine.Run("SET", "key", "other"));
        Assert.Equal("0", _engine.Run("DBSIZE"));
    }

    [Theory]
    [InlineData(MaxMemoryPolicy.AllKeysLru)]
    [InlineData(MaxMemoryPolicy.AllKeysLfu)]
    [InlineData(MaxMemoryPolicy.VolatileLru)]
    [InlineData(MaxMemoryPolicy.VolatileLfu)]
    public void Keys_in_use_survive(MaxMemoryPolicy policy)
    {
        Limit(policy, 200_000);
        for (int i = 0; i < 100; i++)
        {
            _engine.Run("SET", $"used:{i}", Value, "EX", "10000");
            for (int use = 0; use < 200 && policy.ToString().EndsWith("Lfu", StringComparison.Ordinal); use++)
            {
                _engine.Run("GET", $"used:{i}");
            }
        }
        for (int i = 0; i < 10_000; i++)
        {
            _engine.Run("SET", $"once:{i}", Value, "EX", "10000");
            _engine.Run("GET", $"used:{i % 100}");
            _engine.NowMs += 10;
        }
        int alive = Enumerable.Range(0, 100).Count(i => _engine.Run("EXISTS", $"used:{i}") == "1");
        Assert.InRange(alive, 95, 100);
    }

    [Fact]
    public void What_expires_first_goes_first()
    {
        string[] lives = ["50", "500", "5000", "50000", "5000000"];
        for (int i = 0; i < 1000; i++)
        {
            _engine.Run("SET", $"key:{lives[i % 5]}:{i}", Value, "EX", lives[i % 5]);
        }
        Limit(MaxMemoryPolicy.VolatileTtl, -70_000);
        _engine.Run("PING");
        Dictionary<string, int> gone = lives.ToDictionary(life => life, life => Enumerable.Range(0, 1000)
            .Count(i => lives[i % 5] == life && _engine.Run("EXISTS", $"key:{life}:{i}") == "0"));
        Assert.Equal(200, gone["50"]);
        Assert.Equal(200, gone["500"]);
        Assert.InRange(gone["5000"], 10, 199);
        Assert.Equal(0, gone["50000"] + gone["5000000"]);
    }

    [Fact]
    public void Every_database_gives()
    {
        for (int i = 0; i < 3000; i++)
        {
            if (i % 1000 == 0)
            {
                _engine.Run("SELECT", $"{i / 1000}");
            }
            _engine.Run("SET", $"key:{i}", Value);
        }
        Limit(MaxMemoryPolicy.AllKeysLru, -150_000);
        _engine.Run("PING");
        for (int i = 0; i < 3; i++)
        {
            Assert.InRange(Engine.Keyspace[i].Count, 300, 900);
        }
    }

    [Fact]
    public void Periodic_work_evicts_too_and_says_whether_there_is_more()
    {
        for (int i = 0; i < 20_000; i++)
        {
            _engine.Run("SET", $"key:{i}", Value);
        }
        Options.MaxMemoryEvictionTenacity = 0;
        Limit(MaxMemoryPolicy.AllKeysRandom, -2_000_000);
        int rounds = 1;
        while (!Engine.Cron())
        {
            rounds++;
        }
        Assert.InRange(rounds, 10, 20_000);
        Assert.InRange(Engine.Keyspace[0].Count, 1, 10_000);
        Assert.InRange(Engine.UsedMemory - Engine.Keyspace.DeadBytes, 0, Options.MaxMemory);
    }

    [Fact]
    public void A_pause_of_the_clients_keeps_the_keys()
    {
        _engine.Run("SET", "key", "value");
        Engine.Pause.Begin(ClientPauseUntil, writesOnly: true, _engine.NowMs);
        Limit(MaxMemoryPolicy.AllKeysLru, -1);
        Assert.Equal("\"value\"", _engine.Run("GET", "key"));
        _engine.NowMs = ClientPauseUntil + 1;
        Assert.Equal("nil", _engine.Run("GET", "key"));
    }

    [Fact]
    public void A_key_is_unlinked_where_the_configuration_says_so()
    {
        Options.LazyFreeEviction = true;
        _engine.Run("SET", "key", new string('v', 1_000_000));
        _engine.Effects();
        Limit(MaxMemoryPolicy.AllKeysLru, -1);
        _engine.Run("PING");
        Assert.Equal(["UNLINK key"], _engine.Effects());
    }

    [Fact]
    public void While_a_snapshot_holds_the_log_nothing_moves_and_the_keys_go_all_the_same()
    {
        for (int i = 0; i < 2000; i++)
        {
            _engine.Run("SET", $"key:{i}", Value);
        }
        Store store = Engine.Keyspace[0].Store!;
        long tail = store.TailAddress;
        KeyspaceCut cut = Engine.Keyspace.BeginCut();
        Limit(MaxMemoryPolicy.AllKeysLru, -100_000);
        _engine.Run("PING");
        Assert.Equal(tail, store.TailAddress);
        Assert.InRange(store.Count, 500, 1500);
        Engine.Keyspace.EndCut(cut);
    }

    [Fact]
    public void When_all_keys_are_in_use_the_search_is_cut_into_pieces()
    {
        for (int i = 0; i < 50_000; i++)
        {
            _engine.Run("SET", $"key:{i}", "v");
        }
        for (int i = 0; i < 50_000; i++)
        {
            _engine.NowMs += 1;
            _engine.Run("GET", $"key:{i}");
        }
        Store store = Engine.Keyspace[0].Store!;
        long tail = store.TailAddress;
        Options.MaxMemoryEvictionTenacity = 0;
        Limit(MaxMemoryPolicy.AllKeysLru, -1 - Engine.Keyspace.DeadBytes);
        _engine.Run("PING");
        Assert.InRange(store.TailAddress - tail, 1, 100_000);
        Assert.Equal(0, Engine.Metrics.EvictedKeys);
        Assert.Equal("OK", _engine.Run("SET", "another", "key"));
        int rounds = 0;
        while (!Engine.Cron())
        {
            rounds++;
        }
        Assert.InRange(rounds, 20, 1000);
        Assert.InRange(Engine.Metrics.EvictedKeys, 1, 1000);
    }

    /// <summary>Sets the limit relative to what is in use now.</summary>
    private void Limit(MaxMemoryPolicy policy, long room)
    {
        Options.MaxMemoryPolicy = policy;
        Options.MaxMemory = Engine.UsedMemory + room;
    }
}
