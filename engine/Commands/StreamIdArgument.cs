using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// IDs of streams among a command's arguments (Redis 7.0 t_stream.c, streamGenericParseIDOrReply). All but
/// <see cref="TryParse"/> answer the error themselves.
/// </summary>
internal static class StreamIdArgument
{
    private const int MaxLength = 127;

    /// <summary>Reads "ms-seq", or "ms" alone.</summary>
    public static bool TryRead(CommandContext context, int index, out StreamId id)
    {
        if (TryParse(context[index], 0, out id))
        {
            return true;
        }
        context.Reply.Error(ReplyError.InvalidStreamId);
        return false;
    }

    /// <summary>Reads "ms-seq", "ms", or "ms-*", which leaves the second number to be found.</summary>
    public static bool TryReadToAdd(CommandContext context, int index, out StreamId id, out bool hasSeq)
    {
        ReadOnlySpan<byte> text = UpToZero(context[index]);
        hasSeq = true;
        int dash = text.IndexOf((byte)'-');
        if (dash > 0 && text[(dash + 1)..].SequenceEqual("*"u8) && context[index].Length <= MaxLength
            && TryNumber(text[..dash], out ulong ms))
        {
            id = new StreamId(ms, 0);
            hasSeq = false;
            return true;
        }
        return TryRead(context, index, out id);
    }

    /// <summary>Reads an ID, "-" for the smallest, or "+" for the greatest.</summary>
    public static bool TryReadOrEdge(CommandContext context, int index, ulong missingSeq, out StreamId id)
    {
        ReadOnlySpan<byte> text = UpToZero(context[index]);
        if (text.SequenceEqual("-"u8) || text.SequenceEqual("+"u8))
        {
            id = text[0] == '-' ? StreamId.Min : StreamId.Max;
            return true;
        }
        if (TryParse(context[index], missingSeq, out id))
        {
            return true;
        }
        context.Reply.Error(ReplyError.InvalidStreamId);
        return false;
    }

    /// <summary>Reads where a range begins; "(" in front leaves the ID itself out.</summary>
    public static bool TryReadStart(CommandContext context, int index, out StreamId id)
    {
        if (!IsExclusive(context[index]))
        {
            return TryReadOrEdge(context, index, 0, out id);
        }
        if (!TryReadExclusive(context, index, 0, out id))
        {
            return false;
        }
        if (id == StreamId.Max)
        {
            context.Reply.Error(ReplyError.InvalidIntervalStart);
            return false;
        }
        id = id.Next();
        return true;
    }

    /// <summary>Reads where a range ends; "(" in front leaves the ID itself out.</summary>
    public static bool TryReadEnd(CommandContext context, int index, out StreamId id)
    {
        if (!IsExclusive(context[index]))
        {
            return TryReadOrEdge(context, index, ulong.MaxValue, out id);
        }
        if (!TryReadExclusive(context, index, ulong.MaxValue, out id))
        {
            return false;
        }
        if (id == StreamId.Min)
        {
            context.Reply.Error(ReplyError.InvalidIntervalEnd);
            return false;
        }
        id = id.Previous();
        return true;
    }

    /// <summary>Reads several IDs.</summary>
    /// <param name="ids">As many as there are to read.</param>
    public static bool TryReadAll(CommandContext context, int first, Span<StreamId> ids)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (!TryRead(context, first + i, out ids[i]))
            {
                return false;
            }
        }
        return true;
    }

    /// <param name="missingSeq">The second number where only the first is given.</param>
    public static bool TryParse(ReadOnlySpan<byte> argument, ulong missingSeq, out StreamId id)
    {
        id = default;
        if (argument.Length > MaxLength)
        {
            return false;
        }
        ReadOnlySpan<byte> text = UpToZero(argument);
        int dash = text.IndexOf((byte)'-');
        ulong seq = missingSeq;
        if (!TryNumber(dash < 0 ? text : text[..dash], out ulong ms)
            || (dash >= 0 && !TryNumber(text[(dash + 1)..], out seq)))
        {
            return false;
        }
        id = new StreamId(ms, seq);
        return true;
    }

    private static bool IsExclusive(ReadOnlySpan<byte> argument) => argument.Length > 1 && argument[0] == '(';

    private static bool TryReadExclusive(CommandContext context, int index, ulong missingSeq, out StreamId id)
    {
        if (TryParse(context[index][1..], missingSeq, out id))
        {
            return true;
        }
        context.Reply.Error(ReplyError.InvalidStreamId);
        return false;
    }

    /// <summary>
    /// Reads a number as C's strtoull does, which redis asks for whatever is no integer in its canonical form: blanks
    /// and a sign in front, leading zeros; a minus counts down from zero.
    /// </summary>
    private static bool TryNumber(ReadOnlySpan<byte> text, out ulong number)
    {
        if (Numbers.TryParseInt64(text, out long canonical))
        {
            number = (ulong)canonical;
            return canonical >= 0;
        }
        number = 0;
        int at = 0;
        while (at < text.Length && text[at] is (byte)' ' or (>= 9 and <= 13))
        {
            at++;
        }
        bool isNegative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+')
        {
            at++;
        }
        if (at == text.Length)
        {
            return false;
        }
        for (; at < text.Length; at++)
        {
            uint digit = (uint)(text[at] - '0');
            if (digit > 9 || number > ulong.MaxValue / 10 || number * 10 > ulong.MaxValue - digit)
            {
                return false;
            }
            number = (number * 10) + digit;
        }
        if (isNegative)
        {
            number = 0 - number;
        }
        return true;
    }

    private static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> text)
    {
        int zero = text.IndexOf((byte)0);
        return zero < 0 ? text : text[..zero];
    }
}
