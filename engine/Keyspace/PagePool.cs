using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tidelog.Engine.Keyspace;

/// <summary>
/// FASTER's own few pages for reuse, which it takes before it makes one. New ones are put there ahead of need, ready
/// to be written to.
/// </summary>
internal sealed unsafe class PagePool
{
    /// <summary>
    /// Pages that are held ready. The pool has room for twice as many: pages that the cleaner gives back must find
    /// some, or they become garbage.
    /// </summary>
    private const int Ready = 2;

    private const int Piece = 64 << 10;

    private readonly object _pool;
    private readonly MethodInfo _tryAdd;
    private readonly Func<int> _count;
    private readonly Type _unit;
    private readonly FieldInfo _array;
    private readonly FieldInfo _start;
    private readonly int _sectorSize;
    private readonly Action _make;
    private int _requested;

    /// <param name="allocator">FASTER's allocator.</param>
    public PagePool(object allocator)
    {
        const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        _pool = allocator.GetType().GetField("overflowPagePool", Members)!.GetValue(allocator)!;
        _tryAdd = _pool.GetType().GetMethod("TryAdd")!;
        _count = _pool.GetType().GetProperty("Count")!.GetMethod!.CreateDelegate<Func<int>>(_pool);
        _unit = _pool.GetType().GetGenericArguments()[0];
        _array = _unit.GetField("value", Members)!;
        _start = _unit.GetField("pointer", Members)!;
        _sectorSize = (int)allocator.GetType().GetField("sectorSize", Members)!.GetValue(allocator)!;
        _make = Make;
    }

    /// <summary>Has more pages made if few are left; after a page was begun.</summary>
    public void Refill()
    {
        if (_count() < Ready && Interlocked.Exchange(ref _requested, 1) == 0)
        {
            MemoryAhead.Request(_make);
        }
    }

    private void Make()
    {
        try
        {
            while (_count() < Ready && TryAddPage())
            {
            }
        }
        catch (OutOfMemoryException)
        {
            // The writer will find out when it needs the page.
        }
        Volatile.Write(ref _requested, 0);
    }

    /// <summary>As FASTER makes them: a page begins at a sector, inside an array that does not move.</summary>
    private bool TryAddPage()
    {
        byte[] array = GC.AllocateArray<byte>(RecordLog.PageSize + (2 * _sectorSize), pinned: true);

        // Who is waiting for this core gets it on the way: the whole page takes half a millisecond.
        for (int offset = 0; offset < array.Length; offset += Piece)
        {
            array.AsSpan(offset, Math.Min(Piece, array.Length - offset)).Clear();
            _ = Thread.Yield();
        }
        long sector = _sectorSize;
        object unit = RuntimeHelpers.GetUninitializedObject(_unit);
        _array.SetValue(unit, array);
        _start.SetValue(unit, ((long)Unsafe.AsPointer(ref array[0]) + sector - 1) & ~(sector - 1));
        return (bool)_tryAdd.Invoke(_pool, [unit])!;
    }
}
