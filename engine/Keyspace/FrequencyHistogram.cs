namespace Tidelog.Engine.Keyspace;

/// <summary>
/// The scores of some keys that eviction sampled last, to tell what a high one is. A score is 255 less the key's
/// counter: the higher, the sooner the key may go.
/// </summary>
internal sealed class FrequencyHistogram
{
    private const int Window = 128;

    /// <summary>The threshold is reckoned anew after so many scores.</summary>
    private const int Period = 32;

    private readonly byte[] _last = new byte[Window];
    private readonly int[] _counts = new int[256];
    private long _added;

    /// <summary>It knows too few keys to tell.</summary>
    public bool IsNew => _added < Period;

    /// <summary>The score that only the highest share of the last ones reaches.</summary>
    public int Threshold { get; private set; }

    public void Clear()
    {
        _added = 0;
        Threshold = 0;
        Array.Clear(_counts);
    }

    /// <param name="samples">
    /// <c>maxmemory-samples</c>: where redis takes the best of so many keys, here the best half in so many reaches the
    /// threshold.
    /// </param>
    public void Add(int score, int samples)
    {
        ref byte place = ref _last[_added % Window];
        if (_added >= Window)
        {
            _counts[place]--;
        }
        place = (byte)score;
        _counts[score]++;
        _added++;
        if (_added % Period == 0 || _added < Period)
        {
            Reckon(samples);
        }
    }

    private void Reckon(int samples)
    {
        long above = Math.Min(_added, Window) / (2 * Math.Max(samples, 1));
        int score = 255;
        for (long seen = _counts[score]; seen <= above && score > 0; seen += _counts[score])
        {
            score--;
        }
        Threshold = score;
    }
}
