using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Values;

/// <summary>
/// Changes a hash that has its record, whatever its form, and keeps the encoding that redis would give it: "listpack"
/// while it is small, "hashtable" from then on.
/// </summary>
internal unsafe ref struct HashEditor(Database database, Record record, EngineOptions options)
{
    /// <summary>The hash's present record.</summary>
    public Record Record { get; private set; } = record;

    /// <summary>Deletes the key if nothing is left in it.</summary>
    /// <returns>True if it was deleted.</returns>
    public readonly bool DeleteIfEmpty()
    {
        if (Entries.CountOf(Record) > 0)
        {
            return false;
        }
        database.Delete(Record);
        return true;
    }

    /// <summary>A hash without fields, to which some are added at once.</summary>
    /// <param name="packed">Bytes of all fields and values in a pack.</param>
    /// <param name="isSmall">False if one of them is too long for a "listpack".</param>
    public static HashEditor Create(
        Database database, ReadOnlySpan<byte> key, EngineOptions options, long packed, bool isSmall)
    {
        Record record;
        if (isSmall && packed < PackedRecord.MaxRoom / 2)
        {
            record = database.PutPacked(key, default, Keyspace.ValueType.Hash, ValueEncoding.ListPack,
                PackedRecord.RoomFor((int)packed));
            PackedRecord.Clear(record);
        }
        else
        {
            ValueEncoding encoding = isSmall ? ValueEncoding.ListPack : ValueEncoding.HashTable;
            record = database.PutHeap(key, default, Keyspace.ValueType.Hash, encoding,
                HashTable.New(database.Values, 2));
        }
        return new HashEditor(database, record, options);
    }

    /// <summary>Makes the hash a "hashtable" if a field or value of a length does not belong in a "listpack".</summary>
    public void Admit(int length)
    {
        if (length > options.HashMaxListpackValue && Record.Encoding == ValueEncoding.ListPack)
        {
            BecomeHashTable();
        }
    }

    /// <summary>Sets a field, new or not.</summary>
    /// <returns>True if it is new.</returns>
    public bool Set(in PackedText field, in PackedText value)
    {
        if (Record.IsHeapValue)
        {
            return SetInTable(field, value);
        }
        Pack pack = PackedRecord.PackOf(Record);
        int index = pack.Find(field, 0, 2, out _);
        bool isNew = index < 0;
        int more = isNew
            ? Pack.SizeOf(field) + Pack.SizeOf(value)
            : value.PayloadLength - Element.SizeOf(pack.CodeAt(index + 1));
        if (field.IsBlock || value.IsBlock || PackedRecord.RoomFor(pack.Needed + more) > PackedRecord.MaxRoom)
        {
            Record = Entries.ToTable(database, Record, Record.Encoding);
            return SetInTable(field, value);
        }
        Record = PackedRecord.MakeRoom(database, Record, more, out pack);
        if (isNew)
        {
            pack.Append(field);
            pack.Append(value);
        }
        else
        {
            pack.Replace(index + 1, value);
        }
        PackedRecord.Save(Record, pack);
        if (isNew && pack.Count / 2 > options.HashMaxListpackEntries)
        {
            BecomeHashTable();
        }
        return isNew;
    }

    /// <returns>False if the field was not there; then nothing has changed.</returns>
    public bool Remove(in PackedText field)
    {
        if (Record.IsHeapValue)
        {
            if (!HashTable.Contains(HashTable.StateOf(Record.Root), field))
            {
                return false;
            }
            Record = Entries.MakeTableWritable(database, Record);
            return HashTable.Remove(HashTable.StateOf(Record.Root), field, database.Values, Record.Root);
        }
        int index = PackedRecord.PackOf(Record).Find(field, 0, 2, out _);
        if (index < 0)
        {
            return false;
        }
        Record = PackedRecord.Remove(database, Record, index, 2);
        return true;
    }

    private bool SetInTable(in PackedText field, in PackedText value)
    {
        Record = Entries.MakeTableWritable(database, Record);
        HeapValue* root = Record.Root;
        bool isNew = HashTable.Set(HashTable.StateOf(root), field, value, database.Values, root);
        if (Record.Encoding == ValueEncoding.ListPack && root->Count > options.HashMaxListpackEntries)
        {
            Record.SetEncoding(ValueEncoding.HashTable);
        }
        return isNew;
    }

    private void BecomeHashTable()
    {
        if (Record.IsHeapValue)
        {
            Record = database.MakeMutable(Record);
            Record.SetEncoding(ValueEncoding.HashTable);
        }
        else
        {
            Record = Entries.ToTable(database, Record, ValueEncoding.HashTable);
        }
    }
}
