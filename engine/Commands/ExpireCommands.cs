using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// When a key expires: Redis 7.0 expire.c. Every form has its effect as PEXPIREAT, or DEL when the time is past.
/// </summary>
internal static class ExpireCommands
{
    private const string Group = "generic";
    private const string Conditions = " [NX | XX | GT | LT]";
    private const CommandFlags FastRead = CommandFlags.ReadOnly | CommandFlags.Fast;
    private const CommandFlags FastWrite = CommandFlags.Write | CommandFlags.Fast;

    private static readonly KeySpec ChangedKey = KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Update);
    private static readonly KeySpec ReadKey = KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access);

    public static IEnumerable<Command> Table =>
    [
        new("expire", -3, FastWrite, AclCategories.Keyspace, Expire, ChangedKey)
        {
            Docs = new("Lets a key expire after some seconds.", "1.0.0", Group, "O(1)", "key seconds" + Conditions),
        },
        new("pexpire", -3, FastWrite, AclCategories.Keyspace, ExpireMilliseconds, ChangedKey)
        {
            Docs = new("Lets a key expire after some milliseconds.", "2.6.0", Group, "O(1)",
                "key milliseconds" + Conditions),
        },
        new("expireat", -3, FastWrite, AclCategories.Keyspace, ExpireAt, ChangedKey)
        {
            Docs = new("Lets a key expire at a time, in seconds.", "1.2.0", Group, "O(1)",
                "key unix-time-seconds" + Conditions),
        },
        new("pexpireat", -3, FastWrite, AclCategories.Keyspace, ExpireAtMilliseconds, ChangedKey)
        {
            Docs = new("Lets a key expire at a time, in milliseconds.", "2.6.0", Group, "O(1)",
                "key unix-time-milliseconds" + Conditions),
        },
        new("ttl", 2, FastRead, AclCategories.Keyspace, TimeToLive, ReadKey)
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Tells the seconds until a key expires.", "1.0.0", Group, "O(1)", "key"),
        },
        new("pttl", 2, FastRead, AclCategories.Keyspace, TimeToLiveMilliseconds, ReadKey)
        {
            Tips = ["nondeterministic_output"],
            Docs = new("Tells the milliseconds until a key expires.", "2.6.0", Group, "O(1)", "key"),
        },
        new("expiretime", 2, FastRead, AclCategories.Keyspace, ExpireTime, ReadKey)
        {
            Docs = new("Tells the Unix time in seconds at which a key expires.", "7.0.0", Group, "O(1)", "key"),
        },
        new("pexpiretime", 2, FastRead, AclCategories.Keyspace, ExpireTimeMilliseconds, ReadKey)
        {
            Docs = new("Tells the Unix time in milliseconds at which a key expires.", "7.0.0", Group, "O(1)", "key"),
        },
        new("persist", 2, FastWrite, AclCategories.Keyspace, Persist, ChangedKey)
        {
            Docs = new("Takes a key's expiry away.", "2.2.0", Group, "O(1)", "key"),
        },
    ];

    [Flags]
    private enum Condition
    {
        None = 0,
        OnlyIfNone = 1,
        OnlyIfSome = 2,
        OnlyIfLater = 4,
        OnlyIfEarlier = 8,
    }

    private static void Expire(CommandContext context) => SetExpiry(context, context.NowMs, 1000);

    private static void ExpireMilliseconds(CommandContext context) => SetExpiry(context, context.NowMs, 1);

    private static void ExpireAt(CommandContext context) => SetExpiry(context, 0, 1000);

    private static void ExpireAtMilliseconds(CommandContext context) => SetExpiry(context, 0, 1);

    /// <param name="baseMs">What the argument counts from.</param>
    /// <param name="unitMs">What it counts.</param>
    private static void SetExpiry(CommandContext context, long baseMs, int unitMs)
    {
        if (!TryConditions(context, out Condition conditions) || !context.TryInt64(2, out long time))
        {
            return;
        }

        // A negative time is good, and past; one that cannot be counted in milliseconds is not.
        if (time > long.MaxValue / unitMs || time < long.MinValue / unitMs || time * unitMs > long.MaxValue - baseMs)
        {
            context.Reply.Error(ReplyError.InvalidExpireTime(context.Command.FullName));
            return;
        }
        long expiry = (time * unitMs) + baseMs;
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!record.Exists || !Holds(conditions, record.Expiry, expiry))
        {
            context.Reply.Integer(0);
            return;
        }
        context.Dirty++;
        if (expiry <= context.NowMs)
        {
            context.Database.Delete(record);
            context.Effects.Give(context.Options.LazyFreeExpire ? "UNLINK"u8 : "DEL"u8, context[1]);
            context.Notify(NotifyEvents.Generic, "del"u8, context[1]);
        }
        else
        {
            context.Database.SetExpiry(record, expiry);
            if (baseMs != 0 || unitMs != 1)
            {
                GiveEffect(context, expiry);
            }
            context.Notify(NotifyEvents.Generic, "expire"u8, context[1]);
        }
        context.Reply.Integer(1);
    }

    /// <summary>PEXPIREAT with the conditions that were given: they hold again where the effect is replayed.</summary>
    private static unsafe void GiveEffect(CommandContext context, long expiry)
    {
        byte* digits = stackalloc byte[Numbers.MaxInt64Length];
        int length = Numbers.Format(expiry, digits);
        context.Effects.Begin(context.Count);
        context.Effects.Add("PEXPIREAT"u8);
        context.Effects.Add(context[1]);
        context.Effects.Add(new ReadOnlySpan<byte>(digits, length));
        for (int i = 3; i < context.Count; i++)
        {
            context.Effects.Add(context[i]);
        }
    }

    private static bool TryConditions(CommandContext context, out Condition conditions)
    {
        conditions = Condition.None;
        for (int i = 3; i < context.Count; i++)
        {
            Condition condition =
                context.Is(i, "NX"u8) ? Condition.OnlyIfNone
                : context.Is(i, "XX"u8) ? Condition.OnlyIfSome
                : context.Is(i, "GT"u8) ? Condition.OnlyIfLater
                : context.Is(i, "LT"u8) ? Condition.OnlyIfEarlier
                : Condition.None;
            if (condition == Condition.None)
            {
                context.Reply.Error(ReplyError.UnsupportedOption(context[i]));
                return false;
            }
            conditions |= condition;
        }
        if ((conditions & Condition.OnlyIfNone) != 0 && conditions != Condition.OnlyIfNone)
        {
            context.Reply.Error(ReplyError.ExpireNxWithOthers);
            return false;
        }
        const Condition Both = Condition.OnlyIfLater | Condition.OnlyIfEarlier;
        if ((conditions & Both) == Both)
        {
            context.Reply.Error(ReplyError.ExpireGtWithLt);
            return false;
        }
        return true;
    }

    /// <param name="current">The key's expiry, -1 for never: later than any.</param>
    private static bool Holds(Condition conditions, long current, long expiry)
    {
        bool never = current < 0;
        return conditions == Condition.None
            || (((conditions & Condition.OnlyIfNone) == 0 || never)
                && ((conditions & Condition.OnlyIfSome) == 0 || !never)
                && ((conditions & Condition.OnlyIfLater) == 0 || (!never && expiry > current))
                && ((conditions & Condition.OnlyIfEarlier) == 0 || never || expiry < current));
    }

    private static void TimeToLive(CommandContext context) => TellExpiry(context, context.NowMs, seconds: true);

    private static void TimeToLiveMilliseconds(CommandContext context) =>
        TellExpiry(context, context.NowMs, seconds: false);

    private static void ExpireTime(CommandContext context) => TellExpiry(context, 0, seconds: true);

    private static void ExpireTimeMilliseconds(CommandContext context) => TellExpiry(context, 0, seconds: false);

    private static void TellExpiry(CommandContext context, long baseMs, bool seconds)
    {
        Record record = context.Database.Find(context[1], Lookup.Read | Lookup.NoTouch);
        if (!record.Exists)
        {
            context.Reply.Integer(-2);
            return;
        }
        long expiry = record.Expiry;
        if (expiry < 0)
        {
            context.Reply.Integer(-1);
            return;
        }
        long left = Math.Max(0, expiry - baseMs);
        context.Reply.Integer(seconds ? (left + 500) / 1000 : left);
    }

    private static void Persist(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write);
        if (!record.Exists || !record.HasExpiry)
        {
            context.Reply.Integer(0);
            return;
        }
        context.Database.SetExpiry(record, -1);
        context.Dirty++;
        context.Notify(NotifyEvents.Generic, "persist"u8, context[1]);
        context.Reply.Integer(1);
    }
}
