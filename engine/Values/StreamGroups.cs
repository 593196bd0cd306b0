using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidelog.Engine.Values;

/// <summary>
/// The groups of a stream and their consumers. Methods that change something want a writable root, and a group that
/// <see cref="FindWritable"/> or <see cref="TryCreate"/> returned.
/// </summary>
internal static unsafe class StreamGroups
{
    /// <summary>A group to be read; null if there is none of this name.</summary>
    public static StreamGroup* Find(StreamRoot* root, NativeText name) => root->Groups.Find(name);

    /// <summary>A group to be changed; good until another is created or destroyed.</summary>
    public static StreamGroup* FindWritable(StreamRoot* root, ValueHeap heap, NativeText name) =>
        root->Groups.FindWritable(name, heap);

    /// <returns>False if there is one of this name.</returns>
    public static bool TryCreate(StreamRoot* root, ValueHeap heap, NativeText name, StreamId lastId, long entriesRead)
    {
        if (root->Groups.Find(name) != null)
        {
            return false;
        }
        *root->Groups.Insert(OwnText(name, heap, &root->Value), heap, &root->Value) =
            new StreamGroup { LastId = lastId, EntriesRead = entriesRead };
        return true;
    }

    /// <summary>Takes a group out of its stream at a cost that does not grow with what is pending.</summary>
    /// <returns>
    /// A stream of nothing but this group, to be freed; a cut may still see parts of it. Null if there is none of this
    /// name.
    /// </returns>
    public static StreamRoot* Detach(StreamRoot* root, ValueHeap heap, NativeText name)
    {
        TreeCursor<NativeText, StreamGroup> at = TreeCursor<NativeText, StreamGroup>.AtOrBehind(root->Groups, name);
        if (!at.IsValid || !at.Key.Bytes.SequenceEqual(name.Bytes))
        {
            return null;
        }
        NativeText own = at.Key;
        StreamGroup group = *at.Value;
        long bytes = CostOf(own) + BytesOf(group);
        StreamRoot* detached = StreamRoot.New(heap);

        // The root is new, what it gets is as old as the stream: a cut that sees parts of it has to keep it whole.
        detached->Value.Made = root->Value.Made;
        *detached->Groups.Insert(own, heap, &detached->Value) = group;
        root->Groups.Remove(own, heap, &root->Value);
        root->Value.Bytes -= bytes;
        detached->Value.Bytes += bytes;
        return detached;
    }

    /// <returns>False if there is none of this name.</returns>
    public static bool TryFindConsumer(StreamGroup* group, NativeText name, out ConsumerNumber number)
    {
        ConsumerNumber* found = group->Names.Find(name);
        number = found != null ? *found : default;
        return found != null;
    }

    /// <summary>A consumer to be read.</summary>
    public static StreamConsumer* Consumer(StreamGroup* group, ConsumerNumber number) =>
        group->Consumers.Find(number);

    /// <summary>Creates a consumer; there is none of this name.</summary>
    public static ConsumerNumber CreateConsumer(
        StreamGroup* group, ValueHeap heap, HeapValue* owner, NativeText name, long nowMs)
    {
        TreeCursor<ConsumerNumber, StreamConsumer> last =
            TreeCursor<ConsumerNumber, StreamConsumer>.AtLast(group->Consumers);
        ConsumerNumber number = new(last.IsValid ? last.Key.Value + 1 : 0);
        NativeText own = OwnText(name, heap, owner);
        *group->Names.Insert(own, heap, owner) = number;
        *group->Consumers.Insert(number, heap, owner) = new StreamConsumer { Name = own, SeenMs = nowMs };
        return number;
    }

    /// <summary>Notes that a consumer asked for something.</summary>
    public static void Touch(StreamGroup* group, ValueHeap heap, ConsumerNumber number, long nowMs) =>
        group->Consumers.FindWritable(number, heap)->SeenMs = nowMs;

    /// <summary>Removes a consumer and what is pending for it.</summary>
    public static void RemoveConsumer(StreamGroup* group, ValueHeap heap, HeapValue* owner, ConsumerNumber number)
    {
        StreamConsumer* consumer = group->Consumers.FindWritable(number, heap);
        TreeCursor<StreamId, NoValue> at = TreeCursor<StreamId, NoValue>.AtFirst(consumer->Pending);
        for (; at.IsValid; at.MoveNext())
        {
            group->Pending.Remove(at.Key, heap, owner);
        }
        StreamConsumer removed = *consumer;
        group->Names.Remove(removed.Name, heap, owner);
        group->Consumers.Remove(number, heap, owner);
        removed.Pending.Clear(heap, owner);
        FreeText(removed.Name, heap, owner);
    }

    /// <summary>Makes an entry pending for a consumer, whoever it was pending for before.</summary>
    public static void Assign(
        StreamGroup* group, ValueHeap heap, HeapValue* owner, StreamId id, in PendingEntry pending)
    {
        PendingEntry* entry = group->Pending.FindWritable(id, heap);
        if (entry == null)
        {
            entry = group->Pending.Insert(id, heap, owner);
        }
        else if (entry->Consumer == pending.Consumer)
        {
            *entry = pending;
            return;
        }
        else
        {
            group->Consumers.FindWritable(entry->Consumer, heap)->Pending.Remove(id, heap, owner);
        }
        *entry = pending;
        group->Consumers.FindWritable(pending.Consumer, heap)->Pending.Insert(id, heap, owner);
    }

    /// <summary>Makes an entry pending no more.</summary>
    /// <returns>False if it was not.</returns>
    public static bool Acknowledge(StreamGroup* group, ValueHeap heap, HeapValue* owner, StreamId id)
    {
        PendingEntry* entry = group->Pending.Find(id);
        if (entry == null)
        {
            return false;
        }
        group->Consumers.FindWritable(entry->Consumer, heap)->Pending.Remove(id, heap, owner);
        return group->Pending.Remove(id, heap, owner);
    }

    /// <summary>Frees what belongs to a group, on any thread; nothing is counted.</summary>
    public static void FreeNodes(NativeText* name, StreamGroup* group)
    {
        group->Pending.FreeNodes(null);
        group->Names.FreeNodes(null);
        group->Consumers.FreeNodes(&FreeConsumer);
        FreeText(*name);
    }

    /// <summary>Gives the copy of a group what it must not share.</summary>
    public static void Own(NativeText* name, StreamGroup* group, ValueHeap heap, HeapValue* owner)
    {
        *name = OwnText(*name, heap, owner);
        group->Pending = group->Pending.Clone(heap, owner, null);
        group->Consumers = group->Consumers.Clone(heap, owner, &OwnConsumer);

        // The names in this tree are those of the consumers, which have just got new ones.
        group->Names = default;
        TreeCursor<ConsumerNumber, StreamConsumer> at =
            TreeCursor<ConsumerNumber, StreamConsumer>.AtFirst(group->Consumers);
        for (; at.IsValid; at.MoveNext())
        {
            *group->Names.Insert(at.Value->Name, heap, owner) = at.Key;
        }
    }

    private static long BytesOf(in StreamGroup group)
    {
        long bytes = group.Pending.Bytes + group.Names.Bytes + group.Consumers.Bytes;
        TreeCursor<ConsumerNumber, StreamConsumer> at =
            TreeCursor<ConsumerNumber, StreamConsumer>.AtFirst(group.Consumers);
        for (; at.IsValid; at.MoveNext())
        {
            bytes += CostOf(at.Value->Name) + at.Value->Pending.Bytes;
        }
        return bytes;
    }

    private static long CostOf(NativeText own) => ValueHeap.CostOf(sizeof(HeapNode) + own.Length);

    private static void FreeConsumer(ConsumerNumber* number, StreamConsumer* consumer)
    {
        consumer->Pending.FreeNodes(null);
        FreeText(consumer->Name);
    }

    private static void OwnConsumer(
        ConsumerNumber* number, StreamConsumer* consumer, ValueHeap heap, HeapValue* owner)
    {
        consumer->Name = OwnText(consumer->Name, heap, owner);
        consumer->Pending = consumer->Pending.Clone(heap, owner, null);
    }

    private static NativeText OwnText(NativeText text, ValueHeap heap, HeapValue* owner)
    {
        HeapNode* block = heap.New(owner, sizeof(HeapNode) + text.Length);
        Unsafe.CopyBlock(block + 1, text.Start, (uint)text.Length);
        return new NativeText((byte*)(block + 1), text.Length);
    }

    private static void FreeText(NativeText own, ValueHeap heap, HeapValue* owner) =>
        heap.Free(owner, (HeapNode*)own.Start - 1);

    private static void FreeText(NativeText own) => NativeMemory.Free((HeapNode*)own.Start - 1);
}
