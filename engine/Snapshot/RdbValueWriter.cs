// How values are written. RDB version 9, which redis 5 reads, gets the plain forms, element by element: redis makes its
// small encodings of them when it loads. What redis 7 calls a listpack is one from version 10 on, a small set from 11.
// A collection outside its record has the plain form always: its number of elements is known in front, so it goes
// through the window piece by piece, however big it is.

using System.Buffers.Binary;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>Writes values of records that do not change.</summary>
internal sealed unsafe class RdbValueWriter(RdbOutput output, RdbFormat format) : IDisposable
{
    private const int ListPackVersion = 10;
    private const int SetListPackVersion = 11;

    /// <summary>A node of a quicklist that is a listpack, as against one big element.</summary>
    private const int PackedContainer = 2;

    private readonly RdbStringWriter _strings = new(output, format.Compress);
    private readonly ListPackWriter _listPack = new();
    private readonly byte[] _integers = new byte[(2 * sizeof(int)) + Store.MaxInlineValue];

    public RdbStringWriter Strings => _strings;

    public RdbType TypeOf(Record record)
    {
        bool isPacked = !record.IsHeapValue && format.Version >= ListPackVersion;
        bool isListPack = isPacked && record.Encoding == ValueEncoding.ListPack;
        return record.Type switch
        {
            ValueType.String => RdbType.String,
            ValueType.List => isPacked ? RdbType.QuickList2 : RdbType.List,
            ValueType.Set => Entries.IsIntegerSet(record) ? RdbType.SetIntegers
                : isPacked && format.Version >= SetListPackVersion ? RdbType.SetListPack : RdbType.Set,
            ValueType.SortedSet => isListPack ? RdbType.SortedSetListPack : RdbType.SortedSet2,
            ValueType.Hash => isListPack ? RdbType.HashListPack : RdbType.Hash,
            ValueType.Stream => RdbStreamWriter.TypeIn(format.Version),
            _ => throw new InvariantException($"no value is of type {record.Type}"),
        };
    }

    public void Write(Record record)
    {
        switch (TypeOf(record))
        {
            case RdbType.String:
                WriteString(record);
                break;
            case RdbType.List:
                WriteList(record);
                break;
            case RdbType.QuickList2:
                WriteQuickList(record);
                break;
            case RdbType.SetIntegers:
                WriteIntegers(new IntegerSet(record.Payload));
                break;
            case RdbType.Set:
                WriteSet(record);
                break;
            case RdbType.Hash:
                WriteHash(record);
                break;
            case RdbType.SortedSet2:
                WriteSortedSet(record);
                break;
            case RdbType.SetListPack:
            case RdbType.HashListPack:
                WriteListPack(record);
                break;
            case RdbType.SortedSetListPack:
                WriteSortedListPack(record);
                break;
            default:
                new RdbStreamWriter(output, _strings, _listPack, format.Version).Write((StreamRoot*)record.Root);
                break;
        }
    }

    /// <summary>What stands in front of a stream's key for want of room in its value, if anything.</summary>
    public void WriteStreamNote(Record record)
    {
        StreamRoot* stream = (StreamRoot*)record.Root;
        if (StreamNote.IsNeeded(stream))
        {
            output.Byte((byte)RdbOpcode.Aux);
            _strings.Text(StreamNote.Name);
            _strings.Length(StreamNote.Write(stream, output: null));
            StreamNote.Write(stream, output);
        }
    }

    public void Dispose()
    {
        _strings.Dispose();
        _listPack.Dispose();
    }

    private void WriteString(Record record)
    {
        if (record.Encoding == ValueEncoding.Int)
        {
            _strings.Integer(record.Integer);
        }
        else
        {
            _strings.Text(record.Bytes);
        }
    }

    private void WriteList(Record record)
    {
        Span<byte> scratch = stackalloc byte[ListRun.ScratchLength];
        long length = Lists.LengthOf(record);
        _strings.Length(length);
        ListWalk walk = new(record, 0, length, backward: false);
        while (walk.MoveNext())
        {
            ListRun run = walk.Run;
            ListElements elements = walk.Elements;
            while (elements.MoveNext())
            {
                Element element = elements.Current;
                if (element.IsInteger || run.PrefixLength == 0)
                {
                    _strings.Element(element);
                }
                else
                {
                    _strings.OtherText(run.TextOf(element, scratch));
                }
            }
        }
    }

    /// <summary>A list that lies in its record: one node.</summary>
    private void WriteQuickList(Record record)
    {
        _strings.Length(1L);
        _strings.Length(PackedContainer);
        WriteListPack(record);
    }

    private void WriteIntegers(IntegerSet integers)
    {
        // Width and count in 4 bytes each; the integers lie here as they do there.
        Span<byte> blob = _integers;
        BinaryPrimitives.WriteInt32LittleEndian(blob, integers.Width);
        BinaryPrimitives.WriteInt32LittleEndian(blob[sizeof(int)..], integers.Count);
        ReadOnlySpan<byte> bytes = integers.Bytes;
        bytes.CopyTo(blob[(2 * sizeof(int))..]);
        _strings.OtherText(blob[..((2 * sizeof(int)) + bytes.Length)]);
    }

    private void WriteSet(Record record)
    {
        _strings.Length(Entries.CountOf(record));
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            _strings.Element(walk.Key);
        }
    }

    private void WriteHash(Record record)
    {
        _strings.Length(Entries.CountOf(record));
        EntryWalk walk = new(record);
        while (walk.MoveNext())
        {
            _strings.Element(walk.Key);
            _strings.Element(walk.Value);
        }
    }

    /// <summary>From the greatest score to the smallest: redis then inserts at the begin of its list.</summary>
    private void WriteSortedSet(Record record)
    {
        long count = SortedSets.Count(record);
        _strings.Length(count);
        SortedEntries entries = SortedEntries.Of(record, 0, count, isReversed: true);
        while (entries.MoveNext())
        {
            _strings.Element(entries.Member);
            output.Int64LittleEndian(BitConverter.DoubleToInt64Bits(entries.Score));
        }
    }

    /// <summary>Members, or fields and values, or the elements of a list, as they lie in the record.</summary>
    private void WriteListPack(Record record)
    {
        Pack pack = PackedRecord.PackOf(record);
        _listPack.Begin();
        int offset = 0;
        for (int i = 0; i < pack.Count; i++)
        {
            Element element = pack.At(i, offset);
            _listPack.Add(element);
            offset += element.PayloadLength;
        }
        _strings.OtherText(_listPack.Finish());
    }

    private void WriteSortedListPack(Record record)
    {
        Span<byte> text = stackalloc byte[Doubles.MaxLength];
        _listPack.Begin();
        SortedEntries entries = SortedEntries.Of(record, 0, SortedSets.Count(record), isReversed: false);
        while (entries.MoveNext())
        {
            _listPack.Add(entries.Member);
            _listPack.Add(text[..Doubles.Format(entries.Score, text)]);
        }
        _strings.OtherText(_listPack.Finish());
    }
}
