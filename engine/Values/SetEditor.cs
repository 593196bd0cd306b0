using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>
/// Changes a set that has its record, whatever its form, and keeps the encoding that redis would give it: "intset"
/// while all members are integers and not too many, "hashtable" from then on.
/// </summary>
internal unsafe ref struct SetEditor(Database database, Record record, long maxIntegers)
{
    /// <summary>
    /// A set of strings is searched one by one up to here. With 32 members of 15 bytes that takes twice the time of a
    /// hash table's look-up, and two thirds of its memory.
    /// </summary>
    public const int MaxPackedCount = 32;

    /// <summary>Bytes of a member of a packed set.</summary>
    public const int MaxPackedLength = 64;

    /// <summary>Redis's bound, whatever the directive says.</summary>
    private const long MaxIntegers = 1L << 30;

    private readonly long _maxIntegers = IntegerLimit(maxIntegers);

    /// <summary>The set's present record.</summary>
    public Record Record { get; private set; } = record;

    /// <summary>Most members of an "intset".</summary>
    /// <param name="configured">What the directive says.</param>
    public static long IntegerLimit(long configured) => Math.Min(configured, MaxIntegers);

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

    /// <summary>A set without members, to which some are added at once.</summary>
    /// <param name="integerWidth">Width of the integers if all members are such, else 0.</param>
    /// <param name="packed">Bytes of all members in a pack.</param>
    /// <param name="count">How many there may be.</param>
    /// <param name="existing">What is at the key; it is replaced.</param>
    public static SetEditor Create(
        Database database, ReadOnlySpan<byte> key, Record existing, long maxIntegers, int integerWidth, long packed,
        int count)
    {
        Record record;
        if (integerWidth > 0)
        {
            long room = IntegerSet.RoomFor(Math.Min(count, Math.Max(1, maxIntegers)), integerWidth);
            record = database.PutPacked(key, existing, ValueType.Set, ValueEncoding.IntSet,
                (int)Math.Min(room, PackedRecord.MaxRoom));
            new IntegerSet(record.Payload).Clear(integerWidth);
        }
        else if (count <= MaxPackedCount && packed <= MaxPackedCount * MaxPackedLength)
        {
            record = database.PutPacked(key, existing, ValueType.Set, ValueEncoding.HashTable,
                PackedRecord.RoomFor((int)packed));
            PackedRecord.Clear(record);
        }
        else
        {
            record = database.PutHeap(key, existing, ValueType.Set, ValueEncoding.HashTable,
                HashTable.New(database.Values, 1));
        }
        return new SetEditor(database, record, maxIntegers);
    }

    /// <returns>False if the member was there; then nothing has changed.</returns>
    public bool Add(in PackedText member)
    {
        if (Record.IsHeapValue)
        {
            return AddToTable(member);
        }
        if (Record.Encoding != ValueEncoding.IntSet)
        {
            return AddToPack(member);
        }
        if (member.IsInteger)
        {
            return AddInteger(member);
        }
        LeaveIntegers();
        return Add(member);
    }

    /// <returns>False if the member was not there; then nothing has changed.</returns>
    public bool Remove(in PackedText member)
    {
        if (Record.IsHeapValue)
        {
            if (!HashTable.Contains(HashTable.StateOf(Record.Root), member))
            {
                return false;
            }
            Record = Entries.MakeTableWritable(database, Record);
            return HashTable.Remove(HashTable.StateOf(Record.Root), member, database.Values, Record.Root);
        }
        return Record.Encoding == ValueEncoding.IntSet ? RemoveInteger(member) : RemoveFromPack(member);
    }

    private bool AddToTable(in PackedText member)
    {
        if (HashTable.Contains(HashTable.StateOf(Record.Root), member))
        {
            return false;
        }
        Record = Entries.MakeTableWritable(database, Record);
        HeapValue* root = Record.Root;
        HashTable.Add(HashTable.StateOf(root), member, database.Values, root);
        if (Record.Encoding == ValueEncoding.IntSet && (!member.IsInteger || root->Count > _maxIntegers))
        {
            Record.SetEncoding(ValueEncoding.HashTable);
        }
        return true;
    }

    private bool AddInteger(in PackedText member)
    {
        IntegerSet integers = new(Record.Payload);
        if (integers.TryFind(member.Integer, out int index))
        {
            return false;
        }
        int count = integers.Count + 1;
        int width = Math.Max(integers.Width, IntegerSet.WidthOf(member.Integer));
        long room = IntegerSet.RoomFor(count, width);
        if (count > _maxIntegers)
        {
            LeaveIntegers();
            return Add(member);
        }
        if (room > PackedRecord.MaxRoom || count > IntegerSet.MaxCount)
        {
            Record = Entries.ToTable(database, Record, ValueEncoding.IntSet);
            return AddToTable(member);
        }
        if (width == integers.Width && room <= Record.PayloadLength)
        {
            Record = database.MakeMutable(Record);
        }
        else
        {
            Record = database.ChangeRoom(Record, PackedRecord.RoomToGrow((int)room));
            IntegerSet grown = new(Record.Payload);
            grown.Clear(width);
            grown.CopyFrom(integers);
        }
        new IntegerSet(Record.Payload).Insert(index, member.Integer);
        return true;
    }

    private bool AddToPack(in PackedText member)
    {
        Pack pack = PackedRecord.PackOf(Record);
        if (pack.Find(member, 0, 1, out _) >= 0)
        {
            return false;
        }
        if (pack.Count >= MaxPackedCount || member.PayloadLength > MaxPackedLength || member.IsBlock)
        {
            Record = Entries.ToTable(database, Record, ValueEncoding.HashTable);
            return AddToTable(member);
        }
        Record = PackedRecord.MakeRoom(database, Record, Pack.SizeOf(member), out pack);
        pack.Append(member);
        PackedRecord.Save(Record, pack);
        return true;
    }

    private bool RemoveInteger(in PackedText member)
    {
        if (!member.IsInteger || !new IntegerSet(Record.Payload).TryFind(member.Integer, out int index))
        {
            return false;
        }
        Record = database.MakeMutable(Record);
        IntegerSet integers = new(Record.Payload);
        integers.Remove(index);
        int room = (int)IntegerSet.RoomFor(integers.Count, integers.Width);
        if (PackedRecord.IsWasteful(Record, room))
        {
            Record = database.ChangeRoom(Record, PackedRecord.RoomToGrow(room));
            IntegerSet smaller = new(Record.Payload);
            smaller.Clear(integers.Width);
            smaller.CopyFrom(integers);
        }
        return true;
    }

    private bool RemoveFromPack(in PackedText member)
    {
        int index = PackedRecord.PackOf(Record).Find(member, 0, 1, out _);
        if (index < 0)
        {
            return false;
        }
        Record = PackedRecord.Remove(database, Record, index, 1);
        return true;
    }

    /// <summary>The set is no longer "intset": it is to hold something else, or too much.</summary>
    private void LeaveIntegers()
    {
        IntegerSet integers = new(Record.Payload);
        if (integers.Count >= MaxPackedCount)
        {
            Record = Entries.ToTable(database, Record, ValueEncoding.HashTable);
            return;
        }
        int packed = 0;
        for (int i = 0; i < integers.Count; i++)
        {
            packed += Pack.SizeOf(new PackedText(integers[i]));
        }
        Record = database.ChangeRoom(Record, PackedRecord.RoomToGrow(packed));
        Record.SetEncoding(ValueEncoding.HashTable);
        Pack pack = PackedRecord.Clear(Record);
        for (int i = 0; i < integers.Count; i++)
        {
            pack.Append(new PackedText(integers[i]));
        }
        PackedRecord.Save(Record, pack);
    }
}
