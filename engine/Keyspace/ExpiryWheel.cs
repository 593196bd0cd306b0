// When which record expires: a hierarchical timing wheel of log addresses.
//
// Five wheels of 256 slots. A tick is 16 ms; a slot of the first wheel is one tick, a slot of each further wheel as
// long as the whole wheel before it: 4 s, 17 min, 3 days, 2 years, 500 years. Time moves through the finest wheel that
// holds anything, slot by slot; when it wraps, the next slot of the wheel above becomes due and is spread over the ones
// below.
//
// An entry is an address and nothing else. It is advice: whoever takes it looks at the record, which may have moved (it
// then has an entry of its own), been deleted, or got a later expiry. So nothing is ever removed from the wheel, and an
// update in place that only postpones the expiry adds nothing: the old entry, when it fires, is put back at the new
// time.
// For the same reason a clock that was set back is harmless: everything becomes due and is put back.

using System.Runtime.InteropServices;

namespace Tidelog.Engine.Keyspace;

internal sealed unsafe class ExpiryWheel : IDisposable
{
    public const int TickBits = 4;
    private const int SlotBits = 8;
    private const int Slots = 1 << SlotBits;
    private const int Levels = 5;
    private const int EntriesPerBlock = 62;

    private const int MinEntriesKept = 64 * 1024;

    /// <summary>A clock that goes back by less than a second is waited for.</summary>
    private const int TicksWaitedFor = 1000 >> TickBits;

    private readonly Block** _slots = (Block**)NativeMemory.AllocZeroed(Levels * Slots, (nuint)sizeof(Block*));
    private Block* _free;
    private long _freeCount;
    private Block* _due;
    private long _tick;
    private HeldCounts _held;

    // The slot that is being swept, taken out of the wheel; still counted in _held.
    private Block* _swept;
    private int _sweptSlot;

    /// <param name="nowMs">Unix time in milliseconds.</param>
    public ExpiryWheel(long nowMs) => _tick = nowMs >> TickBits;

    /// <summary>Entries held, stale ones included.</summary>
    public long Count { get; private set; }

    /// <summary>Entries ever added.</summary>
    public long AddedCount { get; private set; }

    public long AllocatedBytes { get; private set; } = Levels * Slots * sizeof(long);

    /// <summary>The end of the tick that a time falls into: nothing expires before its time.</summary>
    public static long TickOf(long expiryMs) => (expiryMs >> TickBits) + 1;

    /// <param name="address">Any number but 0; comes back as it is.</param>
    public void Add(long address, long expiryMs)
    {
        long tick = Math.Max(TickOf(expiryMs), _tick + 1);
        int level = LevelOf(tick);
        long limit = _tick + (1L << (SlotBits * Levels)) - 1;
        Push(Slot(level, Math.Min(tick, limit)), address);
        _held[level]++;
        Count++;
        AddedCount++;
    }

    /// <summary>Takes one address whose time has come.</summary>
    /// <returns>False when there is none before <paramref name="nowMs"/>.</returns>
    public bool TryTake(long nowMs, out long address)
    {
        while (true)
        {
            Block* due = _due;
            if (due != null)
            {
                if (due->Count > 0)
                {
                    address = due->Entries[--due->Count];
                    Count--;
                    return true;
                }
                _due = due->Next;
                Free(due);
                continue;
            }
            long now = nowMs >> TickBits;
            if (Count == 0)
            {
                // Nothing is waiting: time may jump.
                _tick = now;
            }
            else if (now < _tick - TicksWaitedFor)
            {
                TurnBack(now);
                continue;
            }
            if (_tick >= now)
            {
                address = 0;
                return false;
            }
            Advance(now);
        }
    }

    /// <summary>
    /// Takes one entry, whatever its time, so that stale ones can be dropped; who takes it adds it again if it counts.
    /// Called often enough, it goes round the whole wheel.
    /// </summary>
    public bool TrySweep(out long address)
    {
        int looked = 0;
        while (_swept == null && looked++ < Levels * Slots)
        {
            _sweptSlot = (_sweptSlot + 1) % (Levels * Slots);
            _swept = _slots[_sweptSlot];
            _slots[_sweptSlot] = null;
        }
        return TryPop(ref _swept, _sweptSlot / Slots, out address);
    }

    /// <summary>
    /// Takes one of the entries that come due soonest, as nearly as the slots tell; who takes it adds it again if it
    /// counts and is not used up.
    /// </summary>
    public bool TryTakeSoonest(out long address)
    {
        address = 0;
        if (_due != null && TryTake(_tick << TickBits, out address))
        {
            return true;
        }
        Block** slot = SoonestSlot(out int level, out _);
        return (slot != null && TryPop(ref *slot, level, out address)) || TrySweep(out address);
    }

    /// <summary>The tick at which the soonest slot that holds anything begins; a large number if none does.</summary>
    public long SoonestTick
    {
        get
        {
            long tick = _tick;
            return _due != null || SoonestSlot(out _, out tick) != null ? tick : long.MaxValue;
        }
    }

    public void Dispose()
    {
        FreeChain(_swept);
        for (int i = 0; i < Levels * Slots; i++)
        {
            FreeChain(_slots[i]);
        }
        FreeChain(_due);
        FreeChain(_free);
        NativeMemory.Free(_slots);
    }

    private static void FreeChain(Block* block)
    {
        while (block != null)
        {
            Block* next = block->Next;
            NativeMemory.Free(block);
            block = next;
        }
    }

    private Block** SoonestSlot(out int level, out long tick)
    {
        for (level = 0; level < Levels; level++)
        {
            if (_held[level] == 0)
            {
                continue;
            }
            int bits = SlotBits * level;

            // The present slot comes last: what it holds belongs to its next turn.
            for (int i = 1; i <= Slots; i++)
            {
                tick = ((_tick >> bits) + i) << bits;
                Block** slot = Slot(level, tick);
                if (*slot != null)
                {
                    return slot;
                }
            }
        }
        tick = 0;
        return null;
    }

    private bool TryPop(ref Block* chain, int level, out long address)
    {
        address = 0;
        Block* block = chain;
        if (block == null)
        {
            return false;
        }
        address = block->Entries[--block->Count];
        _held[level]--;
        Count--;
        if (block->Count == 0)
        {
            chain = block->Next;
            Free(block);
        }
        return true;
    }

    /// <summary>Goes on to the next tick at which a slot that holds something may be due, or to the present.</summary>
    private void Advance(long now)
    {
        int finest = 0;
        while (_held[finest] == 0)
        {
            finest++;
        }
        int bits = SlotBits * finest;
        _tick = Math.Min(now, ((_tick >> bits) + 1) << bits);
        MakeDue(0);
        for (int level = 1; level < Levels && (_tick & ((1L << (SlotBits * level)) - 1)) == 0; level++)
        {
            // Entries do not know their time, so those of a coarse slot become due at once; the keyspace looks at each
            // record and puts back what has not expired yet, now into a finer slot.
            MakeDue(level);
        }
    }

    private void MakeDue(int level) => MakeDue(level, Slot(level, _tick));

    private void MakeDue(int level, Block** slot)
    {
        if (slot - _slots == _sweptSlot)
        {
            MakeDue(level, ref _swept);
        }
        MakeDue(level, ref *slot);
    }

    private void MakeDue(int level, ref Block* chain)
    {
        Block* taken = chain;
        if (taken == null)
        {
            return;
        }
        chain = null;
        Block* last = taken;
        _held[level] -= last->Count;
        while (last->Next != null)
        {
            last = last->Next;
            _held[level] -= last->Count;
        }
        last->Next = _due;
        _due = taken;
    }

    private void TurnBack(long now)
    {
        for (int i = 0; i < Levels * Slots; i++)
        {
            MakeDue(i / Slots, _slots + i);
        }
        _tick = now;
    }

    private int LevelOf(long tick)
    {
        long distance = tick - _tick;
        int level = 0;
        while (level < Levels - 1 && distance >= 1L << (SlotBits * (level + 1)))
        {
            level++;
        }
        return level;
    }

    private Block** Slot(int level, long tick) =>
        _slots + (level * Slots) + ((tick >> (SlotBits * level)) & (Slots - 1));

    private void Push(Block** slot, long address)
    {
        Block* block = *slot;
        if (block == null || block->Count == EntriesPerBlock)
        {
            block = _free;
            if (block != null)
            {
                _free = block->Next;
                _freeCount--;
            }
            else
            {
                block = (Block*)NativeMemory.Alloc((nuint)sizeof(Block));
                AllocatedBytes += sizeof(Block);
            }
            block->Count = 0;
            block->Next = *slot;
            *slot = block;
        }
        block->Entries[block->Count++] = address;
    }

    private void Free(Block* block)
    {
        // Enough is kept for what moves down from a coarse slot at once; the rest goes back to the system.
        if (_freeCount * EntriesPerBlock > (Count / 2) + MinEntriesKept)
        {
            NativeMemory.Free(block);
            AllocatedBytes -= sizeof(Block);
            return;
        }
        block->Next = _free;
        _free = block;
        _freeCount++;
    }

    /// <summary>How many entries each wheel holds.</summary>
    [System.Runtime.CompilerServices.InlineArray(Levels)]
    private struct HeldCounts
    {
        private long _first;
    }

    private struct Block
    {
        public Block* Next;
        public long Count;
        public fixed long Entries[EntriesPerBlock];
    }
}
