using Microsoft.Extensions.Logging.Abstractions;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Builds values as a server does that loads a file, in a dataset of its own, to see whether they can be built and what
/// they take; keeps none.
/// </summary>
internal sealed class ValueProbe : IDisposable
{
    /// <summary>Bytes of values that are gone, from which on they are freed.</summary>
    private const long MostGarbage = 64L << 20;

    private readonly EngineOptions _options = new() { Databases = 1 };
    private readonly KeySpace _keyspace;

    public ValueProbe() => _keyspace =
        new StorageEngine(_options, [], NullLogger.Instance, TimeProvider.System, new Random(0)).Keyspace;

    /// <summary>Builds the value of the reader's present key.</summary>
    /// <exception cref="CorruptDataException">It cannot be built.</exception>
    public RdbValueSize Build(RdbReader reader)
    {
        Database database = _keyspace[0];
        ValueBuilder value = new(database, _options);
        RdbValueSize size = default;
        try
        {
            reader.ReadValue(ref value);
            if (!value.IsEmpty)
            {
                Record record = value.Store(reader.Key, default, reader.Expiry);
                size = new RdbValueSize(Database.MemoryUsage(record), ElementsOf(record));
                database.Delete(record);
            }
        }
        finally
        {
            value.Discard();
        }
        if (_keyspace.UsedBytes > MostGarbage)
        {
            _keyspace.Flush(database, inBackground: false);
        }
        return size;
    }

    public void Dispose() => _keyspace.DisposeStores();

    private static unsafe long ElementsOf(Record record) => record.Type switch
    {
        ValueType.String => 1,
        ValueType.List => Lists.LengthOf(record),
        ValueType.Stream => record.Root->Count,
        _ => Entries.CountOf(record),
    };
}
