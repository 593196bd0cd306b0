using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>
/// A sorted set that a command makes: to be answered, or to be stored at a key. Its members come to order once, at the
/// end, however often their scores change. It must be ended by <see cref="Store"/> or <see cref="Discard"/>.
/// </summary>
internal unsafe struct SortedSetBuilder(Database database)
{
    private readonly SortedSetRoot* _root = HeapSortedSet.New(database.Values);

    public readonly long Count => _root->Value.Count;

    public readonly bool TryScore(in PackedText member, out double score) =>
        HeapSortedSet.TryScore(_root, member, out score);

    /// <summary>Adds a member, or changes its score.</summary>
    public readonly void Set(in PackedText member, double score) =>
        HeapSortedSet.SetScore(_root, member, score, database.Values);

    /// <summary>All entries in order, good as long as the set; the caller disposes of them.</summary>
    public readonly ScoredMembers InOrder()
    {
        ScoredMembers entries = new(Count);
        HashTableWalk walk = new(&_root->Scores);
        while (walk.MoveNext())
        {
            entries.Append(walk.Key, SortedScore.Read(walk.Value));
        }
        entries.Sort();
        return entries;
    }

    /// <summary>Stores the set, which is not empty, in place of what is at the key.</summary>
    public readonly void Store(EngineOptions options, ReadOnlySpan<byte> key, Record existing)
    {
        using ScoredMembers entries = InOrder();
        bool isSmall = Count <= options.ZsetMaxListpackEntries;
        bool isPackable = isSmall;
        long packed = 0;
        for (int i = 0; isSmall && i < entries.Items.Length; i++)
        {
            PackedText member = PackedText.Of(entries.Items[i].Member);
            isSmall = entries.Items[i].Member.Length <= options.ZsetMaxListpackValue;
            isPackable &= !member.IsBlock;
            packed += member.IsBlock ? 0 : PackedSortedSet.SizeOf(member, entries.Items[i].Score);
        }
        if (isSmall && isPackable && packed <= PackedRecord.MaxRoom - PackedRecord.RoomFor(0))
        {
            StorePacked(entries.Items, (int)packed, key, existing);
            return;
        }
        foreach (ref readonly ScoredMember entry in entries.Items)
        {
            HeapSortedSet.AddToOrder(_root, entry.Member, entry.Score, database.Values);
        }
        ValueEncoding encoding = isSmall ? ValueEncoding.ListPack : ValueEncoding.SkipList;
        database.PutHeap(key, existing, ValueType.SortedSet, encoding, &_root->Value);
    }

    private readonly void StorePacked(
        ReadOnlySpan<ScoredMember> entries, int size, ReadOnlySpan<byte> key, Record existing)
    {
        Record record = database.PutPacked(
            key, existing, ValueType.SortedSet, ValueEncoding.ListPack, PackedRecord.RoomFor(size));
        Pack pack = PackedRecord.Clear(record);
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        foreach (ref readonly ScoredMember entry in entries)
        {
            pack.Append(entry.Member);

            // Redis forgets the sign of a zero in a list pack.
            pack.Append(SortedScore.ToText(entry.Score == 0 ? 0 : entry.Score, scratch));
        }
        PackedRecord.Save(record, pack);
        Discard();
    }

    public readonly void Discard() => database.FreeTemporary(&_root->Value);
}
