namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Carries batches from the reading thread to the inserting one, and back to be used again. There are a few of them:
/// who is ahead waits. The inserting thread takes them up to the last, so that the other never waits for ever.
/// </summary>
internal sealed class LoadQueue : IDisposable
{
    private const int Batches = 4;

    private readonly LoadBatch[] _ring = new LoadBatch[Batches];
    private readonly SemaphoreSlim _empty = new(Batches);
    private readonly SemaphoreSlim _full = new(0);
    private int _written;
    private int _taken;
    private volatile bool _isBroken;

    public LoadQueue()
    {
        for (int i = 0; i < Batches; i++)
        {
            _ring[i] = new LoadBatch();
        }
    }

    /// <summary>The inserting thread only clears what still comes.</summary>
    public bool IsBroken
    {
        get => _isBroken;
        set => _isBroken = value;
    }

    /// <summary>An empty batch, for the reading thread; it waits for one.</summary>
    public LoadBatch Next()
    {
        _empty.Wait();
        return _ring[_written];
    }

    /// <summary>Gives what <see cref="Next"/> gave to the inserting thread.</summary>
    public void Publish()
    {
        _written = (_written + 1) % Batches;
        _full.Release();
    }

    /// <summary>The next batch, for the inserting thread; it waits for one.</summary>
    public LoadBatch Take()
    {
        _full.Wait();
        return _ring[_taken];
    }

    /// <summary>Gives back what <see cref="Take"/> gave.</summary>
    public void Return()
    {
        _ring[_taken].Clear();
        _taken = (_taken + 1) % Batches;
        _empty.Release();
    }

    public void Dispose()
    {
        foreach (LoadBatch batch in _ring)
        {
            batch.Dispose();
        }
        _empty.Dispose();
        _full.Dispose();
    }
}
