using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Writes the parts of an RDB file. It writes no checksum: who joins the parts knows the bytes in front. For one
/// thread, which need not be the writer's: it reads records of a cut.
/// </summary>
internal sealed class RdbWriter(RdbOutput output, RdbFormat format) : IDisposable
{
    public RdbOutput Output { get; } = output;

    public RdbFormat Format { get; } = format;

    /// <summary>"REDIS" and the version.</summary>
    public void Magic() => throw new NotImplementedException();

    public void Aux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>A library of functions, in the form of FUNCTION2: its code alone.</summary>
    public void Function(ReadOnlySpan<byte> code) => throw new NotImplementedException();

    public void SelectDatabase(int index) => throw new NotImplementedException();

    /// <summary>How many keys follow, and how many of them expire: a hint to who loads.</summary>
    public void Counts(long keys, long expiring) => throw new NotImplementedException();

    /// <summary>A key with its expiry, access information and value.</summary>
    /// <param name="nowMs">Unix time of the cut, for seconds without use.</param>
    public void Key(Record record, long nowMs) => throw new NotImplementedException();

    /// <summary>The byte that says how <see cref="Value"/> will write the value.</summary>
    public RdbType TypeOf(Record record) => throw new NotImplementedException();

    /// <summary>The value alone: what DUMP gives behind the type.</summary>
    public void Value(Record record) => throw new NotImplementedException();

    /// <summary>The byte behind the last key; the checksum follows.</summary>
    public void End() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
