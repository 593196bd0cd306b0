// LCS: the longest common subsequence of two strings, by the classic table of the lengths for all pairs of prefixes,
// and a walk back through it. Which of several longest ones is found follows from the walk, so its choices are redis's.

using System.Runtime.InteropServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>LCS: Redis 7.0 t_string.c, lcsCommand.</summary>
internal static unsafe class LcsCommand
{
    public static IEnumerable<Command> Table =>
    [
        new("lcs", -3, CommandFlags.ReadOnly, AclCategories.String, Lcs,
            KeySpec.Keys(1, 1, KeyFlags.ReadOnly | KeyFlags.Access))
        {
            Docs = new("Finds the longest common subsequence of two strings.", "7.0.0", "string",
                "O(N*M), N and M the strings' lengths", "key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]"),
        },
    ];

    private static void Lcs(CommandContext context)
    {
        Record first = context.Database.Find(context[1], Lookup.Read);
        Record second = context.Database.Find(context[2], Lookup.Read);
        if ((first.Exists && first.Type != ValueType.String) || (second.Exists && second.Type != ValueType.String))
        {
            context.Reply.Error(ReplyError.LcsNotStrings);
            return;
        }
        if (!Options.TryParse(context, out Options options))
        {
            return;
        }
        ReadOnlySpan<byte> a = StringCommands.TextOf(first, stackalloc byte[Numbers.MaxInt64Length]);
        ReadOnlySpan<byte> b = StringCommands.TextOf(second, stackalloc byte[Numbers.MaxInt64Length]);
        ulong size = (ulong)(a.Length + 1L) * (ulong)(b.Length + 1L) * sizeof(uint);
        if (size > (ulong)context.Options.ProtoMaxBulkLength)
        {
            context.Reply.Error(ReplyError.LcsTooLong);
            return;
        }
        uint* table;
        try
        {
            table = (uint*)NativeMemory.Alloc((nuint)size);
        }
        catch (OutOfMemoryException)
        {
            context.Reply.Error(ReplyError.LcsOutOfMemory);
            return;
        }
        try
        {
            Fill(table, a, b);
            Reply(context.Reply, table, a, b, options);
        }
        finally
        {
            NativeMemory.Free(table);
        }
    }

    private static void Reply(
        ReplyWriter reply, uint* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, in Options options)
    {
        if (options.Indexes)
        {
            ReplyRanges(reply, table, a, b, options);
        }
        else if (options.Length)
        {
            reply.Integer(table[((nint)a.Length * (b.Length + 1)) + b.Length]);
        }
        else
        {
            ReplyText(reply, table, a, b);
        }
    }

    /// <summary>Computes row by row how long the longest common subsequence of each two prefixes is.</summary>
    /// <param name="table">a.Length + 1 rows of b.Length + 1 numbers.</param>
    private static void Fill(uint* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        new Span<uint>(table, b.Length + 1).Clear();
        uint* above = table;
        foreach (byte c in a)
        {
            uint* row = above + b.Length + 1;
            row[0] = 0;
            for (int j = 0; j < b.Length; j++)
            {
                row[j + 1] = c == b[j] ? above[j] + 1 : Math.Max(above[j + 1], row[j]);
            }
            above = row;
        }
    }

    private static void ReplyText(ReplyWriter reply, uint* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int i = a.Length;
        int j = b.Length;
        int left = (int)table[((nint)i * (b.Length + 1)) + j];
        byte[] text = new byte[left];
        while (left > 0)
        {
            if (a[i - 1] == b[j - 1])
            {
                text[--left] = a[i - 1];
                i--;
                j--;
            }
            else
            {
                StepBack(table, b.Length, ref i, ref j);
            }
        }
        reply.Bulk(text);
    }

    /// <summary>Answers the runs of matching bytes, last one first.</summary>
    private static void ReplyRanges(
        ReplyWriter reply, uint* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, in Options options)
    {
        reply.Map(2);
        reply.Bulk("matches"u8);
        long mark = reply.BeginArray();
        long count = 0;
        int i = a.Length;
        int j = b.Length;
        while (i > 0 && j > 0)
        {
            int length = 0;
            while (i > 0 && j > 0 && a[i - 1] == b[j - 1])
            {
                length++;
                i--;
                j--;
            }
            if (length == 0)
            {
                StepBack(table, b.Length, ref i, ref j);
            }
            else if (length >= options.MinMatchLength)
            {
                ReplyRange(reply, i, j, length, options.WithMatchLength);
                count++;
            }
        }
        reply.EndArray(mark, count);
        reply.Bulk("len"u8);
        reply.Integer(table[((nint)a.Length * (b.Length + 1)) + b.Length]);
    }

    private static void ReplyRange(ReplyWriter reply, int a, int b, int length, bool withLength)
    {
        reply.Array(withLength ? 3 : 2);
        reply.Array(2);
        reply.Integer(a);
        reply.Integer(a + length - 1);
        reply.Array(2);
        reply.Integer(b);
        reply.Integer(b + length - 1);
        if (withLength)
        {
            reply.Integer(length);
        }
    }

    /// <summary>Shortens the prefix whose last byte the subsequence can do without, if both the second one.</summary>
    private static void StepBack(uint* table, int secondLength, ref int i, ref int j)
    {
        uint* row = table + ((nint)i * (secondLength + 1));
        if (row[j - secondLength - 1] > row[j - 1])
        {
            i--;
        }
        else
        {
            j--;
        }
    }

    private struct Options
    {
        public bool Length;
        public bool Indexes;
        public bool WithMatchLength;
        public long MinMatchLength;

        public static bool TryParse(CommandContext context, out Options options)
        {
            options = default;
            for (int i = 3; i < context.Count; i++)
            {
                if (context.Is(i, "IDX"u8))
                {
                    options.Indexes = true;
                }
                else if (context.Is(i, "LEN"u8))
                {
                    options.Length = true;
                }
                else if (context.Is(i, "WITHMATCHLEN"u8))
                {
                    options.WithMatchLength = true;
                }
                else if (!context.Is(i, "MINMATCHLEN"u8) || i + 1 == context.Count)
                {
                    context.Reply.Error(ReplyError.Syntax);
                    return false;
                }
                else if (!context.TryInt64(++i, out options.MinMatchLength))
                {
                    return false;
                }
            }
            if (options.Length && options.Indexes)
            {
                context.Reply.Error(ReplyError.LcsLengthAndIndexes);
                return false;
            }
            return true;
        }
    }
}
