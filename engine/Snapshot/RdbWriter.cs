using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// Writes the parts of an RDB file. It writes no checksum: who joins the parts knows the bytes in front. For one
/// thread, which need not be the writer's: it reads records of a cut.
/// </summary>
internal sealed class RdbWriter(RdbOutput output, RdbFormat format) : IDisposable
{
    private readonly RdbValueWriter _values = new(output, format);

    public RdbOutput Output { get; } = output;

    public RdbStringWriter Strings => _values.Strings;

    public RdbFormat Format { get; } = format;

    /// <summary>"REDIS" and the version.</summary>
    public void Magic()
    {
        Output.Write("REDIS00"u8);
        Output.Byte((byte)('0' + (Format.Version / 10)));
        Output.Byte((byte)('0' + (Format.Version % 10)));
    }

    public void Aux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Opcode(RdbOpcode.Aux);
        _values.Strings.Text(name);
        _values.Strings.Text(value);
    }

    /// <summary>
    /// A library of functions, in the form of FUNCTION2: its code alone. Redis 7.0 and later read it, whatever the
    /// version says: what has no functions cannot keep them.
    /// </summary>
    public void Function(ReadOnlySpan<byte> code)
    {
        Opcode(RdbOpcode.Function2);
        _values.Strings.Text(code);
    }

    public void SelectDatabase(int index)
    {
        Opcode(RdbOpcode.SelectDb);
        _values.Strings.Length(index);
    }

    /// <summary>How many keys follow, and how many of them expire: a hint to who loads.</summary>
    public void Counts(long keys, long expiring)
    {
        Opcode(RdbOpcode.ResizeDb);
        _values.Strings.Length(keys);
        _values.Strings.Length(expiring);
    }

    /// <summary>A key with its expiry, access information and value.</summary>
    /// <param name="nowMs">Unix time of the cut, for seconds without use.</param>
    public void Key(Record record, long nowMs)
    {
        if (record.Type == ValueType.Stream && Format.Version < RdbStreamWriter.CountersVersion)
        {
            _values.WriteStreamNote(record);
        }
        if (record.HasExpiry)
        {
            Opcode(RdbOpcode.ExpireMs);
            Output.Int64LittleEndian(record.Expiry);
        }
        if (Format.Access != AccessDetail.None)
        {
            Access(record.AccessInfo, nowMs);
        }
        Output.Byte((byte)_values.TypeOf(record));
        _values.Strings.Text(record.Key);
        _values.Write(record);
    }

    /// <summary>The byte that says how <see cref="Value"/> will write the value.</summary>
    public RdbType TypeOf(Record record) => _values.TypeOf(record);

    /// <summary>The value alone: what DUMP gives behind the type.</summary>
    public void Value(Record record) => _values.Write(record);

    /// <summary>The byte behind the last key; the checksum follows.</summary>
    public void End() => Opcode(RdbOpcode.End);

    public void Dispose() => _values.Dispose();

    private void Opcode(RdbOpcode opcode) => Output.Byte((byte)opcode);

    private void Access(uint info, long nowMs)
    {
        if (Format.Access == AccessDetail.Idle)
        {
            Opcode(RdbOpcode.Idle);
            _values.Strings.Length(AccessClock.IdleSeconds(info, nowMs));
        }
        else
        {
            Opcode(RdbOpcode.Frequency);
            Output.Byte((byte)AccessClock.LfuCounter(info, nowMs, Format.LfuDecayMinutes));
        }
    }
}
