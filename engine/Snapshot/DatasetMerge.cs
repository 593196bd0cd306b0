using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>The other way to take over a loaded dataset than <see cref="KeySpace.Adopt"/>: key by key.</summary>
public static class DatasetMerge
{
    /// <summary>Adds a dataset's keys to those that are there. Between two commands.</summary>
    /// <param name="loaded">Spent afterwards.</param>
    /// <param name="replaces">A key that is there already is replaced.</param>
    /// <returns>False if it may not be and is: nothing is added then.</returns>
    public static bool TryAdd(LoadedDataset loaded, KeySpace target, bool replaces)
    {
        KeySpace staged = loaded.Keyspace;
        bool fits = replaces || !HasCommonKey(staged, target);
        if (fits)
        {
            for (int i = 0; i < staged.DatabaseCount; i++)
            {
                Copy(staged[i], target[i]);
            }
        }
        loaded.Dispose();
        return fits;
    }

    private static bool HasCommonKey(KeySpace staged, KeySpace target)
    {
        for (int i = 0; i < staged.DatabaseCount; i++)
        {
            long address = 0;
            while (staged[i].TryWalk(ref address, out Record record))
            {
                if (target[i].Find(record.Key, Lookup.NoTouch | Lookup.NoStats).Exists)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private static void Copy(Database source, Database target)
    {
        long address = 0;
        while (source.TryWalk(ref address, out Record record))
        {
            Record existing = target.Find(record.Key, Lookup.Write | Lookup.NoTouch | Lookup.NoStats);
            Record copy = Database.CopyTo(record, target, record.Key, existing);
            copy.AccessInfo = record.AccessInfo;
        }
    }
}
