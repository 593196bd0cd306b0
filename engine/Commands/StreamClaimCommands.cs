using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>XCLAIM and XAUTOCLAIM: Redis 7.0 t_stream.c.</summary>
internal static unsafe class StreamClaimCommands
{
    private const string Group = "stream";
    private const long DefaultAutoClaimCount = 100;
    private const long MostAutoClaimCount = long.MaxValue / 16;

    /// <summary>Pending entries that XAUTOCLAIM looks at for each that it may take.</summary>
    private const long AttemptsPerEntry = 10;

    public static IEnumerable<Command> Table =>
    [
        new("xclaim", -6, CommandFlags.Write | CommandFlags.Fast, AclCategories.Stream, Claim,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Makes pending entries another consumer's.", "5.0.0", Group, "O(N log M), N IDs, M pending",
                "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] "
                + "[RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]"),
        },
        new("xautoclaim", -6, CommandFlags.Write | CommandFlags.Fast, AclCategories.Stream, AutoClaim,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Delete))
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Makes entries that have been pending for long another consumer's, some at a time.", "6.2.0",
                Group, "O(N), N entries looked at", "key group consumer min-idle-time start [COUNT count] [JUSTID]"),
        },
    ];

    private static void Claim(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!StreamKey.TryFindGroup(context, record, context.TextAt(2))
            || !context.TryInt64(4, out long minIdleMs, ReplyError.InvalidClaimMinIdle))
        {
            return;
        }
        int idCount = 0;
        while (5 + idCount < context.Count && StreamIdArgument.TryParse(context[5 + idCount], 0, out _))
        {
            idCount++;
        }
        if (!TryParseClaim(context, 5 + idCount, out ClaimOptions options))
        {
            return;
        }
        StreamClaim claim = new(context, record, options.JustId);
        bool mustTellLastId = options.LastId > claim.Group->LastId;
        if (mustTellLastId)
        {
            claim.Group->LastId = options.LastId;
        }
        long mark = context.Reply.BeginArray();
        long claimed = 0;
        for (int i = 5; i < 5 + idCount; i++)
        {
            claimed += TryClaim(context, ref claim, i, Math.Max(minIdleMs, 0), options) ? 1 : 0;
        }
        if (mustTellLastId && !context.Effects.HasGiven)
        {
            StreamEffects.Position(context.Effects, context[1], context[2], claim.Group);
            context.Dirty++;
        }
        context.Reply.EndArray(mark, claimed);
        StreamReadCommands.SuppressCommand(context);
    }

    /// <returns>True if the entry is the consumer's now, and was replied.</returns>
    private static bool TryClaim(
        CommandContext context, ref StreamClaim claim, int index, long minIdleMs, in ClaimOptions options)
    {
        StreamIdArgument.TryParse(context[index], 0, out StreamId id);
        PendingEntry* pending = claim.Group->Pending.Find(id);
        if (!claim.HasEntry(id))
        {
            if (pending != null)
            {
                claim.Forget(id, context[index]);
            }
            return false;
        }
        if (pending == null && !options.Force)
        {
            return false;
        }
        if (pending != null && minIdleMs > 0 && unchecked(context.NowMs - pending->DeliveryMs) < minIdleMs)
        {
            return false;
        }
        long count = pending != null ? pending->DeliveryCount : 1;
        if (options.RetryCount >= 0)
        {
            count = options.RetryCount;
        }
        else if (!options.JustId)
        {
            count++;
        }
        claim.Take(id, context[index], new PendingEntry { DeliveryMs = options.DeliveryMs, DeliveryCount = count });
        return true;
    }

    private static bool TryParseClaim(CommandContext context, int first, out ClaimOptions options)
    {
        options = new ClaimOptions { RetryCount = -1, DeliveryMs = -1 };
        for (int i = first; i < context.Count; i++)
        {
            bool isRead = true;
            bool hasValue = i + 1 < context.Count;
            if (context.Is(i, "FORCE"u8))
            {
                options.Force = true;
            }
            else if (context.Is(i, "JUSTID"u8))
            {
                options.JustId = true;
            }
            else if (hasValue && context.Is(i, "IDLE"u8))
            {
                isRead = context.TryInt64(++i, out long idleMs, ReplyError.InvalidClaimIdle);
                options.DeliveryMs = unchecked(context.NowMs - idleMs);
            }
            else if (hasValue && context.Is(i, "TIME"u8))
            {
                isRead = context.TryInt64(++i, out options.DeliveryMs, ReplyError.InvalidClaimTime);
            }
            else if (hasValue && context.Is(i, "RETRYCOUNT"u8))
            {
                isRead = context.TryInt64(++i, out options.RetryCount, ReplyError.InvalidClaimRetryCount);
            }
            else if (hasValue && context.Is(i, "LASTID"u8))
            {
                isRead = StreamIdArgument.TryRead(context, ++i, out options.LastId);
            }
            else
            {
                context.Reply.Error(ReplyError.UnrecognizedClaimOption(context[i]));
                isRead = false;
            }
            if (!isRead)
            {
                return false;
            }
        }

        // A time that cannot be is taken for now: clients' clocks differ from ours.
        if (options.DeliveryMs < 0 || options.DeliveryMs > context.NowMs)
        {
            options.DeliveryMs = context.NowMs;
        }
        return true;
    }

    private static void AutoClaim(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.TryInt64(4, out long minIdleMs, ReplyError.InvalidAutoClaimMinIdle)
            || !StreamIdArgument.TryReadStart(context, 5, out StreamId next)
            || !TryParseAutoClaim(context, out long count, out bool justId)
            || !StreamKey.TryFindGroup(context, record, context.TextAt(2)))
        {
            return;
        }
        StreamClaim claim = new(context, record, justId);
        ReplyWriter reply = context.Reply;
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        List<StreamId>? deleted = null;
        reply.Array(3);
        long mark = reply.BeginArray();
        long claimed = 0;
        bool isDone = false;
        for (long attempts = count * AttemptsPerEntry; attempts > 0 && count > 0; attempts--)
        {
            TreeCursor<StreamId, PendingEntry> at =
                TreeCursor<StreamId, PendingEntry>.AtOrBehind(claim.Group->Pending, next);
            isDone = !at.IsValid;
            if (isDone)
            {
                break;
            }
            StreamId id = at.Key;
            next = id.Next();
            PendingEntry pending = *at.Value;
            if (!claim.HasEntry(id))
            {
                claim.Forget(id, text[..id.Format(text)]);
                (deleted ??= []).Add(id);
                count--;
            }
            else if (minIdleMs <= 0 || unchecked(context.NowMs - pending.DeliveryMs) >= minIdleMs)
            {
                pending.DeliveryMs = context.NowMs;
                pending.DeliveryCount += justId ? 0 : 1;
                claim.Take(id, text[..id.Format(text)], pending);
                claimed++;
                count--;
            }

            // Nothing is behind the greatest ID.
            isDone = next == StreamId.Min;
            if (isDone)
            {
                break;
            }
        }
        reply.EndArray(mark, claimed);
        StreamId cursor = isDone ? StreamId.Min : NextPending(claim.Group, next);
        reply.InsertBulk(mark, text[..cursor.Format(text)]);
        reply.Array(deleted?.Count ?? 0);
        for (int i = 0; i < deleted?.Count; i++)
        {
            StreamReply.Id(reply, deleted[i]);
        }
        StreamReadCommands.SuppressCommand(context);
    }

    /// <summary>The first pending ID from a given one on; 0-0 if there is none.</summary>
    private static StreamId NextPending(StreamGroup* group, StreamId from)
    {
        TreeCursor<StreamId, PendingEntry> at = TreeCursor<StreamId, PendingEntry>.AtOrBehind(group->Pending, from);
        return at.IsValid ? at.Key : StreamId.Min;
    }

    private static bool TryParseAutoClaim(CommandContext context, out long count, out bool justId)
    {
        count = DefaultAutoClaimCount;
        justId = false;
        for (int i = 6; i < context.Count; i++)
        {
            if (i + 1 < context.Count && context.Is(i, "COUNT"u8))
            {
                if (!context.TryInt64(++i, out count, ReplyError.AutoClaimCountNotPositive))
                {
                    return false;
                }
                if (count is < 1 or > MostAutoClaimCount)
                {
                    context.Reply.Error(ReplyError.AutoClaimCountNotPositive);
                    return false;
                }
            }
            else if (context.Is(i, "JUSTID"u8))
            {
                justId = true;
            }
            else
            {
                context.Reply.Error(ReplyError.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>What XCLAIM is asked for.</summary>
    private struct ClaimOptions
    {
        public bool Force;
        public bool JustId;

        /// <summary>-1 if it is not given.</summary>
        public long RetryCount;

        /// <summary>Unix time in milliseconds.</summary>
        public long DeliveryMs;

        /// <summary>0-0 if it is not given.</summary>
        public StreamId LastId;
    }
}
