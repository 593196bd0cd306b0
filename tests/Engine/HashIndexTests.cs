using Tidelog.Engine.Keyspace;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class HashIndexTests
{
    [Fact]
    public void Every_entry_is_found_while_the_table_grows_and_shrinks()
    {
        Table table = new(seed: 1);
        for (int round = 0; round < 4; round++)
        {
            table.GrowTo(30_000);
            table.ShrinkTo(round * 40);
        }
        table.GrowTo(200_000);
        Assert.True(table.Index.BucketCount > 200_000 / 8);
        table.ShrinkTo(0);
        Assert.True(table.Index.BucketCount <= 1 << 6);
    }

    [Fact]
    public void Entries_with_equal_hashes_share_a_chain()
    {
        Table table = new(seed: 2, distinctHashes: 3);
        table.GrowTo(500);
        table.ShrinkTo(20);
        table.GrowTo(500);
        table.ShrinkTo(0);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public void A_scan_returns_all_that_was_there_throughout(int seed)
    {
        Random random = new(seed);
        for (int run = 0; run < 60; run++)
        {
            Table table = new(seed + run);
            table.GrowTo(random.Next(1, 4000));
            HashSet<long> throughout = [.. table.Addresses];
            HashSet<long> returned = [];
            ulong cursor = 0;
            bool grows = random.Next(2) == 0;
            do
            {
                List<long> batch = [];
                cursor = table.Index.Scan(cursor, batch);
                returned.UnionWith(batch);
                Assert.All(batch, address => Assert.True(table.Has(address)));
                if (random.Next(40) == 0)
                {
                    grows = !grows;
                }
                for (int i = random.Next(60); i > 0; i--)
                {
                    if (grows)
                    {
                        table.Insert();
                    }
                    else
                    {
                        throughout.Remove(table.RemoveAny());
                    }
                }
            }
            while (cursor != 0 && table.Index.Count < 100_000);
            Assert.True(
                cursor != 0 || throughout.IsSubsetOf(returned),
                $"run {run} missed {throughout.Except(returned).Count()}");
            table.Index.Dispose();
        }
    }

    [Fact]
    public void A_scan_of_a_table_that_rests_returns_each_entry_once()
    {
        Table table = new(seed: 3);
        for (int count = 0; count < 5000; count = (count * 5 / 4) + 1)
        {
            table.GrowTo(count);
            List<long> returned = [];
            ulong cursor = 0;
            do
            {
                cursor = table.Index.Scan(cursor, returned);
            }
            while (cursor != 0);
            Assert.Equal(table.Addresses.Order(), returned.Order());
        }
    }

    [Fact]
    public void A_random_entry_is_any_of_them()
    {
        Table table = new(seed: 4);
        Assert.Equal(0, table.Index.Random(new Random(1)));
        table.GrowTo(300);
        Dictionary<long, int> drawn = [];
        Random random = new(2);
        for (int i = 0; i < 300 * 200; i++)
        {
            long address = table.Index.Random(random);
            drawn[address] = drawn.GetValueOrDefault(address) + 1;
        }
        Assert.Equal(300, drawn.Count);
        Assert.All(drawn.Values, times => Assert.InRange(times, 50, 500));
    }

    [Fact]
    public void Removing_what_is_not_there_is_a_broken_invariant()
    {
        Table table = new(seed: 5);
        table.GrowTo(10);
        Assert.Throws<Tidelog.Engine.InvariantException>(() => table.Index.Remove(12345, 1 << 20));
    }

    /// <summary>An index over records that are nothing but an address and a hash.</summary>
    private sealed class Table : IRecordHashes
    {
        private readonly Dictionary<long, ulong> _hashes = [];
        private readonly List<long> _order = [];
        private readonly Random _random;
        private readonly ulong[]? _few;
        private long _next = 64;

        public Table(int seed, int distinctHashes = 0)
        {
            _random = new Random(seed);
            _few = distinctHashes == 0
                ? null
                : [.. Enumerable.Range(0, distinctHashes).Select(_ => (ulong)_random.NextInt64())];
            Index = new HashIndex(this, UpkeepClock.Off);
        }

        public HashIndex Index { get; }

        public IReadOnlyCollection<long> Addresses => _hashes.Keys;

        public bool Has(long address) => _hashes.ContainsKey(address);

        public void Prefetch(long address)
        {
        }

        public ulong HashAt(long address) => _hashes[address];

        public void Insert()
        {
            long address = _next;
            _next += 8 * _random.Next(1, 100);
            ulong hash = _few is null
                ? (ulong)_random.NextInt64(long.MinValue, long.MaxValue)
                : _few[_random.Next(_few.Length)];
            _hashes.Add(address, hash);
            _order.Add(address);
            Index.Insert(hash, address);
        }

        public long RemoveAny()
        {
            if (_order.Count == 0)
            {
                return 0;
            }
            int i = _random.Next(_order.Count);
            long address = _order[i];
            _order[i] = _order[^1];
            _order.RemoveAt(_order.Count - 1);
            Index.Remove(_hashes[address], address);
            _hashes.Remove(address);
            return address;
        }

        public void GrowTo(int count)
        {
            while (_order.Count < count)
            {
                Insert();
                if (_random.Next(4) == 0)
                {
                    Move();
                }
            }
            FindAll();
        }

        public void ShrinkTo(int count)
        {
            while (_order.Count > count)
            {
                RemoveAny();
            }
            FindAll();
        }

        private void Move()
        {
            int i = _random.Next(_order.Count);
            long old = _order[i];
            ulong hash = _hashes[old];
            _hashes.Remove(old);
            _hashes.Add(_next, hash);
            _order[i] = _next;
            Index.Replace(hash, old, _next);
            _next += 8;
        }

        private void FindAll()
        {
            Assert.Equal(_order.Count, Index.Count);
            foreach ((long address, ulong hash) in _hashes)
            {
                HashIndex.Candidates candidates = Index.Find(hash);
                long found;
                do
                {
                    found = candidates.Next();
                }
                while (found != 0 && found != address);
                Assert.Equal(address, found);
            }
        }
    }
}
