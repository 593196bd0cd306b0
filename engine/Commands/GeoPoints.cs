using System.Runtime.InteropServices;
using Tidelog.Engine.Values;

namespace Tidelog.Engine.Commands;

/// <summary>A place that was found.</summary>
/// <param name="Distance">From the center, in meters.</param>
internal readonly record struct GeoPoint(Element Member, double Score, GeoPosition Position, double Distance)
{
    /// <summary>When it was found, counted from 0.</summary>
    public long Number { get; init; }
}

/// <summary>Places that were found, in memory of their own: they can be as many as a sorted set has.</summary>
internal sealed unsafe class GeoPoints : IDisposable
{
    private const int MinCapacity = 16;

    private GeoPoint* _start;
    private int _capacity;
    private long _added;

    public int Count { get; private set; }

    public ReadOnlySpan<GeoPoint> Items => new(_start, Count);

    public void Add(in GeoPoint point)
    {
        if (Count == _capacity)
        {
            int capacity = Math.Max(MinCapacity, checked(_capacity * 2));
            _start = (GeoPoint*)NativeMemory.Realloc(_start, checked((nuint)capacity * (nuint)sizeof(GeoPoint)));
            _capacity = capacity;
        }
        _start[Count++] = point with { Number = _added++ };
    }

    /// <summary>Sorts by distance, those at one distance as they were found, and drops those beyond a limit.</summary>
    /// <param name="order">1 for the nearest first, -1 for the farthest, 0 to leave them as they are.</param>
    public void Sort(int order, long limit)
    {
        if (order != 0)
        {
            new Span<GeoPoint>(_start, Count).Sort(order > 0 ? CompareNearest : CompareFarthest);
        }
        Count = (int)Math.Min(Count, limit);
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = null;
        _capacity = 0;
        Count = 0;
    }

    private static int CompareNearest(GeoPoint left, GeoPoint right)
    {
        int order = left.Distance.CompareTo(right.Distance);
        return order != 0 ? order : left.Number.CompareTo(right.Number);
    }

    private static int CompareFarthest(GeoPoint left, GeoPoint right)
    {
        int order = right.Distance.CompareTo(left.Distance);
        return order != 0 ? order : left.Number.CompareTo(right.Number);
    }
}
