namespace Tidelog.Engine.Snapshot;

/// <summary>Which access information is written with each key.</summary>
public enum AccessDetail
{
    None,

    /// <summary>Seconds without use.</summary>
    Idle,

    /// <summary>LFU counter.</summary>
    Frequency,
}

/// <summary>How a snapshot is written.</summary>
/// <param name="Version">
/// 9 to 11: nothing is written that a redis of this RDB version cannot read. 9 is redis 5 and 6, 10 is redis 7.0,
/// 11 is redis 7.2 and Valkey 8.
/// </param>
/// <param name="Compress">LZF for strings of more than 20 bytes: <c>rdbcompression</c>.</param>
/// <param name="Checksum">Else the file ends with a checksum of 0, which says so: <c>rdbchecksum</c>.</param>
/// <param name="Access">Written with each key of a server; <see cref="RdbFileWriter"/> is told for each.</param>
/// <param name="LfuDecayMinutes">What a counter loses before it is written: <c>lfu-decay-time</c>.</param>
public sealed record RdbFormat(
    int Version = RdbFormat.DefaultVersion, bool Compress = true, bool Checksum = true,
    AccessDetail Access = AccessDetail.None, int LfuDecayMinutes = 1)
{
    public const int DefaultVersion = 9;
    public const int MaxVersion = 11;
}
