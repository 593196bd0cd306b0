using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Log;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>What changes the entries of streams: Redis 7.0 t_stream.c.</summary>
internal static unsafe class StreamCommands
{
    private const string Group = "stream";
    private const string TrimSyntax = "<MAXLEN | MINID> [= | ~] threshold [LIMIT count]";

    /// <summary>More fields than this and their places are not kept on the stack.</summary>
    private const int StackFields = 64;

    /// <summary>More IDs than this are not kept on the stack.</summary>
    public const int StackIds = 64;

    public static IEnumerable<Command> Table =>
    [
        new("xadd", -5, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.Stream, Add,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update) with
            {
                Notes = "UPDATE instead of INSERT because of the optional trimming feature",
            })
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Appends an entry to a stream, and shortens the stream if asked to.", "5.0.0", Group,
                "O(1), and O(N) for N entries that are trimmed",
                $"key [NOMKSTREAM] [{TrimSyntax}] <* | id> field value [field value ...]"),
        },
        new("xtrim", -4, CommandFlags.Write, AclCategories.Stream, Trim,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Removes entries from the beginning of a stream.", "5.0.0", Group, "O(N), N entries removed",
                $"key {TrimSyntax}"),
        },
        new("xdel", -3, CommandFlags.Write | CommandFlags.Fast, AclCategories.Stream, Delete,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Docs = new("Removes entries from a stream.", "5.0.0", Group, "O(N log M), N IDs, M entries",
                "key id [id ...]"),
        },
        new("xsetid", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.Stream, SetId,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Docs = new("Sets a stream's counters, for replicas and logs.", "5.0.0", Group, "O(1)",
                "key last-id [ENTRIESADDED entries_added] [MAXDELETEDID max_deleted_entry_id]"),
        },
    ];

    private static void Add(CommandContext context)
    {
        if (!StreamAddOptions.TryParse(context, isAdd: true, out StreamAddOptions options))
        {
            return;
        }
        int fields = context.Count - options.IdIndex - 1;
        if (fields < 2 || fields % 2 == 1)
        {
            context.Reply.Error(ReplyError.WrongArity("xadd"));
            return;
        }
        if (options.HasId && options.HasSeq && options.Id == StreamId.Min)
        {
            context.Reply.Error(ReplyError.StreamIdIsZero);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return;
        }
        if (!record.Exists && options.NoCreate)
        {
            context.Reply.Null();
            return;
        }
        StreamId last = record.Exists ? StreamKey.Root(record)->LastId : StreamId.Min;
        if (last == StreamId.Max)
        {
            context.Reply.Error(ReplyError.StreamIdsExhausted);
            return;
        }
        if (!TryChooseId(context, options, last, out StreamId id))
        {
            context.Reply.Error(ReplyError.StreamIdTooSmall);
            return;
        }
        if (!TryAppend(context, record, id, options.IdIndex + 1, out StreamRoot* root))
        {
            context.Reply.Error(ReplyError.StreamEntryTooBig);
            return;
        }
        StreamReply.Id(context.Reply, id);
        context.Dirty++;
        context.Notify(NotifyEvents.Stream, "xadd"u8, context[1]);
        if (options.Trims && StreamEntries.Trim(root, context.Database.Values, options.Trim) > 0)
        {
            context.Notify(NotifyEvents.Stream, "xtrim"u8, context[1]);
        }
        if (options.IsApproximate || !options.HasSeq)
        {
            GiveEffect(context, root, options, id);
        }
        context.Database.SignalReady(context[1]);
    }

    /// <returns>False if the ID is not greater than the last one.</returns>
    private static bool TryChooseId(
        CommandContext context, in StreamAddOptions options, StreamId last, out StreamId id)
    {
        if (!options.HasId)
        {
            // The clock may stand behind the last ID: then only its second number goes on.
            ulong now = (ulong)context.NowMs;
            id = now > last.Ms ? new StreamId(now, 0) : last.Next();
            return true;
        }
        id = options.Id;
        if (!options.HasSeq && id.Ms == last.Ms)
        {
            id = new StreamId(last.Ms, unchecked(last.Seq + 1));
        }
        return id > last;
    }

    private static bool TryAppend(
        CommandContext context, Record record, StreamId id, int firstField, out StreamRoot* root)
    {
        int count = context.Count - firstField;
        Span<NativeText> fields = count <= StackFields ? stackalloc NativeText[count] : new NativeText[count];
        for (int i = 0; i < count; i++)
        {
            fields[i] = context.TextAt(firstField + i);
        }
        StreamLimits limits = new(context.Options.StreamNodeMaxBytes, context.Options.StreamNodeMaxEntries);
        ValueHeap heap = context.Database.Values;
        if (record.Exists)
        {
            root = StreamKey.ChangeUnwatched(context, record);
            if (!StreamEntries.TryAppend(root, heap, id, fields, limits))
            {
                return false;
            }
            context.Database.SignalChange(context[1]);
            return true;
        }
        root = StreamRoot.New(heap);
        if (!StreamEntries.TryAppend(root, heap, id, fields, limits))
        {
            context.Database.FreeTemporary(&root->Value);
            return false;
        }
        context.Database.PutHeap(context[1], record, ValueType.Stream, ValueEncoding.Stream, &root->Value);
        return true;
    }

    /// <summary>Gives the command with the ID that was made, and with what trimming "about" came to.</summary>
    private static void GiveEffect(CommandContext context, StreamRoot* root, in StreamAddOptions options, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        Effects effects = context.Effects;
        effects.Begin(context.Count);
        for (int i = 0; i < context.Count; i++)
        {
            if (i == options.IdIndex)
            {
                effects.Add(text[..id.Format(text)]);
            }
            else if (options.IsApproximate && i == options.TrimIndex - 1)
            {
                effects.Add("="u8);
            }
            else if (options.IsApproximate && i == options.TrimIndex)
            {
                AddThreshold(effects, root, options.ByLength);
            }
            else
            {
                effects.Add(context[i]);
            }
        }
    }

    /// <summary>What the stream begins with now, or how long it is: trimming there to this does the same.</summary>
    private static void AddThreshold(Effects effects, StreamRoot* root, bool byLength)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        if (byLength)
        {
            root->Value.Count.TryFormat(text, out int length);
            effects.Add(text[..length]);
        }
        else
        {
            effects.Add(text[..StreamEntries.FirstEvenDeleted(root).Format(text)]);
        }
    }

    private static void Trim(CommandContext context)
    {
        if (!StreamAddOptions.TryParse(context, isAdd: false, out StreamAddOptions options))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return;
        }
        long removed = 0;
        if (record.Exists && !StreamEntries.MayTrim(StreamKey.Root(record), options.Trim))
        {
            // An empty chunk may go; who watches sees nothing of that.
            StreamEntries.Trim(
                StreamKey.ChangeUnwatched(context, record), context.Database.Values, options.Trim);
        }
        else if (record.Exists)
        {
            StreamRoot* root = StreamKey.Change(context, record);
            removed = StreamEntries.Trim(root, context.Database.Values, options.Trim);
            Invariant.Require(removed > 0);
            context.Notify(NotifyEvents.Stream, "xtrim"u8, context[1]);
            if (options.IsApproximate)
            {
                GiveEffect(context, root, options, default);
            }
            context.Dirty += removed;
        }
        context.Reply.Integer(removed);
    }

    private static void Delete(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return;
        }
        if (!record.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        int count = context.Count - 2;
        Span<StreamId> ids = count <= StackIds ? stackalloc StreamId[count] : new StreamId[count];
        if (!StreamIdArgument.TryReadAll(context, 2, ids))
        {
            return;
        }
        StreamRoot* root = StreamKey.Root(record);
        ValueHeap heap = context.Database.Values;
        long deleted = 0;
        foreach (StreamId id in ids)
        {
            if (deleted == 0)
            {
                if (!StreamEntries.Contains(root, id))
                {
                    continue;
                }
                root = StreamKey.Change(context, record);
            }
            deleted += StreamEntries.Delete(root, heap, id) ? 1 : 0;
        }
        if (deleted > 0)
        {
            StreamEntries.FindFirst(root);
            context.Notify(NotifyEvents.Stream, "xdel"u8, context[1]);
            context.Dirty += deleted;
        }
        context.Reply.Integer(deleted);
    }

    private static void SetId(CommandContext context)
    {
        if (!StreamIdArgument.TryRead(context, 2, out StreamId lastId)
            || !TryParseCounters(context, lastId, out long entriesAdded, out StreamId maxDeletedId))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!record.Exists)
        {
            context.Reply.Error(ReplyError.NoSuchKey);
            return;
        }
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return;
        }
        StreamRoot* root = StreamKey.Root(record);
        if (root->Value.Count > 0)
        {
            if (lastId < StreamEntries.LastLive(root))
            {
                context.Reply.Error(ReplyError.LastIdBelowTop);
                return;
            }
            if (entriesAdded >= 0 && root->Value.Count > entriesAdded)
            {
                context.Reply.Error(ReplyError.EntriesAddedBelowLength);
                return;
            }
        }
        root = StreamKey.ChangeUnwatched(context, record);
        root->LastId = lastId;
        if (entriesAdded >= 0)
        {
            root->EntriesAdded = (ulong)entriesAdded;
        }
        if (maxDeletedId != StreamId.Min)
        {
            root->MaxDeletedId = maxDeletedId;
        }
        context.Reply.Ok();
        context.Dirty++;
        context.Notify(NotifyEvents.Stream, "xsetid"u8, context[1]);
    }

    /// <param name="entriesAdded">-1 if it is not given.</param>
    /// <param name="maxDeletedId">0-0 if it is not given.</param>
    private static bool TryParseCounters(
        CommandContext context, StreamId lastId, out long entriesAdded, out StreamId maxDeletedId)
    {
        entriesAdded = -1;
        maxDeletedId = default;
        for (int i = 3; i < context.Count; i += 2)
        {
            bool hasValue = i + 1 < context.Count;
            if (hasValue && context.Is(i, "ENTRIESADDED"u8))
            {
                if (!context.TryInt64(i + 1, out entriesAdded))
                {
                    return false;
                }
                if (entriesAdded < 0)
                {
                    context.Reply.Error(ReplyError.EntriesAddedNegative);
                    return false;
                }
            }
            else if (hasValue && context.Is(i, "MAXDELETEDID"u8))
            {
                if (!StreamIdArgument.TryRead(context, i + 1, out maxDeletedId))
                {
                    return false;
                }
                if (lastId < maxDeletedId)
                {
                    context.Reply.Error(ReplyError.LastIdBelowMaxDeleted);
                    return false;
                }
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }
}
