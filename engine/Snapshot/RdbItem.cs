namespace Tidelog.Engine.Snapshot;

/// <summary>What an RDB file has next.</summary>
public enum RdbItem
{
    /// <summary>A note of the writer: <see cref="RdbFileReader.Name"/>, <see cref="RdbFileReader.Text"/>.</summary>
    Aux,

    /// <summary>Code of a library of functions: <see cref="RdbFileReader.Text"/>.</summary>
    Function,

    /// <summary>The keys that follow are in <see cref="RdbFileReader.Database"/>.</summary>
    SelectDatabase,

    /// <summary>
    /// So many keys follow: <see cref="RdbFileReader.Keys"/>, <see cref="RdbFileReader.ExpiringKeys"/>.
    /// </summary>
    Counts,

    /// <summary>A key: its value must be read or skipped before what is next.</summary>
    Key,

    /// <summary>The file is whole, its checksum right.</summary>
    End,
}
