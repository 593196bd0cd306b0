using Tidelog.Engine.Values;

namespace Tidelog.Engine.Keyspace;

/// <summary>Frees what takes long to free, big blocks and whole stores, on a thread of its own.</summary>
public sealed unsafe class LazyFree
{
    /// <summary>A smaller block is freed at once: that costs less than handing it over.</summary>
    private const int InlineLimit = 256 * 1024;

    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(1);

    private readonly Queue<object> _queue = [];
    private long _pending;
    private long _freed;
    private long _unfinished;
    private bool _runs;

    /// <summary>Objects handed over and not freed yet.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    public long Freed => Interlocked.Read(ref _freed);

    /// <summary>Everything that was handed over is freed, what is not counted too.</summary>
    internal bool IsIdle => Interlocked.Read(ref _unfinished) == 0;

    public void ResetFreed() => Interlocked.Exchange(ref _freed, 0);

    internal void Free(HeapBytes* block)
    {
        if (block->Capacity <= InlineLimit)
        {
            HeapBytes.Free(block);
            return;
        }
        Enqueue((nint)block, 1);
    }

    /// <summary>Frees a collection; in the background if it has many nodes.</summary>
    internal void Free(HeapValue* root)
    {
        if (root->Bytes <= InlineLimit)
        {
            HeapValues.FreeNodes(root);
            return;
        }
        Enqueue(new Collection((nint)root), 1);
    }

    /// <summary>Disposes of an object in the background.</summary>
    /// <param name="objects">
    /// How many values it holds, for the counters; 0 if no client gave it up in the background.
    /// </param>
    internal void Dispose(IDisposable target, long objects) => Enqueue((target, objects), objects);

    private sealed record Collection(nint Root);

    private void Enqueue(object item, long objects)
    {
        Interlocked.Add(ref _pending, objects);
        Interlocked.Increment(ref _unfinished);
        lock (_queue)
        {
            _queue.Enqueue(item);
            if (_runs)
            {
                Monitor.Pulse(_queue);
                return;
            }
            _runs = true;
        }
        BackgroundThread.Start(Run, "lazy-free");
    }

    private void Run()
    {
        while (TryTake(out object item))
        {
            long objects = 1;
            if (item is nint block)
            {
                HeapBytes.Free((HeapBytes*)block);
            }
            else if (item is Collection collection)
            {
                HeapValues.FreeNodes((HeapValue*)collection.Root);
            }
            else
            {
                (IDisposable target, objects) = ((IDisposable, long))item;
                target.Dispose();
            }
            Interlocked.Add(ref _pending, -objects);
            Interlocked.Add(ref _freed, objects);
            Interlocked.Decrement(ref _unfinished);
        }
    }

    /// <returns>False when nothing came for a while: the thread ends.</returns>
    private bool TryTake(out object item)
    {
        lock (_queue)
        {
            while (!_queue.TryDequeue(out item!))
            {
                if (!Monitor.Wait(_queue, IdleLimit) && _queue.Count == 0)
                {
                    _runs = false;
                    return false;
                }
            }
            return true;
        }
    }
}
