using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>Which of the types in RDB files are read, and what the others are.</summary>
internal static class RdbTypes
{
    /// <summary>Types from here on mean different things to redis and to Valkey.</summary>
    private const RdbType LastCommon = RdbType.Stream3;

    /// <summary>The type of the value.</summary>
    /// <returns>False for what is not read.</returns>
    public static bool TryGetValueType(RdbType type, out ValueType valueType)
    {
        (bool isRead, valueType) = type switch
        {
            RdbType.String => (true, ValueType.String),
            RdbType.List or RdbType.ListZipList or RdbType.QuickList or RdbType.QuickList2 => (true, ValueType.List),
            RdbType.Set or RdbType.SetIntegers or RdbType.SetListPack => (true, ValueType.Set),
            RdbType.SortedSet or RdbType.SortedSet2 or RdbType.SortedSetZipList or RdbType.SortedSetListPack =>
                (true, ValueType.SortedSet),
            RdbType.Hash or RdbType.HashZipMap or RdbType.HashZipList or RdbType.HashListPack =>
                (true, ValueType.Hash),
            RdbType.Stream or RdbType.Stream2 or RdbType.Stream3 => (true, ValueType.Stream),
            _ => (false, default),
        };
        return isRead;
    }

    public static bool IsModule(RdbType type) => type is RdbType.ModulePreGa or RdbType.Module2;

    /// <summary>What a type that is not read is, for an error.</summary>
    public static string Describe(RdbType type, bool isValkey) => type switch
    {
        RdbType.HashExpiringPreGa => Expiring(type),
        > LastCommon and <= RdbType.HashListPackExpiring when !isValkey => Expiring(type),
        _ => $"type {(byte)type}",
    };

    private static string Expiring(RdbType type) =>
        $"type {(byte)type}: hash fields with an expiry are not supported";
}
