namespace Tidelog.Engine.Snapshot;

/// <summary>How a value is written in an RDB file: the byte in front of its key. Redis 7.0 rdb.h and later.</summary>
public enum RdbType : byte
{
    String = 0,
    List = 1,
    Set = 2,

    /// <summary>Scores as text.</summary>
    SortedSet = 3,
    Hash = 4,

    /// <summary>Scores as 8 bytes.</summary>
    SortedSet2 = 5,

    /// <summary>Of a module that was never released.</summary>
    ModulePreGa = 6,
    Module2 = 7,
    HashZipMap = 9,
    ListZipList = 10,
    SetIntegers = 11,
    SortedSetZipList = 12,
    HashZipList = 13,

    /// <summary>Ziplists in a row.</summary>
    QuickList = 14,
    Stream = 15,
    HashListPack = 16,
    SortedSetListPack = 17,

    /// <summary>Listpacks and single big elements in a row.</summary>
    QuickList2 = 18,
    Stream2 = 19,
    SetListPack = 20,
    Stream3 = 21,

    /// <summary>Hashes with fields that expire, of redis 7.4 before and after its release, and of Valkey 9.</summary>
    HashExpiringPreGa = 22,
    HashListPackExpiringPreGa = 23,
    HashExpiring = 24,
    HashListPackExpiring = 25,
}
