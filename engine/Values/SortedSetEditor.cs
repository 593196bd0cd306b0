using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>
/// Changes the sorted set at a key. It is packed in its record or a heap value as its size demands; what OBJECT
/// ENCODING says of it follows redis's thresholds.
/// </summary>
/// <param name="record">What is at the key: a sorted set, or nothing.</param>
internal unsafe ref struct SortedSetEditor(
    Database database, EngineOptions options, ReadOnlySpan<byte> key, Record record)
{
    private readonly ReadOnlySpan<byte> _key = key;
    private bool _isMutable;

    /// <summary>What is at the key now.</summary>
    public Record Record { get; private set; } = record;

    public readonly long Count => Record.Exists ? SortedSets.Count(Record) : 0;

    private readonly SortedSetRoot* Root => (SortedSetRoot*)Record.Root;

    /// <summary>Puts an empty set at the key; one member at least must follow.</summary>
    /// <param name="first">The member that will be added first: redis's encoding depends on its length.</param>
    /// <param name="room">Bytes of the entries that are to come, as far as is known.</param>
    public void Create(ReadOnlySpan<byte> first, int room)
    {
        if (options.ZsetMaxListpackEntries == 0 || first.Length > options.ZsetMaxListpackValue)
        {
            SortedSetRoot* root = HeapSortedSet.New(database.Values);
            Record = database.PutHeap(_key, Record, ValueType.SortedSet, ValueEncoding.SkipList, &root->Value);
        }
        else
        {
            Record = database.PutPacked(_key, Record, ValueType.SortedSet, ValueEncoding.ListPack,
                PackedRecord.RoomFor(Math.Min(room, PackedRecord.MaxRoom / 2)));
            PackedRecord.Clear(Record);
        }
        _isMutable = true;
    }

    public readonly bool TryScore(ReadOnlySpan<byte> text, out double score) =>
        SortedSets.TryScore(Record, text, out score);

    /// <summary>Adds a member that is not there.</summary>
    public void Add(ReadOnlySpan<byte> text, double score)
    {
        if (Record.Encoding == ValueEncoding.ListPack
            && (Count + 1 > options.ZsetMaxListpackEntries || text.Length > options.ZsetMaxListpackValue))
        {
            LeaveListPack();
        }
        score = Stored(score);
        if (!Record.IsHeapCollection)
        {
            PackedText member = new(text);
            int size = PackedSortedSet.SizeOf(member, score);
            if (!member.IsBlock && TryMakeRoom(size, out Pack pack))
            {
                PackedSortedSet.Insert(ref pack, text, member, score);
                PackedRecord.Save(Record, pack);
                return;
            }
            Promote(ValueEncoding.ListPack);
        }
        HeapSortedSet.Add(WritableRoot(), text, score, database.Values);
    }

    /// <summary>Changes the score of a member that is there.</summary>
    public void Update(ReadOnlySpan<byte> text, double oldScore, double score)
    {
        score = Stored(score);
        if (!Record.IsHeapCollection)
        {
            int added = PackedSortedSet.SizeOf(score) - PackedSortedSet.SizeOf(oldScore);
            if (TryMakeRoom(added, out Pack pack))
            {
                PackedText member = new(text);
                pack.Remove(PackedSortedSet.Find(pack, member, out _), 2);
                PackedSortedSet.Insert(ref pack, text, member, score);
                PackedRecord.Save(Record, pack);
                return;
            }
            Promote(Record.Encoding);
        }
        HeapSortedSet.Update(WritableRoot(), text, oldScore, score, database.Values);
    }

    /// <summary>Removes a member.</summary>
    /// <returns>False if it is not there.</returns>
    public bool Remove(ReadOnlySpan<byte> text)
    {
        PackedText member = new(text);
        if (Record.IsHeapCollection)
        {
            if (!HeapSortedSet.TryScore(Root, member, out double score))
            {
                return false;
            }
            HeapSortedSet.Remove(WritableRoot(), text, score, database.Values);
            return true;
        }
        int index = PackedSortedSet.Find(PackedRecord.PackOf(Record), member, out _);
        if (index < 0)
        {
            return false;
        }
        RemovePacked(index, 2);
        return true;
    }

    /// <summary>Removes entries by their ranks.</summary>
    public void RemoveRange(long rank, long count)
    {
        if (count == 0)
        {
            return;
        }
        if (Record.IsHeapCollection)
        {
            HeapSortedSet.RemoveRange(WritableRoot(), rank, count, database.Values);
        }
        else
        {
            RemovePacked(2 * (int)rank, 2 * (int)count);
        }
    }

    /// <summary>Deletes the key if nothing is left of the set.</summary>
    /// <returns>True if it was deleted.</returns>
    public readonly bool DeleteIfEmpty()
    {
        if (Count > 0)
        {
            return false;
        }
        database.Delete(Record);
        return true;
    }

    /// <summary>A list pack has whole numbers as integers, so redis forgets the sign of a zero in it.</summary>
    private readonly double Stored(double score) =>
        score == 0 && Record.Encoding == ValueEncoding.ListPack ? 0 : score;

    private void RemovePacked(int index, int count)
    {
        MakeMutable();
        Pack pack = PackedRecord.PackOf(Record);
        pack.Remove(index, count);
        PackedRecord.Save(Record, pack);

        // An empty one is deleted in a moment.
        if (pack.Count > 0 && pack.Free > pack.Needed + 64)
        {
            Rewrite(pack, PackedRecord.RoomToGrow(pack.Needed));
        }
    }

    /// <summary>Makes room in the packed set's record; fails if it would be too big for one.</summary>
    private bool TryMakeRoom(int size, out Pack pack)
    {
        MakeMutable();
        pack = PackedRecord.PackOf(Record);
        if (pack.Free >= size)
        {
            return true;
        }
        if (PackedRecord.RoomFor(pack.Needed + size) > PackedRecord.MaxRoom)
        {
            return false;
        }
        pack = Rewrite(pack, PackedRecord.RoomToGrow(pack.Needed + size));
        return true;
    }

    private Pack Rewrite(in Pack pack, int room)
    {
        Record = database.ChangeRoom(Record, room);
        Pack moved = PackedRecord.Clear(Record);
        moved.Append(pack, 0, pack.Count);
        PackedRecord.Save(Record, moved);
        return moved;
    }

    /// <summary>Redis keeps it as a skip list from here on.</summary>
    private void LeaveListPack()
    {
        if (!Record.IsHeapCollection)
        {
            Promote(ValueEncoding.SkipList);
            return;
        }
        MakeMutable();
        Record.SetEncoding(ValueEncoding.SkipList);
    }

    private void Promote(ValueEncoding encoding)
    {
        SortedSetRoot* root = HeapSortedSet.New(database.Values);
        byte* scratch = stackalloc byte[Element.ScratchLength];
        SortedEntries entries = SortedEntries.Of(Record, 0, Count, isReversed: false);
        while (entries.MoveNext())
        {
            ReadOnlySpan<byte> text = entries.Member.Text(new Span<byte>(scratch, Element.ScratchLength));
            HeapSortedSet.Add(root, text, entries.Score, database.Values);
        }
        Record = database.Promote(Record, encoding, &root->Value);
        _isMutable = true;
    }

    private SortedSetRoot* WritableRoot()
    {
        MakeMutable();
        Record record = Record;
        record.Root = database.Values.WritableRoot(record.Root);
        return Root;
    }

    private void MakeMutable()
    {
        if (!_isMutable)
        {
            Record = database.MakeMutable(Record);
            _isMutable = true;
        }
    }
}
