// MULTI, EXEC and their kin: Redis 7.0 multi.c. The Dispatcher puts a command between MULTI and EXEC into the session's
// Transaction in place of executing it; EXEC executes them one after the other, as one unit of effects.

using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Transactions.</summary>
internal static class TransactionCommands
{
    private const string Group = "transactions";
    private const CommandFlags Common = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;
    private const CommandFlags Always = Common | CommandFlags.Fast | CommandFlags.AllowBusy;

    public static IEnumerable<Command> Table =>
    [
        new("multi", 1, Always, AclCategories.Transaction, Multi)
        {
            InTransaction = TransactionRole.RunsAtOnce,
            Docs = new("Begins a transaction: the commands that follow are queued.", "1.2.0", Group, "O(1)", ""),
        },
        new("exec", 1, Common | CommandFlags.SkipSlowlog, AclCategories.Transaction, Exec)
        {
            InTransaction = TransactionRole.Executes,
            Docs = new("Executes the queued commands of a transaction.", "1.2.0", Group,
                "Depends on commands in the transaction", ""),
        },
        new("discard", 1, Always, AclCategories.Transaction, Discard)
        {
            InTransaction = TransactionRole.Ends,
            Docs = new("Forgets the queued commands of a transaction.", "2.0.0", Group,
                "O(N), when N is the number of queued commands", ""),
        },
        new("watch", -2, Always, AclCategories.Transaction, Watch, KeySpec.Keys(1, -1, KeyFlags.ReadOnly))
        {
            InTransaction = TransactionRole.RunsAtOnce,
            Docs = new("Lets the next EXEC do nothing if one of these keys is changed before it.", "2.2.0", Group,
                "O(1) for every key.", "key [key ...]"),
        },
        new("unwatch", 1, Always, AclCategories.Transaction, Unwatch)
        {
            Docs = new("Forgets which keys are watched.", "2.2.0", Group, "O(1)", ""),
        },
    ];

    private static void Multi(CommandContext context)
    {
        Transaction transaction = context.Session.Transaction ??= new Transaction(context.Session);
        if (transaction.IsOpen)
        {
            context.Reply.Error(ReplyError.NestedMulti);
            return;
        }
        transaction.IsOpen = true;
        context.Reply.Ok();
    }

    private static void Exec(CommandContext context)
    {
        if (context.Session.Transaction is not { IsOpen: true } transaction)
        {
            context.Reply.Error(ReplyError.ExecWithoutMulti);
            return;
        }
        if (transaction.IsAborted)
        {
            context.Reply.Error(ReplyError.ExecAborted);
        }
        else if (transaction.IsTouched || transaction.HasExpiredKey())
        {
            context.Reply.NullArray();
        }
        else
        {
            transaction.Unwatch();
            Run(context, transaction.Queue);
        }
        transaction.Discard();
    }

    private static void Run(CommandContext context, QueuedCommands queue)
    {
        Session session = context.Session;
        Command exec = context.Command;

        // CLIENT REPLY inside a transaction takes effect there and then.
        context.HasMutedReplies = true;
        if (session.ReplyMode is ReplyMode.On or ReplyMode.SkipNext)
        {
            context.Reply.Array(queue.Count);
        }
        context.DeniesBlocking = true;
        context.Effects.BeginTransaction();
        for (int i = 0; i < queue.Count; i++)
        {
            long replyStart = context.Reply.Length;
            context.Engine.Dispatcher.RunQueued(context, queue.Load(i, context));
            if (session.ReplyMode is ReplyMode.Off or ReplyMode.Skipping)
            {
                context.MuteReply(replyStart);
            }
        }
        context.Effects.EndTransaction();
        context.DeniesBlocking = false;
        context.Command = exec;
        context.Dirty = 0;
    }

    private static void Discard(CommandContext context)
    {
        if (context.Session.Transaction is not { IsOpen: true } transaction)
        {
            context.Reply.Error(ReplyError.DiscardWithoutMulti);
            return;
        }
        transaction.Discard();
        context.Reply.Ok();
    }

    private static void Watch(CommandContext context)
    {
        Transaction transaction = context.Session.Transaction ??= new Transaction(context.Session);
        if (transaction.IsOpen)
        {
            context.Reply.Error(ReplyError.WatchInsideMulti);
            return;
        }
        if (!transaction.IsTouched)
        {
            for (int i = 1; i < context.Count; i++)
            {
                transaction.Watch(context.Database, context[i]);
            }
        }
        context.Reply.Ok();
    }

    private static void Unwatch(CommandContext context)
    {
        if (context.Session.Transaction is Transaction transaction)
        {
            transaction.Unwatch();
            transaction.IsTouched = false;
        }
        context.Reply.Ok();
    }
}
