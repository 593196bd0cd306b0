using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Values;

/// <summary>
/// Lists as records hold them: small ones packed, bigger ones as heap values. A method that changes a list returns the
/// record that it is in from then on.
/// </summary>
internal static unsafe class Lists
{
    /// <summary>
    /// A list that takes more bytes leaves its record. LPUSH and LPOP move all of a packed list, and a record is copied
    /// when it grows; beyond this a heap value is quicker and its own memory hardly counts.
    /// </summary>
    public const int MaxPacked = 2048;

    /// <summary>A record is written again when its elements take less than a quarter of more than this.</summary>
    private const int LeastShrunk = 128;

    /// <summary>How many elements a list may have that is kept in its record.</summary>
    public static int MaxPackedCount(EngineOptions options)
    {
        int size = options.ListMaxListpackSize;
        return size < 0 ? int.MaxValue : Math.Max(size, 1);
    }

    public static long LengthOf(Record list) =>
        list.IsHeapCollection ? list.Root->Count : *(ushort*)list.Payload;

    /// <summary>The elements of a packed list.</summary>
    public static ListRun RunOf(Record list) => new(PackedRecord.PackOf(list), null, 0, false, false);

    /// <summary>Adds an element at an end; makes the list if there is none.</summary>
    /// <param name="key">Of the record, which may be missing.</param>
    /// <param name="maxPacked">Most elements that stay packed.</param>
    /// <param name="more">Bytes that will be pushed next, so that there is room for them.</param>
    public static Record Push(
        Database database, ReadOnlySpan<byte> key, Record list, in PackedText text, bool atHead, int maxPacked,
        int more = 0)
    {
        if (!list.Exists)
        {
            return Create(database, key, text, maxPacked, more);
        }
        if (!list.IsHeapCollection)
        {
            Pack pack = PackedRecord.PackOf(list);
            if (Fits(pack, text, maxPacked))
            {
                list = MakeRoom(database, list, Pack.SizeOf(text), more);
                pack = PackedRecord.PackOf(list);
                pack.Insert(atHead ? 0 : pack.Count, text);
                PackedRecord.Save(list, pack);
                return list;
            }
        }
        list = Edit(database, list, out ListRoot* root);
        new ListEditor(root, database.Values).Push(text, atHead);
        return list;
    }

    /// <summary>Removes elements; removing all of them deletes the key.</summary>
    /// <returns>The record, or a missing one.</returns>
    public static Record Remove(Database database, Record list, long first, long count)
    {
        if (count >= LengthOf(list))
        {
            database.Delete(list);
            return default;
        }
        if (count <= 0)
        {
            return list;
        }
        if (list.IsHeapCollection)
        {
            list = Edit(database, list, out ListRoot* root);
            new ListEditor(root, database.Values).Remove(first, count);
            return list;
        }
        list = database.MakeMutable(list);
        Pack pack = PackedRecord.PackOf(list);
        pack.Remove((int)first, (int)count);
        PackedRecord.Save(list, pack);
        return Shrink(database, list, pack);
    }

    /// <summary>Puts a text in the place of an element that exists.</summary>
    public static Record Set(Database database, Record list, long index, in PackedText text)
    {
        if (!list.IsHeapCollection)
        {
            Pack pack = PackedRecord.PackOf(list);
            if (Fits(pack, text, int.MaxValue))
            {
                list = MakeRoom(database, list, Pack.SizeOf(text), 0);
                pack = PackedRecord.PackOf(list);
                pack.Replace((int)index, text);
                PackedRecord.Save(list, pack);
                return list;
            }
        }
        list = Edit(database, list, out ListRoot* root);
        new ListEditor(root, database.Values).Set(index, text);
        return list;
    }

    /// <summary>Inserts a text in front of an element, or at the end.</summary>
    public static Record Insert(Database database, Record list, long index, in PackedText text, int maxPacked)
    {
        if (!list.IsHeapCollection)
        {
            Pack pack = PackedRecord.PackOf(list);
            if (Fits(pack, text, maxPacked))
            {
                list = MakeRoom(database, list, Pack.SizeOf(text), 0);
                pack = PackedRecord.PackOf(list);
                pack.Insert((int)index, text);
                PackedRecord.Save(list, pack);
                return list;
            }
        }
        list = Edit(database, list, out ListRoot* root);
        new ListEditor(root, database.Values).Insert(index, text);
        return list;
    }

    /// <summary>Removes elements that are equal to a text; the key goes with the last of them.</summary>
    /// <param name="limit">How many at most.</param>
    /// <returns>How many it were.</returns>
    public static long RemoveEqual(Database database, Record list, in PackedText text, long limit, bool backward)
    {
        if (!list.IsHeapCollection)
        {
            return RemoveEqualPacked(database, list, text, limit, backward);
        }
        list = Edit(database, list, out ListRoot* root);
        long removed = new ListEditor(root, database.Values).RemoveEqual(text, limit, backward);
        if (root->Value.Count == 0)
        {
            database.Delete(list);
        }
        return removed;
    }

    /// <summary>Index of the first element that is equal to a text, or -1.</summary>
    public static long IndexOf(Record list, in PackedText text)
    {
        long passed = 0;
        ListWalk walk = new(list, 0, LengthOf(list), backward: false);
        while (walk.MoveNext())
        {
            if (walk.Run.TryForm(text, out PackedText form))
            {
                int found = walk.Run.Pack.Find(form, 0, 1, out _);
                if (found >= 0 && walk.Run.IsReversed)
                {
                    found = FirstOfReversed(walk.Run, form);
                }
                if (found >= 0)
                {
                    return passed + found;
                }
            }
            passed += walk.Count;
        }
        return -1;
    }

    /// <summary>The text of an element that exists.</summary>
    /// <param name="scratch">
    /// <see cref="ListRun.ScratchLength"/> bytes; but a text longer than these stays where it is, and is good until
    /// that element is removed.
    /// </param>
    public static ReadOnlySpan<byte> TextAt(Record list, long index, Span<byte> scratch)
    {
        ListWalk walk = new(list, index, 1, backward: false);
        walk.MoveNext();
        ReadOnlySpan<byte> text = walk.Run.TextAt(walk.First, scratch);
        if (text.Length > Element.MaxInlineLength)
        {
            return text;
        }
        text.CopyTo(scratch);
        return scratch[..text.Length];
    }

    /// <summary>Answers the text of an element that exists.</summary>
    public static void ReplyAt(Record list, long index, ReplyWriter reply)
    {
        ListWalk walk = new(list, index, 1, backward: false);
        walk.MoveNext();
        walk.Run.ReplyAt(walk.First, reply);
    }

    /// <summary>Answers elements that exist, without a header.</summary>
    public static void Reply(Record list, long first, long count, bool backward, ReplyWriter reply)
    {
        ListWalk walk = new(list, first, count, backward);
        while (walk.MoveNext())
        {
            ListReply.Write(reply, walk.Run, walk.First, walk.Count, backward);
        }
    }

    /// <summary>Puts a list that was built apart in place of what is at a key: packed if it is small.</summary>
    /// <param name="root">Not empty; it is the record's, or freed.</param>
    public static Record Store(
        Database database, ReadOnlySpan<byte> key, Record existing, ListRoot* root, int maxPacked)
    {
        ListIndex* segment = ListSpine.SegmentAt(root, 0);
        ListChunk* chunk = ListSpine.ChunkAt(root, 0, 0);
        bool isSmall = root->Top->Length == 1 && segment->Length == 1 && chunk->PrefixLength == 0
            && !chunk->IsReversed && !chunk->HasBlocks && chunk->Used + chunk->Count <= MaxPacked
            && chunk->Count <= maxPacked;
        if (!isSmall)
        {
            return database.PutHeap(key, existing, ValueType.List, ValueEncoding.QuickList, &root->Value);
        }
        Pack pack = ListChunk.PackOf(chunk);
        Record list = database.PutPacked(
            key, existing, ValueType.List, ValueEncoding.QuickList, PackedRecord.RoomFor(pack.Needed));
        Pack copy = PackedRecord.Clear(list);
        copy.Append(pack, 0, pack.Count);
        PackedRecord.Save(list, copy);
        Free(database, root);
        return list;
    }

    /// <summary>Frees a list that no record has.</summary>
    public static void Free(Database database, ListRoot* root) => database.FreeTemporary(&root->Value);

    /// <summary>True if a list that is a pack stays one with one more element.</summary>
    public static bool Fits(in Pack pack, in PackedText text, int maxPacked) =>
        !text.IsBlock && pack.Needed + Pack.SizeOf(text) <= MaxPacked && pack.Count < maxPacked;

    private static Record Create(
        Database database, ReadOnlySpan<byte> key, in PackedText text, int maxPacked, int more)
    {
        int size = Pack.SizeOf(text);
        if (!text.IsBlock && size + more <= MaxPacked && maxPacked > 0)
        {
            Record packed = database.PutPacked(
                key, default, ValueType.List, ValueEncoding.QuickList, PackedRecord.RoomFor(size + more));
            Pack pack = PackedRecord.Clear(packed);
            pack.Append(text);
            PackedRecord.Save(packed, pack);
            return packed;
        }
        ValueHeap heap = database.Values;
        ListRoot* root = ListEditor.New(heap);
        new ListEditor(root, heap).Push(text, atHead: false);
        return database.PutHeap(key, default, ValueType.List, ValueEncoding.QuickList, &root->Value);
    }

    /// <summary>Makes a packed list mutable, with room for one more element.</summary>
    private static Record MakeRoom(Database database, Record list, int size, int more)
    {
        Pack pack = PackedRecord.PackOf(list);
        if (pack.Free >= size)
        {
            return database.MakeMutable(list);
        }
        int room = PackedRecord.RoomToGrow(pack.Needed + size + Math.Min(more, MaxPacked));
        return CopyTo(database, list, pack, room);
    }

    private static Record Shrink(Database database, Record list, in Pack pack)
    {
        int room = list.PayloadLength;
        bool wastes = room > LeastShrunk && PackedRecord.RoomFor(pack.Needed) < room / 4;
        return wastes ? CopyTo(database, list, pack, PackedRecord.RoomToGrow(pack.Needed)) : list;
    }

    private static Record CopyTo(Database database, Record list, in Pack pack, int room)
    {
        Record copy = database.ChangeRoom(list, room);
        Pack copied = PackedRecord.Clear(copy);
        copied.Append(pack, 0, pack.Count);
        PackedRecord.Save(copy, copied);
        return copy;
    }

    /// <summary>Makes a list one that <see cref="ListEditor"/> can change: outside its record, writable.</summary>
    private static Record Edit(Database database, Record list, out ListRoot* root)
    {
        if (list.IsHeapCollection)
        {
            list = database.MakeMutable(list);
            list.Root = database.Values.WritableRoot(list.Root);
        }
        else
        {
            ListRoot* promoted = ListEditor.New(database.Values, PackedRecord.PackOf(list));
            list = database.Promote(list, ValueEncoding.QuickList, &promoted->Value);
        }
        root = (ListRoot*)list.Root;
        return list;
    }

    private static long RemoveEqualPacked(
        Database database, Record list, in PackedText text, long limit, bool backward)
    {
        Pack pack = PackedRecord.PackOf(list);
        int found = RunOf(list).CountOf(text);
        int gone = (int)Math.Min(found, limit);
        if (gone == 0)
        {
            return 0;
        }
        if (gone == pack.Count)
        {
            database.Delete(list);
            return gone;
        }
        list = database.MakeMutable(list);
        pack = PackedRecord.PackOf(list);
        ListChunks.Filter(database.Values, null, ref pack, text, backward ? found - gone : 0, gone);
        PackedRecord.Save(list, pack);
        Shrink(database, list, pack);
        return gone;
    }

    private static int FirstOfReversed(in ListRun run, in PackedText form)
    {
        ListElements elements = run.Elements(0, run.Count, backward: false);
        while (elements.MoveNext())
        {
            if (elements.Current.Is(form))
            {
                return run.Count - 1 - elements.PackIndex;
            }
        }
        return -1;
    }
}
