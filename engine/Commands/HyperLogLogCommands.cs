using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Sets that are only counted, about: Redis 7.0 hyperloglog.c.</summary>
internal static class HyperLogLogCommands
{
    public const string Group = "hyperloglog";
    private const KeyFlags Reads = KeyFlags.ReadOnly | KeyFlags.Access;

    public static IEnumerable<Command> Table =>
    [
        new("pfadd", -2, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.HyperLogLog, Add,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Insert))
        {
            Docs = new("Adds elements to a HyperLogLog, which is made if missing.", "2.8.9", Group,
                "O(1) for each element", "key [element [element ...]]"),
        },
        new("pfcount", -2, CommandFlags.ReadOnly, AclCategories.HyperLogLog, Count,
            KeySpec.Keys(1, -1, KeyFlags.ReadWrite | KeyFlags.Access) with
            {
                Notes = "RW because it may change the internal representation of the key, and propagate to replicas",
            })
        {
            Docs = new("Estimates how many different elements were added to HyperLogLogs.", "2.8.9", Group,
                "O(1) for one key, mostly from the stored estimate; O(N) for N keys", "key [key ...]"),
        },
        new("pfmerge", -2, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.HyperLogLog, Merge,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Insert), KeySpec.Keys(2, -1, Reads))
        {
            Docs = new("Unites HyperLogLogs into one.", "2.8.9", Group, "O(N), N HyperLogLogs",
                "destkey [sourcekey [sourcekey ...]]"),
        },
    ];

    /// <summary>Answers the error if a value that exists is no HyperLogLog.</summary>
    public static bool IsHyperLogLog(CommandContext context, Record record)
    {
        if (!context.IsStringOrMissing(record))
        {
            return false;
        }
        if (record.Encoding != ValueEncoding.Int && HyperLogLog.IsValid(record.Bytes))
        {
            return true;
        }
        context.Reply.Error(ReplyError.NotHyperLogLog);
        return false;
    }

    /// <summary>The same string as bytes that may be changed; it is "raw" from then on.</summary>
    private static Record MakeMutable(CommandContext context, Record record) =>
        context.Database.Resize(record, record.Bytes.Length);

    /// <summary>Gives an existing key, or a missing one, the editor's value; an expiry stays.</summary>
    public static Record Store(CommandContext context, int key, Record record, HyperLogLogEditor editor)
    {
        int length = editor.Value.Length;
        record = record.Exists
            ? context.Database.Resize(record, length)
            : context.Database.Put(context[key], record, ValueType.String, ValueEncoding.Raw, length);
        editor.Value.CopyTo(record.MutableBytes);
        return record;
    }

    private static void Add(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (record.Exists && !IsHyperLogLog(context, record))
        {
            return;
        }
        int changes = record.Exists ? 0 : 1;
        if (record.Exists && HyperLogLog.IsDense(record.Bytes))
        {
            changes = AddToDense(context, record);
        }
        else if (!TryAddToSparse(context, record, ref changes))
        {
            context.Reply.Error(ReplyError.CorruptHyperLogLog);
            return;
        }
        if (changes > 0)
        {
            context.Dirty += changes;
            context.Notify(NotifyEvents.String, "pfadd"u8, context[1]);
        }
        else
        {
            context.Database.MakeRaw(record);
        }
        context.Reply.Integer(changes > 0 ? 1 : 0);
    }

    /// <returns>How many registers changed.</returns>
    private static int AddToDense(CommandContext context, Record record)
    {
        int changes = 0;
        for (int i = 2; i < context.Count; i++)
        {
            (int register, int run) = HyperLogLog.Locate(context[i]);
            if (run > DenseRegisters.Get(record.Bytes, register))
            {
                // Only now: it counts as a change for who watches the key.
                record = changes++ == 0 ? MakeMutable(context, record) : record;
                DenseRegisters.Set(record.MutableBytes, register, run);
            }
        }
        if (changes > 0)
        {
            HyperLogLog.MarkCountStale(record.MutableBytes);
        }
        return changes;
    }

    /// <param name="changes">Grows by the number of registers that changed.</param>
    /// <returns>False if the value is corrupt; it stays as it was.</returns>
    private static bool TryAddToSparse(CommandContext context, Record record, ref int changes)
    {
        HyperLogLogEditor editor = HyperLogLogEditor.Open(
            record.Exists ? record.Bytes : HyperLogLog.Empty, context.Options.HllSparseMaxBytes);
        for (int i = 2; i < context.Count; i++)
        {
            (int register, int run) = HyperLogLog.Locate(context[i]);
            if (!editor.TryRaise(register, run, out bool raised))
            {
                return false;
            }
            changes += raised ? 1 : 0;
        }
        if (changes > 0)
        {
            editor.MarkCountStale();
            Store(context, 1, record, editor);
        }
        return true;
    }

    private static void Count(CommandContext context)
    {
        if (context.Count > 2)
        {
            CountTogether(context);
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!record.Exists)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!IsHyperLogLog(context, record))
        {
            return;
        }
        record = context.Database.MakeRaw(record);
        if (!HyperLogLog.TryReadCount(record.Bytes, out long count))
        {
            if (!TryEstimate(record.Bytes, out count))
            {
                context.Reply.Error(ReplyError.CorruptHyperLogLog);
                return;
            }

            // The stored estimate is a part of the value: who replays the effects has to have it too.
            HyperLogLog.WriteCount(MakeMutable(context, record).MutableBytes, count);
            context.Dirty++;
        }
        context.Reply.Integer(count);
    }

    private static bool TryEstimate(ReadOnlySpan<byte> value, out long count)
    {
        Span<int> histogram = stackalloc int[HyperLogLogEstimate.HistogramLength];
        histogram.Clear();
        count = 0;
        if (HyperLogLog.IsDense(value))
        {
            DenseRegisters.AddTo(histogram, value);
        }
        else if (!SparseRegisters.TryAddTo(histogram, value))
        {
            return false;
        }
        count = HyperLogLogEstimate.Of(histogram);
        return true;
    }

    private static void CountTogether(CommandContext context)
    {
        Span<byte> registers = stackalloc byte[HyperLogLog.RegisterCount];
        if (TryMergeAll(context, registers, out _))
        {
            context.Reply.Integer(HyperLogLogEstimate.OfRegisters(registers));
        }
    }

    /// <summary>Unites the values at all arguments; answers the error if one is wrong.</summary>
    /// <param name="registers">One byte for each.</param>
    private static bool TryMergeAll(CommandContext context, Span<byte> registers, out bool anyDense)
    {
        registers.Clear();
        anyDense = false;
        for (int i = 1; i < context.Count; i++)
        {
            Record record = context.Database.Find(context[i], Lookup.Read);
            if (!record.Exists)
            {
                continue;
            }
            if (!IsHyperLogLog(context, record))
            {
                return false;
            }
            if (HyperLogLog.IsDense(record.Bytes))
            {
                anyDense = true;
                DenseRegisters.MergeInto(registers, record.Bytes);
            }
            else if (!SparseRegisters.TryMergeInto(registers, record.Bytes))
            {
                context.Reply.Error(ReplyError.CorruptHyperLogLog);
                return false;
            }
        }
        return true;
    }

    private static void Merge(CommandContext context)
    {
        Span<byte> registers = stackalloc byte[HyperLogLog.RegisterCount];
        if (!TryMergeAll(context, registers, out bool anyDense))
        {
            return;
        }
        Record record = context.Database.Find(context[1], Lookup.Write);
        HyperLogLogEditor editor = HyperLogLogEditor.Open(
            record.Exists ? record.Bytes : HyperLogLog.Empty, context.Options.HllSparseMaxBytes);
        bool isSound = !anyDense || editor.TryMakeDense();
        for (int i = 0; i < registers.Length && isSound; i++)
        {
            isSound = registers[i] == 0 || editor.TryRaise(i, registers[i], out _);
        }
        if (!isSound)
        {
            context.Reply.Error(ReplyError.CorruptHyperLogLog);
            return;
        }
        editor.MarkCountStale();
        Store(context, 1, record, editor);
        context.Dirty++;
        context.Notify(NotifyEvents.String, "pfadd"u8, context[1]);
        context.Reply.Ok();
    }
}
