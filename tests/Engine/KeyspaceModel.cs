using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.PubSub;
using Xunit;
using Record = Tidelog.Engine.Keyspace.Record;

namespace Tidelog.Tests.Engine;

/// <summary>What one step of a keyspace run does.</summary>
public enum StepKind
{
    SetString,
    SetInteger,
    Resize,
    ChangeByte,
    Delete,
    SetExpiry,
    Persist,
    Read,
    Move,
    Copy,
    Swap,
    Flush,
    PassTime,
    ExpireCycle,
    Clean,
    Fill,
    DeleteRange,
    ToggleCut,
}

/// <summary>One step; the numbers mean what the kind makes of them, so that a run can do without any step.</summary>
public readonly record struct Step(StepKind Kind, int Database, int Key, int Size, int Extra);

/// <summary>
/// The keyspace and a plain dictionary side by side. An expired key stays in the dictionary until the keyspace tells
/// that it is gone, so both always hold the same.
/// </summary>
internal sealed class KeyspaceModel : IExpiryObserver
{
    private const int Databases = 3;
    private const long Begin = 1_700_000_000_000;
    private static readonly byte[][] Keys = MakeKeys();
    private static readonly int[] Sizes =
        [0, 1, 7, 8, 9, 20, 21, 44, 45, 64, 100, 1000, 8000, 16383, 16384, 16385, 20_000, 70_000, 300_000];

    private readonly KeySpace _keyspace;
    private readonly Dictionary<string, Value>[] _expected = new Dictionary<string, Value>[Databases];
    private readonly Random _random = new(1);
    private KeyspaceCut? _cut;
    private Dictionary<string, Value>[] _atCut = [];

    public KeyspaceModel()
    {
        EngineOptions options = new() { Databases = Databases };
        KeyspaceNotifier notifier = new(options, new PubSubRegistry());
        _keyspace = new KeySpace(options, new EngineMetrics(), this, notifier, new Random(2))
        {
            NowMs = Begin,
        };
        for (int i = 0; i < Databases; i++)
        {
            _expected[i] = [];
        }
    }

    /// <summary>Runs all steps and compares everything now and then, and at the end.</summary>
    public static void Run(IReadOnlyList<Step> steps)
    {
        KeyspaceModel model = new();
        try
        {
            for (int i = 0; i < steps.Count; i++)
            {
                model._keyspace.BeginBatch();
                model.Take(steps[i]);
                if (i % 64 == 63)
                {
                    model.Compare();
                }
                model._keyspace.Clean(urgent: i % 3 == 0, idle: i % 5 == 0);
                model._keyspace.EndBatch();
            }
            model._keyspace.BeginBatch();
            model.Compare();
            if (model._cut is not null)
            {
                model.CompareCut();
            }
            model._keyspace.EndBatch();
        }
        finally
        {
            model._keyspace.EndBatch();
            model.EndCut();
            for (int i = 0; i < Databases; i++)
            {
                model._keyspace.Flush(model._keyspace[i], inBackground: false);
            }
        }
    }

    void IExpiryObserver.KeyExpired(Database database, ReadOnlySpan<byte> key)
    {
        string name = Encoding.Latin1.GetString(key);
        Assert.True(_expected[database.Index].Remove(name, out Value? gone), "a key expired that was not there");
        Assert.InRange(gone!.Expiry, 0, _keyspace.NowMs);
    }

    private static byte[][] MakeKeys()
    {
        int[] lengths =
            [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 100, 5000, 16383, 16384, 16385, 16385, 40_000];
        return [.. lengths.Select((length, i) => Enumerable.Repeat((byte)('a' + i), length).ToArray())];
    }

    private static byte[] KeyOf(int number) => Keys[number % Keys.Length];

    private static byte[] BulkKey(int number) => Encoding.ASCII.GetBytes($"bulk:{number}");

    private byte[] Bytes(int size)
    {
        byte[] bytes = new byte[Sizes[size % Sizes.Length]];
        _random.NextBytes(bytes);
        return bytes;
    }

    private long Expiry(int extra) => (extra % 4) switch
    {
        0 => _keyspace.NowMs + 1 + (extra % 40),
        1 => _keyspace.NowMs + 1 + (extra % 5000),
        2 => _keyspace.NowMs + 1 + (extra * 1000L),
        _ => -1,
    };

    private void Take(Step step)
    {
        Database database = _keyspace[step.Database % Databases];
        Dictionary<string, Value> expected = _expected[database.Index];
        byte[] key = KeyOf(step.Key);
        string name = Encoding.Latin1.GetString(key);
        switch (step.Kind)
        {
            case StepKind.SetString:
                byte[] value = Bytes(step.Size);
                SetString(database, key, value, Expiry(step.Extra));
                break;
            case StepKind.SetInteger:
                long expiry = Expiry(step.Extra);
                database.PutInteger(key, Find(database, key), step.Size, expiry);
                expected[name] = new Value(Encoding.ASCII.GetBytes($"{step.Size}"), expiry);
                break;
            case StepKind.Resize:
                Resize(database, key, step.Size);
                break;
            case StepKind.ChangeByte:
                ChangeByte(database, key, step.Extra);
                break;
            case StepKind.Delete:
                Delete(database, key);
                break;
            case StepKind.SetExpiry:
            case StepKind.Persist:
                if (Find(database, key) is { Exists: true } expiring)
                {
                    long time = step.Kind == StepKind.Persist ? -1 : Expiry(step.Extra);
                    database.SetExpiry(expiring, time);
                    expected[name] = expected[name] with { Expiry = time };
                }
                break;
            case StepKind.Read:
                Same(Find(database, key), expected.GetValueOrDefault(name));
                break;
            case StepKind.Move:
            case StepKind.Copy:
                Transfer(step, database, key);
                break;
            default:
                TakeWhole(step, database, expected);
                break;
        }
    }

    private void TakeWhole(Step step, Database database, Dictionary<string, Value> expected)
    {
        switch (step.Kind)
        {
            case StepKind.Swap:
                int other = step.Key % Databases;
                _keyspace.Swap(database.Index, other);
                (_expected[database.Index], _expected[other]) = (_expected[other], _expected[database.Index]);
                break;
            case StepKind.Flush:
                Assert.Equal(expected.Count, _keyspace.Flush(database, inBackground: step.Extra % 2 == 0));
                expected.Clear();
                break;
            case StepKind.PassTime:
                _keyspace.NowMs += (step.Extra % 5) switch
                {
                    0 => 1,
                    1 => step.Extra % 100,
                    2 => step.Extra % 5000,
                    3 => step.Extra * 100L,
                    _ => step.Extra * 3600L,
                };
                break;
            case StepKind.ExpireCycle:
                ExpireCycle(step.Extra % 2 == 0 ? int.MaxValue : 1 + (step.Extra % 50));
                break;
            case StepKind.Clean:
                for (int i = 0; i <= step.Extra % 20; i++)
                {
                    _keyspace.Clean(urgent: true, idle: true);
                }
                break;
            case StepKind.Fill:
                for (int i = 0; i < step.Extra % 3000; i++)
                {
                    long bulkExpiry = step.Size % 3 == 0 ? Expiry(i) : -1;
                    SetString(database, BulkKey(step.Key + i), Bytes(step.Size % 9), bulkExpiry);
                }
                break;
            case StepKind.DeleteRange:
                for (int i = 0; i < step.Extra % 6000; i++)
                {
                    Delete(database, BulkKey(step.Key + i));
                }
                break;
            case StepKind.ToggleCut:
                ToggleCut();
                break;
        }
    }

    /// <summary>A cut is begun; or it is compared, most often, and ended.</summary>
    private void ToggleCut()
    {
        if (_cut is null)
        {
            _cut = _keyspace.BeginCut();
            _atCut = [.. _expected.Select(expected => new Dictionary<string, Value>(expected))];
            return;
        }
        if (_random.Next(4) > 0)
        {
            CompareCut();
        }
        EndCut();
    }

    private void EndCut()
    {
        if (_cut is not null)
        {
            _keyspace.EndCut(_cut);
            _cut = null;
        }
    }

    private void CompareCut()
    {
        Assert.Equal(_atCut.Sum(expected => expected.Count), _cut!.Keys);
        Assert.Equal(Enumerable.Range(0, Databases).Where(i => _atCut[i].Count > 0),
            _cut.Databases.Select(database => database.Index));
        foreach (DatabaseCut database in _cut.Databases)
        {
            Dictionary<string, Value> expected = _atCut[database.Index];
            HashSet<string> seen = [];
            for (long address = 0; database.TryWalk(ref address, out Record record);)
            {
                string name = Encoding.Latin1.GetString(record.Key);
                Assert.True(seen.Add(name), "a key is twice in the cut");
                Same(record, expected.GetValueOrDefault(name));
            }
            Assert.Equal(expected.Count, seen.Count);
            Assert.Equal(expected.Count, database.Keys);
            Assert.Equal(expected.Count(e => e.Value.Expiry >= 0), database.ExpiringKeys);
        }
    }

    private static Record Find(Database database, byte[] key) => database.Find(key, Lookup.Write);

    private void SetString(Database database, byte[] key, byte[] value, long expiry)
    {
        database.PutString(key, Find(database, key), value, expiry);
        _expected[database.Index][Encoding.Latin1.GetString(key)] = new Value(value, expiry);
    }

    private void Delete(Database database, byte[] key)
    {
        Record record = Find(database, key);
        bool wasThere = _expected[database.Index].Remove(Encoding.Latin1.GetString(key));
        Assert.Equal(wasThere, record.Exists);
        if (record.Exists)
        {
            database.Delete(record);
        }
    }

    private void Resize(Database database, byte[] key, int size)
    {
        Record record = Find(database, key);
        if (!record.Exists || record.Encoding == ValueEncoding.Int)
        {
            return;
        }
        string name = Encoding.Latin1.GetString(key);
        byte[] value = _expected[database.Index][name].Bytes.ToArray();
        int length = size % 3 == 0 ? Sizes[size % Sizes.Length] : value.Length + (size % 100);
        Array.Resize(ref value, length);
        record = database.Resize(record, length);
        if (length > 0)
        {
            value[^1] = record.MutableBytes[^1] = (byte)size;
        }
        _expected[database.Index][name] = _expected[database.Index][name] with { Bytes = value };
    }

    private void ChangeByte(Database database, byte[] key, int extra)
    {
        Record record = Find(database, key);
        if (!record.Exists || record.Encoding == ValueEncoding.Int || record.Bytes.Length == 0)
        {
            return;
        }
        string name = Encoding.Latin1.GetString(key);
        byte[] value = _expected[database.Index][name].Bytes.ToArray();
        record = database.MakeMutable(record);
        int at = extra % value.Length;
        value[at] = record.MutableBytes[at] = (byte)extra;
        _expected[database.Index][name] = _expected[database.Index][name] with { Bytes = value };
    }

    private void Transfer(Step step, Database database, byte[] key)
    {
        Database target = _keyspace[step.Size % Databases];
        byte[] targetKey = step.Extra % 2 == 0 ? KeyOf(step.Extra) : key;
        Record source = Find(database, key);
        if (!source.Exists || (target == database && targetKey == key))
        {
            return;
        }
        Record existing = Find(target, targetKey);
        string name = Encoding.Latin1.GetString(key);
        Value value = _expected[database.Index][name];
        if (step.Kind == StepKind.Move)
        {
            Same(database.MoveTo(source, target, targetKey, existing), value);
            _expected[database.Index].Remove(name);
        }
        else
        {
            Same(Database.CopyTo(source, target, targetKey, existing), value);
        }
        _expected[target.Index][Encoding.Latin1.GetString(targetKey)] = value;
    }

    private void ExpireCycle(int budget)
    {
        if (!_keyspace.ExpireCycle(budget))
        {
            return;
        }
        foreach (Dictionary<string, Value> expected in _expected)
        {
            foreach (Value value in expected.Values)
            {
                // A tick late at most, where the cleaner moved a record that was already due.
                long tick = _keyspace.NowMs >> ExpiryWheel.TickBits;
                Assert.False(value.Expiry >= 0 && ExpiryWheel.TickOf(value.Expiry) < tick,
                    $"active expiry left a key that expired {_keyspace.NowMs - value.Expiry} ms ago");
            }
        }
    }

    private static void Same(Record record, Value? expected)
    {
        Assert.Equal(expected is not null, record.Exists);
        if (expected is null)
        {
            return;
        }
        Assert.Equal(expected.Expiry, record.Expiry);
        Assert.Equal(expected.Expiry >= 0, record.HasExpiry);
        Assert.Equal(expected.Bytes.Length, record.StringLength);
        byte[] bytes = record.Encoding == ValueEncoding.Int
            ? Encoding.ASCII.GetBytes($"{record.Integer}")
            : record.Bytes.ToArray();
        Assert.True(bytes.AsSpan().SequenceEqual(expected.Bytes), "the value's bytes differ");
    }

    private void Compare()
    {
        for (int i = 0; i < Databases; i++)
        {
            Database database = _keyspace[i];
            Dictionary<string, Value> expected = _expected[i];
            Assert.Equal(expected.Count, database.Count);
            Assert.Equal(expected.Count(e => e.Value.Expiry >= 0), database.ExpiringCount);
            int visible = expected.Count(e => e.Value.Expiry < 0 || e.Value.Expiry > _keyspace.NowMs);
            long address = 0;
            while (database.TryWalk(ref address, out Record record))
            {
                visible--;
                Same(record, expected.GetValueOrDefault(Encoding.Latin1.GetString(record.Key)));
                Assert.Equal(record.Address, database.Find(record.Key, Lookup.NoTouch).Address);
            }
            Assert.Equal(0, visible);
            if (database.Store is Store store)
            {
                CompareSums(store);
                CompareScan(database);
                Assert.Equal(expected.Count > 0, database.RandomRecord(_random).Exists);
            }
        }
    }

    private static unsafe void CompareSums(Store store)
    {
        long live = 0;
        long heap = 0;
        long address = 0;
        while (store.TryWalk(ref address, out Record record))
        {
            live += record.Size;
            heap += record.IsHeapValue ? (*record.Heap)->Size : 0;
            heap += record.IsHeapKey ? record.HeapKey->Size : 0;
        }
        Assert.Equal(live, store.LiveBytes);
        Assert.Equal(heap, store.Strings.Bytes);
        Assert.InRange(store.DeadBytes, 0, store.LogBytes);
        Assert.Equal(store.LogBytes, store.DeadBytes + live);
    }

    private static void CompareScan(Database database)
    {
        List<long> addresses = [];
        ulong cursor = 0;
        do
        {
            cursor = database.Scan(cursor, addresses);
        }
        while (cursor != 0);
        Assert.Equal(database.Count, addresses.Count);
        Assert.Equal(database.Count, addresses.Distinct().Count());
    }

    private sealed record Value(byte[] Bytes, long Expiry);
}
