using Tidelog.Engine.Keyspace;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>
/// A sorted set that a command makes: to be answered, or to be stored at a key. It must be ended by
/// <see cref="Store"/> or <see cref="Discard"/>.
/// </summary>
internal unsafe struct SortedSetBuilder(Database database)
{
    private readonly SortedSetRoot* _root = HeapSortedSet.New(database.Values);
    private int _longest;

    /// <summary>Bytes that the entries take in a pack, too many if scores were updated.</summary>
    private long _packed;
    private bool _hasBlocks;

    public readonly long Count => _root->Value.Count;

    public readonly bool TryScore(ReadOnlySpan<byte> text, out double score) =>
        HeapSortedSet.TryScore(_root, new PackedText(text), out score);

    /// <summary>Adds a member that is not there.</summary>
    public void Add(ReadOnlySpan<byte> text, double score)
    {
        PackedText member = new(text);
        HeapSortedSet.Add(_root, text, score, database.Values);
        _longest = Math.Max(_longest, text.Length);
        _hasBlocks |= member.IsBlock;
        _packed += member.IsBlock ? 0 : PackedSortedSet.SizeOf(member, score);
    }

    /// <summary>Changes the score of a member that is there.</summary>
    public void Update(ReadOnlySpan<byte> text, double oldScore, double score)
    {
        HeapSortedSet.Update(_root, text, oldScore, score, database.Values);
        _packed += PackedSortedSet.SizeOf(score) - PackedSortedSet.SizeOf(oldScore);
    }

    /// <summary>All entries in order.</summary>
    public readonly SortedEntries Entries() => SortedEntries.Of(_root, 0, Count, isReversed: false);

    /// <summary>Stores the set, which is not empty, in place of what is at the key.</summary>
    public readonly void Store(EngineOptions options, ReadOnlySpan<byte> key, Record existing)
    {
        bool isSmall = Count <= options.ZsetMaxListpackEntries && _longest <= options.ZsetMaxListpackValue;
        ValueEncoding encoding = isSmall ? ValueEncoding.ListPack : ValueEncoding.SkipList;
        if (!isSmall || _hasBlocks || _packed > PackedRecord.MaxRoom - PackedRecord.RoomFor(0))
        {
            database.PutHeap(key, existing, ValueType.SortedSet, encoding, &_root->Value);
            return;
        }
        Record record = database.PutPacked(
            key, existing, ValueType.SortedSet, encoding, PackedRecord.RoomFor((int)_packed));
        Pack pack = PackedRecord.Clear(record);
        byte* scratch = stackalloc byte[SortedScore.ScratchLength];
        SortedEntries entries = Entries();
        while (entries.MoveNext())
        {
            pack.Append(entries.Member);

            // Redis forgets the sign of a zero in a list pack.
            pack.Append(SortedScore.ToText(entries.Score == 0 ? 0 : entries.Score, scratch));
        }
        PackedRecord.Save(record, pack);
        Discard();
    }

    public readonly void Discard() => database.FreeTemporary(&_root->Value);
}
