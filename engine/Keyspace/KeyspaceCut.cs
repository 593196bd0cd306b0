namespace Tidelog.Engine.Keyspace;

/// <summary>
/// All databases as they were between two commands. While it lasts, whatever writers do, its records can be walked from
/// other threads. Begun and ended by the writer.
/// </summary>
internal sealed class KeyspaceCut
{
    /// <summary>Unix time in milliseconds of the cut.</summary>
    public long NowMs => throw new NotImplementedException();

    /// <summary>Databases that had keys, in ascending order.</summary>
    public IReadOnlyList<DatabaseCut> Databases => throw new NotImplementedException();

    /// <summary>Keys of all databases.</summary>
    public long Keys => throw new NotImplementedException();
}

/// <summary>One database of a cut.</summary>
internal sealed class DatabaseCut
{
    public int Index => throw new NotImplementedException();

    public long Keys => throw new NotImplementedException();

    public long ExpiringKeys => throw new NotImplementedException();

    /// <summary>Goes on with a walk over the records; from any thread.</summary>
    /// <param name="address">0 at the beginning.</param>
    /// <returns>False at the end.</returns>
    public bool TryWalk(ref long address, out Record record) => throw new NotImplementedException();
}
