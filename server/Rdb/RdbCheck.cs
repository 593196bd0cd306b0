using Tidelog.Engine.Snapshot;

namespace Tidelog.Server.Rdb;

/// <summary>
/// <c>rdb check</c>: reads the whole file and builds each value as a server that loads it does. Of different keys
/// nothing is kept, so a key that is there twice, which a server refuses, is not found.
/// </summary>
internal sealed class RdbCheck(RdbFileReader reader, TextWriter target)
{
    private readonly SortedDictionary<int, (long Keys, long Expiring)> _databases = [];
    private long _functions;

    /// <exception cref="Engine.CorruptDataException">The file is not whole.</exception>
    public void Write()
    {
        target.WriteLine($"RDB version {reader.Version}");
        RdbItem item;
        while ((item = reader.Read()) != RdbItem.End)
        {
            switch (item)
            {
                case RdbItem.Aux:
                    target.WriteLine($"{RdbText.QuoteIfNeeded(reader.Name)}: {RdbText.Quote(reader.Text)}");
                    break;
                case RdbItem.Function:
                    _functions++;
                    break;
                case RdbItem.Key:
                    (long keys, long expiring) = _databases.GetValueOrDefault(reader.Database);
                    _databases[reader.Database] = (keys + 1, expiring + (reader.Expiry >= 0 ? 1 : 0));
                    _ = reader.BuildValue();
                    break;
            }
        }
        target.WriteLine($"functions: {_functions}");
        foreach ((int database, (long keys, long expiring)) in _databases)
        {
            target.WriteLine($"db{database}: keys={keys},expires={expiring}");
        }
        target.WriteLine($"OK: {reader.Offset} bytes, {_databases.Values.Sum(counts => counts.Keys)} keys");
    }
}
