using Microsoft.Extensions.Logging;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Snapshot;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>RESTORE: a value from what DUMP gave, here or elsewhere (Redis 7.0 cluster.c, restoreCommand).</summary>
internal static class RestoreCommand
{
    private const CommandFlags Flags = CommandFlags.Write | CommandFlags.DenyOom;
    private const AclCategories Categories = AclCategories.Keyspace | AclCategories.Dangerous;
    private const string Complexity = "O(N), N the value's size; O(N*log(N)) for a sorted set that comes in no order";
    private const string Syntax =
        "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]";

    private static readonly KeySpec Key = KeySpec.Key(1, KeyFlags.Overwrite | KeyFlags.Update);

    public static IEnumerable<Command> Table =>
    [
        new("restore", -4, Flags, Categories, Restore, Key)
        {
            Docs = new("Creates a key from a serialized value.", "2.6.0", "generic", Complexity, Syntax),
        },
        new("restore-asking", -4, Flags | CommandFlags.Asking, Categories, Restore, Key)
        {
            Docs = new("Creates a key that moves from one node of a cluster to another.", "3.0.0", "server", Complexity,
                Syntax),
        },
    ];

    private static void Restore(CommandContext context)
    {
        if (!TryOptions(context, out Options options))
        {
            return;
        }
        ReadOnlySpan<byte> key = context[1];
        if (!options.Replace && context.Database.Find(key, Lookup.Write).Exists)
        {
            context.Reply.Error(ReplyError.BusyKey);
            return;
        }
        if (!context.TryInt64(2, out long expiry))
        {
            return;
        }
        if (expiry < 0)
        {
            context.Reply.Error(ReplyError.NegativeTtl);
            return;
        }
        if (!DumpPayload.TryOpen(
            context[3], context.Engine.SkipsChecksums, out ReadOnlySpan<byte> value))
        {
            context.Reply.Error(ReplyError.WrongPayload);
            return;
        }
        CountSanitizations(context, value);

        // A sum beyond the clock's range has wrapped around, which is a time long past: so it is in redis.
        bool expires = expiry != 0;
        bool isRelative = expires && !options.AbsoluteTtl;
        options.Expiry = !expires ? -1 : isRelative ? unchecked(context.NowMs + expiry) : expiry;
        options.IsOver = expires && options.Expiry <= context.NowMs;
        if (TryBuild(context, value, options))
        {
            if (isRelative && !options.IsOver)
            {
                GiveAbsolute(context, options.Expiry);
            }
            context.Reply.Ok();
        }
    }

    private static bool TryOptions(CommandContext context, out Options options)
    {
        options = new Options { IdleSeconds = -1, Frequency = -1 };
        for (int i = 4; i < context.Count; i++)
        {
            bool hasValue = i + 1 < context.Count;
            if (context.Is(i, "REPLACE"u8))
            {
                options.Replace = true;
            }
            else if (context.Is(i, "ABSTTL"u8))
            {
                options.AbsoluteTtl = true;
            }
            else if (context.Is(i, "IDLETIME"u8) && hasValue && options.Frequency < 0)
            {
                if (!TryWithin(context, ++i, long.MaxValue, ReplyError.NegativeIdleTime, out options.IdleSeconds))
                {
                    return false;
                }
            }
            else if (context.Is(i, "FREQ"u8) && hasValue && options.IdleSeconds < 0)
            {
                if (!TryWithin(context, ++i, 255, ReplyError.InvalidFrequency, out options.Frequency))
                {
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

    private static bool TryWithin(
        CommandContext context, int index, long most, ReadOnlySpan<byte> error, out long value)
    {
        if (!context.TryInt64(index, out value))
        {
            return false;
        }
        if (value < 0 || value > most)
        {
            context.Reply.Error(error);
            return false;
        }
        return true;
    }

    /// <returns>False if the payload is corrupt; then the error is replied, and nothing has changed.</returns>
    private static bool TryBuild(CommandContext context, ReadOnlySpan<byte> value, in Options options)
    {
        ValueBuilder builder = new(context.Database, context.Options);
        try
        {
            RdbReader.ReadPayload(value, ref builder);
            if (builder.IsEmpty)
            {
                context.Reply.Error(ReplyError.BadDataFormat);
                return false;
            }
            Put(context, ref builder, options);
            return true;
        }
        catch (CorruptDataException fault)
        {
            Log(context.Engine.Logger, value, fault);
            context.Reply.Error(ReplyError.BadDataFormat);
            return false;
        }
        finally
        {
            builder.Discard();
        }
    }

    private static void Log(ILogger logger, ReadOnlySpan<byte> value, CorruptDataException fault)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            string name = PayloadFault.NameOf(value, fault);
            LogMessages.PayloadRefused(logger, fault.Offset, name, fault.Expected, fault.Found);
        }
    }

    private static void Put(CommandContext context, ref ValueBuilder builder, in Options options)
    {
        ReadOnlySpan<byte> key = context[1];
        Database database = context.Database;
        Record old = options.Replace ? database.FindExpiredToo(key) : default;
        bool isReplaced = old.Exists;
        if (isReplaced && (options.IsOver || database.IsExpired(old)))
        {
            database.Delete(old);
            old = default;
        }
        if (options.IsOver)
        {
            if (isReplaced)
            {
                context.Effects.Give("DEL"u8, key);
                context.Notify(NotifyEvents.Generic, "del"u8, key);
                context.Dirty++;
            }
            return;
        }
        // A living one stays until there is memory for the new one; for who listens it was deleted before.
        Record record = builder.Store(key, old, options.Expiry);
        if (old.Exists)
        {
            context.Notify(NotifyEvents.New, "new"u8, key);
        }
        record.AccessInfo = context.Keyspace.LoadedAccessInfo(options.IdleSeconds, (int)options.Frequency);
        context.Notify(NotifyEvents.Generic, "restore"u8, key);
        context.Dirty++;
    }

    /// <summary>The effect says when the key expires, not how long it has.</summary>
    private static void GiveAbsolute(CommandContext context, long expiry)
    {
        Span<byte> text = stackalloc byte[Numbers.MaxInt64Length];
        expiry.TryFormat(text, out int length);
        context.Effects.Begin(context.Count + 1);
        for (int i = 0; i < context.Count; i++)
        {
            context.Effects.Add(i == 2 ? text[..length] : context[i]);
        }
        context.Effects.Add("ABSTTL"u8);
    }

    /// <summary>
    /// Every payload is checked deeply, for its elements are moved one by one to where they belong. Redis counts those
    /// that it checked so, piece by piece, and this counts those that it would have.
    /// </summary>
    private static void CountSanitizations(CommandContext context, ReadOnlySpan<byte> value)
    {
        if (context.Options.SanitizeDumpPayload != SanitizeDumpPayload.No)
        {
            context.Engine.Metrics.DumpPayloadSanitizations += DumpPayload.CountPackedParts(value);
        }
    }

    private ref struct Options
    {
        public bool Replace;
        public bool AbsoluteTtl;
        public long IdleSeconds;
        public long Frequency;

        /// <summary>Unix time in milliseconds, or -1 for none.</summary>
        public long Expiry;

        /// <summary>The key would have expired already.</summary>
        public bool IsOver;
    }
}
