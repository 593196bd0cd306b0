namespace Tidelog.Engine.Snapshot;

/// <summary>What stands in an RDB file where a type could stand. Redis 7.0 rdb.h and later.</summary>
internal enum RdbOpcode : byte
{
    /// <summary>Valkey 9: slots that were being taken over from another server.</summary>
    SlotImport = 243,

    /// <summary>Redis 7.4: slot sizes; a hint.</summary>
    SlotInfo = 244,
    Function2 = 245,

    /// <summary>Functions of a release candidate of redis 7.0.</summary>
    FunctionPreGa = 246,
    ModuleAux = 247,

    /// <summary>Seconds since the last use of the next key.</summary>
    Idle = 248,

    /// <summary>LFU counter of the next key.</summary>
    Frequency = 249,
    Aux = 250,
    ResizeDb = 251,

    /// <summary>The next key expires: 8 bytes of Unix milliseconds.</summary>
    ExpireMs = 252,

    /// <summary>The same in seconds, 4 bytes.</summary>
    ExpireSeconds = 253,
    SelectDb = 254,
    End = 255,
}
