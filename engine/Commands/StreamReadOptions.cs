using Tidelog.Engine.Blocking;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>The options of XREAD and XREADGROUP.</summary>
internal struct StreamReadOptions
{
    /// <summary>Entries of each stream at most, 0 for all.</summary>
    public long Count { get; private set; }

    /// <summary>BLOCK was given.</summary>
    public bool Blocks { get; private set; }

    /// <summary>Until when it waits; see <see cref="BlockedState.DeadlineMs"/>.</summary>
    public long DeadlineMs { get; private set; }

    /// <summary>Where the group's name stands, with the consumer's behind it; 0 when none is given.</summary>
    public int GroupIndex { get; private set; }

    public bool NoAck { get; private set; }

    /// <summary>Where the keys begin; as many IDs follow them.</summary>
    public int FirstKey { get; private set; }

    public int StreamCount { get; private set; }

    public readonly bool HasGroup => GroupIndex > 0;

    /// <summary>Answers the error itself.</summary>
    /// <param name="isGroup">XREADGROUP, not XREAD.</param>
    public static bool TryParse(CommandContext context, bool isGroup, out StreamReadOptions options)
    {
        options = default;
        for (int i = 1; i < context.Count && options.FirstKey == 0; i++)
        {
            if (!options.TryTake(context, ref i, isGroup))
            {
                return false;
            }
        }
        if (options.FirstKey == 0)
        {
            context.Reply.Error(ReplyError.Syntax);
            return false;
        }
        if (isGroup && !options.HasGroup)
        {
            context.Reply.Error(ReplyError.GroupOptionMissing);
            return false;
        }
        return true;
    }

    private bool TryTake(CommandContext context, ref int index, bool isGroup)
    {
        int left = context.Count - 1 - index;
        if (left > 0 && context.Is(index, "BLOCK"u8))
        {
            bool isTime = context.TryTimeoutMilliseconds(++index, out long deadline);
            (Blocks, DeadlineMs) = (true, deadline);
            return isTime;
        }
        if (left > 0 && context.Is(index, "COUNT"u8))
        {
            bool isNumber = context.TryInt64(++index, out long count);
            Count = Math.Max(count, 0);
            return isNumber;
        }
        if (left > 0 && context.Is(index, "STREAMS"u8))
        {
            FirstKey = index + 1;
            StreamCount = left / 2;
            return left % 2 == 0 || Refuse(context, ReplyError.UnbalancedStreams);
        }
        if (left > 1 && context.Is(index, "GROUP"u8))
        {
            GroupIndex = index + 1;
            index += 2;
            return isGroup || Refuse(context, ReplyError.GroupOptionInRead);
        }
        if (context.Is(index, "NOACK"u8))
        {
            NoAck = true;
            return isGroup || Refuse(context, ReplyError.NoAckOptionInRead);
        }
        return Refuse(context, ReplyError.Syntax);
    }

    private static bool Refuse(CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Reply.Error(error);
        return false;
    }
}
