using Tidelog.Engine.Keyspace;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class ExpiryWheelTests
{
    private const long Begin = 1_700_000_000_123;
    private const long Tick = 1 << ExpiryWheel.TickBits;
    private static readonly long[] Spans =
        [1, 16, 100, 4000, 5000, 60_000, 1_050_000, 3_600_000, 86_400_000, 40L * 86_400_000, 3L * 365 * 86_400_000];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_entry_fires_in_its_tick_whatever_the_steps_of_time(int seed)
    {
        Random random = new(seed);
        for (int run = 0; run < 40; run++)
        {
            Keys keys = new();
            for (int step = 0; step < 300; step++)
            {
                for (int i = random.Next(5); i > 0; i--)
                {
                    keys.Add(keys.Now + random.NextInt64(Spans[random.Next(Spans.Length)]) + 1);
                }
                keys.Now += random.NextInt64(Spans[random.Next(step % 50 == 0 ? Spans.Length : 7)]) + 1;
                keys.TakeAll();
            }
            keys.Now += 4 * Spans[^1];
            keys.TakeAll();
            Assert.Equal(0, keys.Wheel.Count);
            keys.Wheel.Dispose();
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Sweeping_and_taking_the_soonest_lose_nothing_and_delay_nothing(int seed)
    {
        Random random = new(seed);
        for (int run = 0; run < 40; run++)
        {
            Keys keys = new();
            for (int step = 0; step < 300; step++)
            {
                for (int i = random.Next(200); i > 0; i--)
                {
                    keys.Add(keys.Now + random.NextInt64(Spans[random.Next(Spans.Length)]) + 1);
                }
                keys.Sweep(random.Next(300));
                keys.TakeSoonest(random.Next(100));
                keys.Now += random.NextInt64(Spans[random.Next(7)]) + 1;
                keys.TakeAll();
            }
            keys.TakeSoonest(int.MaxValue);
            Assert.Equal(0, keys.Wheel.Count);
            keys.Wheel.Dispose();
        }
    }

    [Fact]
    public void The_soonest_comes_first_as_nearly_as_the_slots_tell()
    {
        Keys keys = new();
        for (int i = Spans.Length - 1; i >= 0; i--)
        {
            keys.Add(Begin + Spans[i] + 100);
        }
        Assert.InRange(keys.Wheel.SoonestTick << ExpiryWheel.TickBits, Begin, Begin + 200);
        List<long> taken = [];
        while (keys.Wheel.TryTakeSoonest(out long address))
        {
            taken.Add(address);
        }
        Assert.Equal(taken.OrderDescending(), taken);
        Assert.Equal(Spans.Length, taken.Count);
        Assert.Equal(long.MaxValue, keys.Wheel.SoonestTick);
    }

    [Fact]
    public void A_far_expiry_costs_no_more_than_the_slots_that_hold_something()
    {
        Keys keys = new();
        keys.Add(Begin + Spans[^1]);
        keys.Now = Begin + Spans[^1] - 100;
        keys.TakeAll();
        Assert.Equal(1, keys.Wheel.Count);
        keys.Now += 100 + Tick;
        keys.TakeAll();
        Assert.Equal(0, keys.Wheel.Count);
    }

    [Fact]
    public void A_time_beyond_the_wheels_waits_in_the_last()
    {
        Keys keys = new();
        keys.Add(long.MaxValue / 2);
        keys.Now += 10_000L * 365 * 86_400_000;
        keys.TakeAll();
        Assert.Equal(1, keys.Wheel.Count);
    }

    [Fact]
    public void A_clock_that_is_set_back_keeps_nothing_waiting()
    {
        Keys keys = new();
        keys.Add(Begin + 86_400_000);
        keys.Now += 7200_000;
        keys.TakeAll();
        keys.Add(keys.Now + 10_000);
        keys.Now -= 3600_000;
        keys.Add(keys.Now + 5000);
        keys.TakeAll();
        Assert.Equal(3, keys.Wheel.Count);
        keys.Now += 5000 + Tick;
        keys.TakeAll();
        Assert.Equal(2, keys.Wheel.Count);
        keys.Now += 86_400_000;
        keys.TakeAll();
        Assert.Equal(0, keys.Wheel.Count);
    }

    [Fact]
    public void Its_blocks_are_used_again()
    {
        Keys keys = new();
        long allocated = 0;
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 2000; i++)
            {
                keys.Add(keys.Now + 1 + i);
            }
            keys.Now += 3000;
            keys.TakeAll();
            allocated = round == 1 ? keys.Wheel.AllocatedBytes : allocated;
        }
        Assert.InRange(keys.Wheel.AllocatedBytes, 1, allocated * 3 / 2);
    }

    /// <summary>Takes what is due, puts back what is early as the store does, and knows when each must fire.</summary>
    private sealed class Keys
    {
        private readonly Dictionary<long, long> _expiries = [];
        private long _next = 64;

        public ExpiryWheel Wheel { get; } = new(Begin);

        public long Now { get; set; } = Begin;

        public void Add(long expiry)
        {
            _expiries.Add(_next, expiry);
            Wheel.Add(_next, expiry);
            _next += 8;
        }

        public void Sweep(int count)
        {
            for (int i = 0; i < count && Wheel.TrySweep(out long address); i++)
            {
                Wheel.Add(address, _expiries[address]);
            }
        }

        /// <summary>For good, as eviction does.</summary>
        public void TakeSoonest(int count)
        {
            for (int i = 0; i < count && Wheel.TryTakeSoonest(out long address); i++)
            {
                Assert.True(_expiries.Remove(address));
            }
        }

        public void TakeAll()
        {
            while (Wheel.TryTake(Now, out long address))
            {
                long expiry = _expiries[address];
                if (expiry <= Now)
                {
                    _expiries.Remove(address);
                }
                else
                {
                    Wheel.Add(address, expiry);
                }
            }
            Assert.Equal(_expiries.Count, Wheel.Count);
            Assert.All(
                _expiries.Values, expiry => Assert.True(ExpiryWheel.TickOf(expiry) > Now >> ExpiryWheel.TickBits));
        }
    }
}
