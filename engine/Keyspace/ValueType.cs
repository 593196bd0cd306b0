namespace Tidelog.Engine.Keyspace;

/// <summary>The type of a value, as TYPE tells it.</summary>
public enum ValueType : byte
{
    String = 0,
    List = 1,
    Set = 2,
    SortedSet = 3,
    Hash = 4,
    Stream = 5,
}

/// <summary>How a value is stored, as OBJECT ENCODING tells it.</summary>
public enum ValueEncoding : byte
{
    /// <summary>Bytes of a string that has been modified, or is longer than 44.</summary>
    Raw = 0,

    /// <summary>A string that is an integer in its canonical form, stored as 8 bytes.</summary>
    Int = 1,

    /// <summary>Bytes of a string of at most 44 as they were set.</summary>
    EmbStr = 2,

    // What a collection is called says what redis would have made of it, not what it is: a value may be packed in its
    // record or a heap value under any of these names.
    ListPack = 3,
    QuickList = 4,
    IntSet = 5,
    HashTable = 6,
    SkipList = 7,
    Stream = 8,
}
