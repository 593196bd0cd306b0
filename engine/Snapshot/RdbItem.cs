namespace Tidelog.Engine.Snapshot;

/// <summary>What an RDB file has next.</summary>
internal enum RdbItem
{
    /// <summary>A note of the writer: <see cref="RdbReader.Name"/>, <see cref="RdbReader.Text"/>.</summary>
    Aux,

    /// <summary>Code of a library of functions: <see cref="RdbReader.Text"/>.</summary>
    Function,

    /// <summary>The keys that follow are in <see cref="RdbReader.Database"/>.</summary>
    SelectDatabase,

    /// <summary>So many keys follow: <see cref="RdbReader.Keys"/>, <see cref="RdbReader.ExpiringKeys"/>.</summary>
    Counts,

    /// <summary>A key: its value must be read or skipped before what is next.</summary>
    Key,

    /// <summary>The file is whole, its checksum right.</summary>
    End,
}
