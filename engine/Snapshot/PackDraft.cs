using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Snapshot;

/// <summary>
/// A pack that comes together before its record's size is known, in the keyspace's <see cref="BuildSpace"/>. It holds
/// what a record can hold, and tells keys that come twice.
/// </summary>
internal unsafe ref struct PackDraft
{
    /// <summary>A search of so many keys is as quick as a look into the filter.</summary>
    private const int FilteredFrom = 16;
    private const int FilterBits = 8 * BuildSpace.SeenSize;

    private readonly byte* _seen;
    private readonly int _stride;
    private Pack _pack;
    private bool _isFiltered;

    /// <param name="stride">Each so-manieth element is a key.</param>
    public PackDraft(BuildSpace space, int stride)
    {
        byte* start = space.Elements;
        _pack = new Pack(start, start + PackedRecord.MaxRoom - PackedRecord.RoomFor(0), 0, 0);
        _seen = space.Seen;
        _stride = stride;
    }

    public readonly Pack Pack => _pack;

    public readonly int Count => _pack.Count;

    public readonly int Free => _pack.Free;

    public void Append(in PackedText text) => _pack.Append(text);

    /// <summary>Asked once for each key, which is appended next.</summary>
    /// <returns>False if the key is there.</returns>
    public bool Admits(in PackedText key)
    {
        if (_pack.Count < FilteredFrom * _stride)
        {
            return _pack.Find(key, 0, _stride, out _) < 0;
        }
        if (!_isFiltered)
        {
            BeginFilter();
        }
        return !Note(HashTable.HashOf(key)) || _pack.Find(key, 0, _stride, out _) < 0;
    }

    /// <summary>Puts the elements at a key, in a record that they fill.</summary>
    /// <inheritdoc cref="Database.PutPacked"/>
    public readonly Record Store(
        Database database, ReadOnlySpan<byte> key, Record existing, ValueType type, ValueEncoding encoding,
        long expiry)
    {
        Record record = database.PutPacked(key, existing, type, encoding, PackedRecord.RoomFor(_pack.Needed), expiry);
        Pack copy = PackedRecord.Clear(record);
        copy.Append(_pack, 0, _pack.Count);
        PackedRecord.Save(record, copy);
        return record;
    }

    /// <summary>Notes a key's hash.</summary>
    /// <returns>False if it is certain that it was not noted before.</returns>
    private readonly bool Note(ulong hash)
    {
        int bit = (int)(hash % FilterBits);
        byte* seen = _seen + (bit / 8);
        int mask = 1 << (bit % 8);
        bool wasNoted = (*seen & mask) != 0;
        *seen |= (byte)mask;
        return wasNoted;
    }

    private void BeginFilter()
    {
        _isFiltered = true;
        new Span<byte>(_seen, BuildSpace.SeenSize).Clear();
        int offset = 0;
        for (int i = 0; i < _pack.Count; i++)
        {
            Element element = _pack.At(i, offset);
            offset += element.PayloadLength;
            if (i % _stride == 0)
            {
                Note(HashTable.HashOf(element));
            }
        }
    }
}
