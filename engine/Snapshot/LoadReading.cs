using System.Text;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>The reading thread's part of a load: goes through the file and tells the inserting thread.</summary>
/// <param name="staged">Where the keys will be; only asked how many databases there are, and for the time.</param>
/// <param name="name">Of the file, for errors.</param>
internal sealed class LoadReading(
    RdbReader reader, KeySpace staged, string name, LoadProgress progress, CancellationToken cancellation)
{
    /// <summary>Bytes that a key takes at least: type, key and value, each with a byte of length.</summary>
    private const int LeastKey = 3;

    /// <summary>Keys that are believed to follow in a file of unknown length.</summary>
    private const long MostUnchecked = 1 << 20;
    private static readonly TimeSpan DelayStep = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, string> _notes = [];
    private readonly List<byte[]> _functions = [];
    private long _delay;
    private long _keys;

    public IReadOnlyDictionary<string, string> Notes => _notes;

    public IReadOnlyList<byte[]> Functions => _functions;

    public void Run(LoadQueue queue, bool keepExpired)
    {
        LoadWriter writer = new(queue, reader, progress, cancellation);
        bool isWhole = false;
        try
        {
            LoadVisitor visitor = new(writer);
            for (RdbItem item = reader.Read(); item != RdbItem.End; item = reader.Read())
            {
                if (item == RdbItem.Key)
                {
                    ReadKey(writer, ref visitor, keepExpired);
                }
                else
                {
                    ReadOther(item, writer);
                }
            }
            isWhole = true;
        }
        finally
        {
            writer.Complete(isWhole);
        }
    }

    private void ReadKey(LoadWriter writer, ref LoadVisitor visitor, bool keepExpired)
    {
        if (reader.Expiry >= 0 && reader.Expiry < staged.NowMs && !keepExpired)
        {
            reader.SkipValue();
            progress.ExpiredKeys++;
        }
        else
        {
            uint access = staged.LoadedAccessInfo(reader.IdleSeconds, reader.Frequency);
            writer.Key(reader.Key, reader.Expiry, access, reader.ItemOffset);
            reader.ReadValue(ref visitor);
        }
        cancellation.ThrowIfCancellationRequested();
        if (progress.DelayPerKey != 0)
        {
            Delay(writer);
        }
    }

    private void ReadOther(RdbItem item, LoadWriter writer)
    {
        switch (item)
        {
            case RdbItem.Aux:
                string note = Encoding.Latin1.GetString(reader.Name);
                _notes[note] = Encoding.Latin1.GetString(reader.Text);
                progress.Noted?.Invoke(note, _notes[note]);
                break;
            case RdbItem.Function:
                _functions.Add(reader.Text.ToArray());
                break;
            case RdbItem.SelectDatabase when reader.Database >= staged.DatabaseCount:
                throw new CorruptDataException(
                    name, reader.ItemOffset, $"one of {staged.DatabaseCount} databases", $"number {reader.Database}");
            case RdbItem.SelectDatabase:
                writer.SelectDatabase(reader.Database);
                break;
            default:
                // What is left of the file has no more keys than this, whatever it says.
                long most = progress.TotalBytes < 0
                    ? MostUnchecked
                    : Math.Max(0, progress.TotalBytes - reader.Offset) / LeastKey;
                writer.Counts(Math.Min(reader.Keys, most));
                break;
        }
    }

    /// <summary>
    /// Waits as <see cref="LoadProgress.DelayPerKey"/> says; a negative one is for so many keys together.
    /// </summary>
    private void Delay(LoadWriter writer)
    {
        int perKey = progress.DelayPerKey;
        _delay += perKey > 0 ? perKey : ++_keys % -(long)perKey == 0 ? 1 : 0;
        while (_delay >= 1000 && progress.DelayPerKey != 0)
        {
            writer.Flush();
            long step = Math.Min(_delay / 1000, (long)DelayStep.TotalMilliseconds);
            cancellation.WaitHandle.WaitOne((int)step);
            cancellation.ThrowIfCancellationRequested();
            _delay -= step * 1000;
        }
    }
}
