using System.Globalization;
using System.Text;
using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>What a reader showed of a file: a line for each item, and the values by database and key.</summary>
internal sealed class RecordedFile
{
    private const string Name = "dump.rdb";

    public List<string> Items { get; } = [];

    public Dictionary<(int Database, string Key), RecordedValue> Values { get; } = [];

    /// <summary>Times in milliseconds of those that expire.</summary>
    public Dictionary<(int Database, string Key), long> Expiries { get; } = [];

    /// <summary>Calls of the visitor.</summary>
    public long Calls { get; private set; }

    /// <summary>Bytes of memory that the reader had in the end.</summary>
    public long Memory { get; private set; }

    /// <summary>Reads a file whole, byte by byte without knowing its length, and passing over its values.</summary>
    public static RecordedFile Read(byte[] bytes)
    {
        RecordedFile file = ReadOnce(new MemoryStream(bytes), bytes.Length);
        RecordedFile slow = ReadOnce(new DrippingStream(bytes), -1);
        Assert.Equal(file.Items, slow.Items);
        using RdbReader reader = new(new MemoryStream(bytes), Name, bytes.Length);
        int keys = 0;
        for (RdbItem item = reader.Read(); item != RdbItem.End; item = reader.Read())
        {
            if (item == RdbItem.Key)
            {
                reader.SkipValue();
                keys++;
            }
        }
        Assert.Equal(file.Values.Count, keys);
        Assert.Equal(bytes.Length, reader.Offset);
        return file;
    }

    /// <param name="started">Is given what is written to while the file is read.</param>
    public static RecordedFile ReadOnce(
        Stream stream, long length, bool verifyChecksum = true, Action<RecordedFile>? started = null)
    {
        RecordedFile file = new();
        started?.Invoke(file);
        using RdbReader reader = new(stream, Name, length, verifyChecksum);
        try
        {
            file.Take(reader);
        }
        finally
        {
            file.Memory = reader.Memory;
        }
        return file;
    }

    private void Take(RdbReader reader)
    {
        Items.Add($"version {reader.Version}");
        for (RdbItem item = reader.Read(); item != RdbItem.End; item = reader.Read())
        {
            Items.Add(item switch
            {
                RdbItem.Aux => $"{Latin(reader.Name)}={Latin(reader.Text)}",
                RdbItem.Function => $"function {Latin(reader.Text)}",
                RdbItem.SelectDatabase => $"database {reader.Database}",
                RdbItem.Counts => $"{reader.Keys} keys, {reader.ExpiringKeys} expire",
                _ => Key(reader),
            });
        }
    }

    private string Key(RdbReader reader)
    {
        (int, string) key = (reader.Database, Latin(reader.Key));
        if (reader.Expiry != -1)
        {
            Expiries[key] = reader.Expiry;
        }
        StringBuilder line = new(key.Item2);
        Note(line, "expiry", reader.Expiry);
        Note(line, "idle", reader.IdleSeconds);
        Note(line, "frequency", reader.Frequency);
        RecordedValue value = new();
        RecordingVisitor visitor = new(value);
        try
        {
            reader.ReadValue(ref visitor);
        }
        finally
        {
            Calls += visitor.Calls;
        }
        Assert.True(value.HasEnded);
        Assert.Equal(key.Item2, Latin(reader.Key));
        Values[key] = value;
        return $"{line} {value}";
    }

    private static void Note(StringBuilder line, string name, long value)
    {
        if (value != -1)
        {
            line.Append(CultureInfo.InvariantCulture, $" {name} {value}");
        }
    }

    private static string Latin(ReadOnlySpan<byte> text) => Encoding.Latin1.GetString(text);

    /// <summary>Gives no more than a byte at a time.</summary>
    public sealed class DrippingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1)]);
    }
}
