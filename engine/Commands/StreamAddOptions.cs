using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>The options of XADD and XTRIM (Redis 7.0 t_stream.c, streamParseAddOrTrimArgsOrReply).</summary>
internal struct StreamAddOptions
{
    /// <summary>Most entries that "~" removes at once where no LIMIT is given, in chunks.</summary>
    private const long DefaultLimitChunks = 100;
    private const long DefaultLimit = 10_000;
    private const long GreatestDefaultLimit = 1_000_000;

    private long _maxLength;
    private StreamId _minId;
    private long _limit;
    private bool _hasLimit;

    /// <summary>XADD: an ID is given, not "*".</summary>
    public bool HasId { get; private set; }

    /// <summary>XADD: the ID is given whole, not as "ms-*".</summary>
    public bool HasSeq { get; private set; }

    public StreamId Id { get; private set; }

    /// <summary>XADD: where the ID or "*" stands.</summary>
    public int IdIndex { get; private set; }

    /// <summary>NOMKSTREAM.</summary>
    public bool NoCreate { get; private set; }

    /// <summary>Where the value of MAXLEN or MINID stands; 0 when neither is given.</summary>
    public int TrimIndex { get; private set; }

    /// <summary>"~": only whole chunks are removed.</summary>
    public bool IsApproximate { get; private set; }

    public readonly bool Trims => TrimIndex > 0;

    /// <summary>MAXLEN, not MINID.</summary>
    public readonly bool ByLength => _maxLength >= 0;

    public readonly StreamTrim Trim => new(_maxLength, _minId, IsApproximate, _limit);

    /// <summary>Answers the error itself.</summary>
    /// <param name="isAdd">XADD, not XTRIM.</param>
    public static bool TryParse(CommandContext context, bool isAdd, out StreamAddOptions options)
    {
        options = new StreamAddOptions { IdIndex = context.Count, _maxLength = -1 };
        for (int i = 2; i < context.Count; i++)
        {
            int left = context.Count - 1 - i;
            if (isAdd && context.Is(i, "*"u8))
            {
                options.IdIndex = i;
                break;
            }
            if (left > 0 && (context.Is(i, "MAXLEN"u8) || context.Is(i, "MINID"u8)))
            {
                if (!options.TryTakeTrim(context, ref i))
                {
                    return false;
                }
            }
            else if (left > 0 && context.Is(i, "LIMIT"u8))
            {
                if (!options.TryTakeLimit(context, ++i))
                {
                    return false;
                }
            }
            else if (isAdd && context.Is(i, "NOMKSTREAM"u8))
            {
                options.NoCreate = true;
            }
            else if (isAdd)
            {
                options.HasId = true;
                options.IdIndex = i;
                if (!StreamIdArgument.TryReadToAdd(context, i, out StreamId id, out bool hasSeq))
                {
                    return false;
                }
                (options.Id, options.HasSeq) = (id, hasSeq);
                break;
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return options.TryFinish(context, isAdd);
    }

    private bool TryTakeTrim(CommandContext context, ref int index)
    {
        ReplyWriter reply = context.Reply;
        if (Trims)
        {
            reply.Error(ReplyError.TwoTrimStrategies);
            return false;
        }
        bool byLength = context.Is(index, "MAXLEN"u8);
        int value = index + 1;
        if (value + 1 < context.Count && (context.Is(value, "~"u8) || context.Is(value, "="u8)))
        {
            IsApproximate = context.Is(value, "~"u8);
            value++;
        }
        if (byLength)
        {
            if (!context.TryInt64(value, out _maxLength))
            {
                return false;
            }
            if (_maxLength < 0)
            {
                reply.Error(ReplyError.TrimLengthNegative);
                return false;
            }
        }
        else if (!StreamIdArgument.TryRead(context, value, out _minId))
        {
            return false;
        }
        TrimIndex = index = value;
        return true;
    }

    private bool TryTakeLimit(CommandContext context, int index)
    {
        if (!context.TryInt64(index, out _limit))
        {
            return false;
        }
        if (_limit < 0)
        {
            context.Reply.Error(ReplyError.TrimLimitNegative);
            return false;
        }
        _hasLimit = true;
        return true;
    }

    private bool TryFinish(CommandContext context, bool isAdd)
    {
        if (!Trims && _limit != 0)
        {
            context.Reply.Error(ReplyError.TrimLimitWithoutStrategy);
            return false;
        }
        if (!Trims && !isAdd)
        {
            context.Reply.Error(ReplyError.TrimWithoutStrategy);
            return false;
        }
        if (context.Session.SendsEffects)
        {
            // The value is what the trimming came to where it was limited.
            _limit = 0;
        }
        else if (_hasLimit && !IsApproximate)
        {
            context.Reply.Error(ReplyError.TrimLimitWhenExact);
            return false;
        }
        else if (!_hasLimit && IsApproximate)
        {
            long chunk = context.Options.StreamNodeMaxEntries;
            _limit = chunk <= 0 ? DefaultLimit
                : chunk > GreatestDefaultLimit / DefaultLimitChunks ? GreatestDefaultLimit
                : DefaultLimitChunks * chunk;
        }
        return true;
    }
}
