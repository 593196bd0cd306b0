using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>BITOP: Redis 7.0 bitops.c.</summary>
internal static unsafe class BitOperationCommand
{
    private const int Target = 2;
    private const int FirstSource = 3;

    /// <summary>More sources than this are listed outside the stack.</summary>
    private const int StackSources = 32;

    public static IEnumerable<Command> Table =>
    [
        new("bitop", -4, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.Bitmap, Combine,
            KeySpec.Key(2, KeyFlags.Overwrite | KeyFlags.Update),
            KeySpec.Keys(3, -1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Combines strings bit by bit and stores what comes out.", "2.6.0", "bitmap",
                "O(N), N bytes of all the strings", "operation destkey key [key ...]"),
        },
    ];

    private static void Combine(CommandContext context)
    {
        if (!TryReadOperation(context, out BitOperation operation))
        {
            return;
        }
        int count = context.Count - FirstSource;
        if (operation == BitOperation.Not && count != 1)
        {
            context.Reply.Error(ReplyError.BitNotSources);
            return;
        }
        BitSource* onStack = stackalloc BitSource[Math.Min(count, StackSources)];
        BitSource* sources = count <= StackSources
            ? onStack
            : (BitSource*)NativeMemory.Alloc((nuint)count, (nuint)sizeof(BitSource));
        try
        {
            if (TryCollect(context, sources, count, out int length))
            {
                Store(context, operation, sources, count, length);
            }
        }
        finally
        {
            if (sources != onStack)
            {
                NativeMemory.Free(sources);
            }
        }
    }

    private static bool TryReadOperation(CommandContext context, out BitOperation operation)
    {
        operation = BitOperation.And;
        if (context.Is(1, "AND"u8))
        {
            return true;
        }
        if (context.Is(1, "OR"u8))
        {
            operation = BitOperation.Or;
            return true;
        }
        if (context.Is(1, "XOR"u8))
        {
            operation = BitOperation.Xor;
            return true;
        }
        operation = BitOperation.Not;
        if (context.Is(1, "NOT"u8))
        {
            return true;
        }
        context.Reply.Error(ReplyError.Syntax);
        return false;
    }

    /// <param name="longest">Length of the longest source.</param>
    private static bool TryCollect(CommandContext context, BitSource* sources, int count, out int longest)
    {
        longest = 0;
        for (int i = 0; i < count; i++)
        {
            Record record = context.Database.Find(context[FirstSource + i], Lookup.Read);
            if (!context.IsStringOrMissing(record))
            {
                return false;
            }
            SetSource(sources + i, record);
            longest = Math.Max(longest, sources[i].Length);
        }
        return true;
    }

    private static void SetSource(BitSource* source, Record record)
    {
        ReadOnlySpan<byte> text = StringCommands.TextOf(record, new Span<byte>(source->Digits, BitSource.DigitRoom));

        // Records and their values are native memory, and so is the source: nothing moves when "fixed" ends.
        fixed (byte* start = text)
        {
            source->Start = start;
        }
        source->Length = text.Length;
    }

    private static void Store(
        CommandContext context, BitOperation operation, BitSource* sources, int count, int length)
    {
        ReadOnlySpan<byte> target = context[Target];
        Record record = context.Database.Find(target, Lookup.Write);
        if (length == 0)
        {
            context.DeleteTarget(target, record);
        }
        else
        {
            bool isSource = false;
            for (int i = 0; i < count && record.Exists; i++)
            {
                isSource |= context[FirstSource + i].SequenceEqual(target);
            }
            record = isSource
                ? KeepAsTarget(context, record, sources, count, length)
                : context.Database.Put(target, record, ValueType.String, ValueEncoding.Raw, length);
            BitCombination.Combine(operation, sources, count, record.MutableBytes);
            context.Dirty++;
            context.Notify(NotifyEvents.String, "set"u8, target);
        }
        context.Reply.Integer(length);
    }

    /// <summary>
    /// Makes room for the result where one of the sources is. It keeps its bytes, and is read and overwritten from
    /// front to back: a second string of 512 MiB is not needed. The zeros behind its end change nothing.
    /// </summary>
    private static Record KeepAsTarget(
        CommandContext context, Record record, BitSource* sources, int count, int length)
    {
        record = StringRangeCommands.WithLength(context, Target, record, length);
        record = context.Database.SetExpiry(record, -1);
        for (int i = 0; i < count; i++)
        {
            if (context[FirstSource + i].SequenceEqual(context[Target]))
            {
                SetSource(sources + i, record);
            }
        }
        return record;
    }
}
