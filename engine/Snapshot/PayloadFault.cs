namespace Tidelog.Engine.Snapshot;

/// <summary>What redis's log calls the fault of a DUMP payload, since its tests look for it.</summary>
internal static class PayloadFault
{
    /// <param name="value">The byte of the type and the value.</param>
    public static string NameOf(ReadOnlySpan<byte> value, CorruptDataException fault)
    {
        RdbType type = value.IsEmpty ? RdbType.String : (RdbType)value[0];
        bool isStream = type is RdbType.Stream or RdbType.Stream2 or RdbType.Stream3;
        if (isStream && fault.Expected.Contains("for nobody yet", StringComparison.Ordinal))
        {
            return "Stream consumer PEL entry already has a consumer assigned";
        }
        if (isStream && fault.Expected.StartsWith("a consumer that", StringComparison.Ordinal))
        {
            return "Duplicate stream consumer detected";
        }
        string packed = type switch
        {
            RdbType.HashZipMap => "Zipmap",
            RdbType.HashZipList => "Hash ziplist",
            RdbType.HashListPack => "Hash listpack",
            RdbType.SortedSetZipList => "Zset ziplist",
            RdbType.SortedSetListPack => "Zset listpack",
            RdbType.ListZipList => "List ziplist",
            RdbType.QuickList => "Ziplist",
            RdbType.QuickList2 => "Listpack",
            RdbType.SetIntegers => "Intset",
            RdbType.SetListPack => "Set listpack",
            _ => isStream ? "Stream listpack" : "Value",
        };
        bool isTwice = fault.Expected.Contains("not there yet", StringComparison.Ordinal);
        return $"{packed} integrity check failed{(isTwice ? $", {packed} with dup elements" : "")}";
    }
}
