// FASTER's hybrid log as the place where records live. Its types appear in this file and nowhere else.
//
// What is FASTER's: the logical address space, the ring of pages, the allocation of pages at the tail and their return
// behind the begin address, and the epoch that keeps a page in place while pointers into it are held.
//
// What is not: FASTER's hash index. Its growth stops the writer for 15 ms again and again, its look-up cannot be split
// in two so that a batch prefetches, and it keeps a chain of versions that a single writer does not need;
// docs/architecture.md has the measurements. HashIndex takes its place. Nor is the layout of records: ours takes 16
// bytes less for a usual key (docs/formats/record.md). FASTER does not look into them; to it the log is pages.
//
// The allocator is internal to FASTER, so it is reached by reflection once per log: a delegate bound to its allocation
// method, and the address of its page table, which FASTER pins and never moves.

using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using FASTER.core;
using Session = FASTER.core.ClientSession<
    FASTER.core.SpanByte, FASTER.core.SpanByte, FASTER.core.SpanByte, FASTER.core.SpanByteAndMemory, FASTER.core.Empty,
    FASTER.core.SpanByteFunctions<FASTER.core.Empty>>;
using SessionContext = FASTER.core.UnsafeContext<
    FASTER.core.SpanByte, FASTER.core.SpanByte, FASTER.core.SpanByte, FASTER.core.SpanByteAndMemory, FASTER.core.Empty,
    FASTER.core.SpanByteFunctions<FASTER.core.Empty>>;

namespace Tidelog.Engine.Keyspace;

internal sealed unsafe class RecordLog : IDisposable
{
    /// <summary>
    /// Small pages: when none is ready, the writing thread makes and clears the next one (docs/architecture.md).
    /// </summary>
    public const int PageSizeBits = 19;
    public const int PageSize = 1 << PageSizeBits;
    private const long PageMask = PageSize - 1;

    /// <summary>
    /// A record is put in the log only up to this size; the rest of a page is lost when the next does not fit.
    /// </summary>
    public const int MaxRecordSize = PageSize / 8;

    /// <summary>FASTER itself holds four for reuse.</summary>
    private const int PagesKept = 8;

    private readonly FasterKV<SpanByte, SpanByte> _store;
    private readonly Session _session;
    private readonly SessionContext _context;
    private readonly Func<int, long> _tryAllocate;
    private readonly PagePool _pool;
    private readonly long* _pages;
    private readonly long _pageIndexMask;
    private readonly byte[]?[] _pageArrays;
    private readonly List<byte[]> _closing = [];
    private readonly UpkeepClock _upkeep;
    private int _freedSinceAllocation;
    private bool _inBatch;

    /// <param name="maxBytes">
    /// Most bytes that the log may ever span between its begin and its tail. It costs 48 bytes of tables per page, not
    /// memory; a NullDevice drops the oldest page silently when it is exceeded, so it is set above the machine's
    /// memory.
    /// </param>
    public RecordLog(long maxBytes, UpkeepClock upkeep)
    {
        _upkeep = upkeep;
        int memoryBits = Math.Max(PageSizeBits + 4, 64 - BitOperations.LeadingZeroCount((ulong)(maxBytes - 1)));
        LogSettings settings = new()
        {
            LogDevice = new NullDevice(),
            PageSizeBits = PageSizeBits,
            MemorySizeBits = memoryBits,
            MutableFraction = 0.99,
        };
        _store = new FasterKV<SpanByte, SpanByte>(
            1L << 6, settings, concurrencyControlMode: ConcurrencyControlMode.None);

        // Without an empty page FASTER keeps every page that it ever had.
        _store.Log.EmptyPageCount = 1;
        _session = _store.For(new SpanByteFunctions<Empty>()).NewSession<SpanByteFunctions<Empty>>();
        _context = _session.UnsafeContext;

        object allocator = typeof(FasterKV<SpanByte, SpanByte>)
            .GetField("hlog", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.GetValue(_store)!;
        Type type = allocator.GetType();
        _tryAllocate = type.GetMethod("TryAllocateRetryNow", [typeof(int)])!.CreateDelegate<Func<int, long>>(allocator);
        _pool = new PagePool(allocator);
        _pages = (long*)Pointer.Unbox(FieldOf(type, allocator, "nativePointers"));
        _pageArrays = (byte[]?[])FieldOf(type, allocator, "values");
        _pageIndexMask = (1L << (memoryBits - PageSizeBits)) - 1;
        BeginAddress = _store.Log.BeginAddress;
        TailAddress = _store.Log.TailAddress;
    }

    /// <summary>Where the walk of the log begins; nothing below it is read any more.</summary>
    public long BeginAddress { get; private set; }

    /// <summary>The first address behind the last record.</summary>
    public long TailAddress { get; private set; }

    /// <summary>Bytes between begin and tail: live records, dead ones, and the unused ends of pages.</summary>
    public long Length => TailAddress - BeginAddress;

    /// <summary>Bytes of memory that the pages take.</summary>
    public long AllocatedBytes => (long)_store.Log.AllocatedPageCount * PageSize;

    /// <summary>A cut sees the log: no page may be freed, for who walks the cut does not hold the epoch.</summary>
    public bool IsHeld { get; set; }

    /// <summary>From here to <see cref="EndBatch"/> no page is freed, so pointers to records stay good.</summary>
    public void BeginBatch()
    {
        if (!_inBatch)
        {
            _inBatch = true;
            _context.BeginUnsafe();
        }
    }

    public void EndBatch()
    {
        if (_inBatch)
        {
            _inBatch = false;
            _context.EndUnsafe();
        }
    }

    /// <summary>Room for a record at the tail, all zeros.</summary>
    /// <param name="size">Bytes, a multiple of 8, at most a page.</param>
    public long Allocate(int size)
    {
        BeginBatch();
        long onPage = TailAddress & PageMask;
        long address = onPage == 0 || onPage + size > PageSize ? AllocateOnNextPage(size) : _tryAllocate(size);
        Invariant.Require(address > 0);
        TailAddress = address + size;
        Invariant.Require(TailAddress - BeginAddress < _pageIndexMask << PageSizeBits);
        return address;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* PointerTo(long address) =>
        (byte*)_pages[(address >> PageSizeBits) & _pageIndexMask] + (address & PageMask);

    /// <summary>The first address of the page behind the one that holds an address.</summary>
    public static long NextPage(long address) => (address | PageMask) + 1;

    /// <summary>The record at an address, or at the beginning of the next page when there is none.</summary>
    /// <param name="end">An address where a record ends: the tail, or where it was.</param>
    /// <returns>False at the end.</returns>
    public bool TryReadAt(ref long address, long end, out Record record)
    {
        while (address < end)
        {
            byte* start = PointerTo(address);
            if (*(ushort*)start != 0)
            {
                record = new Record(start, address);
                return true;
            }
            address = NextPage(address);
        }
        record = default;
        return false;
    }

    /// <summary>Gives up everything below an address; whole pages go back when the batch ends.</summary>
    public void FreeUntil(long address)
    {
        Invariant.Require(!IsHeld);
        long page = address & ~PageMask;
        long first = BeginAddress & ~PageMask;
        BeginAddress = address;
        if (page == first)
        {
            return;
        }
        _closing.Clear();
        for (long closing = first; closing < page; closing += PageSize)
        {
            _closing.Add(_pageArrays[(closing >> PageSizeBits) & _pageIndexMask]!);
        }

        // The read-only and head addresses go along: the page is closed when every holder of the epoch has moved on.
        bool wasInBatch = _inBatch;
        EndBatch();
        _store.Log.ShiftReadOnlyAddress(page, false);
        _store.Log.ShiftHeadAddress(page, false);
        _store.Log.ShiftBeginAddress(page, false);
        if (wasInBatch)
        {
            BeginBatch();
        }
        DiscardClosed(first);
    }

    public void Dispose()
    {
        Invariant.Require(!IsHeld);
        EndBatch();

        // The runtime keeps what it collects, for a long time if nothing is allocated. The pages' contents can go
        // before that.
        for (long page = BeginAddress & ~PageMask; page < TailAddress; page += PageSize)
        {
            PageMemory.Discard(PointerTo(page), PageSize);
        }
        _session.Dispose();
        _store.Dispose();
    }

    private static object FieldOf(Type type, object target, string name) =>
        type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(target)!;

    private long AllocateOnNextPage(int size)
    {
        _freedSinceAllocation = 0;
        long start = _upkeep.IsOn ? _upkeep.Start() : 0;
        long address = _tryAllocate(size);
        _pool.Refill();
        if (start != 0)
        {
            _upkeep.Stop(ref _upkeep.PageTicks, start);
        }
        return address;
    }

    /// <summary>
    /// Gives the memory of closed pages back to the system at once. FASTER drops them to the runtime, which keeps what
    /// it collects. Under steady load the next pages are made of them, so that only what exceeds a few is discarded.
    /// </summary>
    /// <param name="firstPage">Address of the first of <see cref="_closing"/>.</param>
    private void DiscardClosed(long firstPage)
    {
        for (int i = 0; i < _closing.Count; i++)
        {
            long index = ((firstPage >> PageSizeBits) + i) & _pageIndexMask;
            if (++_freedSinceAllocation > PagesKept && _pageArrays[index] is null)
            {
                // FASTER has cleared the page; memory that was discarded reads as zeros too.
                byte[] array = _closing[i];
                PageMemory.Discard(Unsafe.AsPointer(ref array[0]), (nuint)array.Length);
            }
        }
        _closing.Clear();
    }
}
