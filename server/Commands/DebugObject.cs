using Tidelog.Engine;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Server.Commands;

/// <summary>What DEBUG OBJECT tells of a value: as redis would hold and save it.</summary>
internal readonly struct DebugObject(Record record, EngineOptions options)
{
    /// <summary>Redis shares small integers among all keys; nobody counts the references to those.</summary>
    private const int SharedReferences = int.MaxValue;
    private const int SharedIntegers = 10_000;

    public int ReferenceCount
    {
        get
        {
            bool countsUse = options.MaxMemoryPolicy is MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.AllKeysLfu
                or MaxMemoryPolicy.VolatileLru or MaxMemoryPolicy.VolatileLfu;
            bool shares = (options.MaxMemory == 0 || !countsUse)
                && record.Encoding == ValueEncoding.Int && record.Integer is >= 0 and < SharedIntegers;
            return shares ? SharedReferences : 1;
        }
    }

    public string Encoding => record.Encoding switch
    {
        ValueEncoding.Int => "int",
        ValueEncoding.EmbStr => "embstr",
        ValueEncoding.ListPack => "listpack",
        ValueEncoding.QuickList => "quicklist",
        ValueEncoding.IntSet => "intset",
        ValueEncoding.HashTable => "hashtable",
        ValueEncoding.SkipList => "skiplist",
        ValueEncoding.Stream => "stream",
        _ => "raw",
    };

    /// <summary>Bytes of a string in an RDB file, before compression; of a collection its memory.</summary>
    public long SerializedLength
    {
        get
        {
            if (record.Type != Engine.Keyspace.ValueType.String)
            {
                return Database.MemoryUsage(record);
            }
            if (record.Encoding == ValueEncoding.Int)
            {
                return record.Integer switch
                {
                    >= sbyte.MinValue and <= sbyte.MaxValue => 2,
                    >= short.MinValue and <= short.MaxValue => 3,
                    >= int.MinValue and <= int.MaxValue => 5,
                    _ => 1 + record.StringLength,
                };
            }
            int length = record.StringLength;
            return length + (length < 64 ? 1 : length < 16384 ? 2 : 5);
        }
    }
}
