// From a parsed batch to its replies and effects: look-up of the rows, the checks that every command passes, the
// handler, the effects, the counters.
//
// A batch is gone through three times: rows, hashes and a prefetch of the index buckets; a prefetch of the records that
// they lead to; then the commands, one after the other. Cache misses of a pipeline overlap instead of adding up.

using System.Runtime.CompilerServices;
using System.Text;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Why a batch ended where it did.</summary>
public enum BatchOutcome
{
    /// <summary>All its commands are done.</summary>
    Done,

    /// <summary>The next command must wait: clients are paused.</summary>
    Paused,

    /// <summary>
    /// The last command executed waits for something: its reply comes later, and the session's next commands after it.
    /// </summary>
    Blocked,

    /// <summary>The session ends when its replies are sent.</summary>
    Closing,

    /// <summary>The replies have grown beyond the limit given; the rest waits until they are sent.</summary>
    ReplyFull,
}

/// <summary>Executes commands, one at a time, for whoever holds a <see cref="Session"/>.</summary>
public sealed unsafe class Dispatcher
{
    private const int MaxEchoedArguments = 128;
    private const int MillisecondsBetweenHttpLogs = 60_000;
    private readonly StorageEngine _engine;
    private readonly CommandContext _context;
    private readonly TimeProvider _time;
    private Command? _running;
    private long _httpLoggedMs;
    private long _runningSince;

    internal Dispatcher(StorageEngine engine, TimeProvider time)
    {
        _engine = engine;
        _time = time;
        _context = new CommandContext(engine);
    }

    /// <summary>Executes the commands of a batch in order.</summary>
    /// <param name="replyLimit">Bytes of unsent replies at which the rest of the batch waits.</param>
    /// <param name="executed">How many commands are done with, refused ones included.</param>
    public BatchOutcome Execute(
        Session session, CommandBatch batch, ReplyWriter reply, long replyLimit, out int executed)
    {
        CommandContext context = _context;
        context.Begin(session, reply);
        reply.Protocol = session.Protocol;
        _engine.PubSub.Running = context;
        try
        {
            return ExecuteBatch(context, batch, replyLimit, out executed);
        }
        finally
        {
            _engine.PubSub.Running = null;
        }
    }

    private BatchOutcome ExecuteBatch(CommandContext context, CommandBatch batch, long replyLimit, out int executed)
    {
        Session session = context.Session;
        ReplyWriter reply = context.Reply;
        Prepare(session.Database, batch);
        BatchOutcome outcome = BatchOutcome.Done;
        int i = 0;
        while (i < batch.Count)
        {
            ref CommandBatch.Entry entry = ref batch[i];
            Command? command = entry.Command;
            context.SetArguments(
                entry.Start, batch.Arguments, entry.FirstArgument, entry.ArgumentCount,
                entry.IsResp ? entry.Length : 0);
            if (!ExecuteOne(context, command))
            {
                outcome = BatchOutcome.Paused;
                break;
            }
            i++;
            if (session.CloseAfterReply)
            {
                outcome = BatchOutcome.Closing;
                break;
            }
            if (session.Blocked is not null)
            {
                outcome = BatchOutcome.Blocked;
                break;
            }
            if (reply.Length > replyLimit)
            {
                outcome = BatchOutcome.ReplyFull;
                break;
            }
        }
        StopClock();
        executed = i;
        return outcome;
    }

    /// <summary>Executes one command for a session that has no connection: replay, tests.</summary>
    /// <param name="request">RESP or inline bytes of one command; decoded in place if inline.</param>
    public void Execute(Session session, Span<byte> request, ReplyWriter reply)
    {
        CommandBatch batch = new();
        RequestParser parser = new();
        fixed (byte* start = request)
        {
            ParseStatus status = parser.Parse(start, request.Length, batch.Arguments,
                new RequestLimits(_engine.Options.ProtoMaxBulkLength, false), out long length);
            Invariant.Require(status == ParseStatus.Command);
            batch.Add(start, 0, length, !parser.WasInline);
            _engine.BeginTurn();
            Execute(session, batch, reply, long.MaxValue, out _);
            _engine.EndTurn();
        }
    }

    private void Prepare(Database database, CommandBatch batch)
    {
        Command? last = null;
        ReadOnlySpan<byte> lastName = default;
        for (int i = 0; i < batch.Count; i++)
        {
            ref CommandBatch.Entry entry = ref batch[i];
            ReadOnlySpan<byte> name = Argument(batch, entry, 0);
            if (!name.SequenceEqual(lastName) || i == 0)
            {
                last = _engine.Commands.Find(name);
                lastName = name;
            }
            entry.Command = last;
            entry.HasKey = last is not null && last.FirstKey > 0 && last.FirstKey < entry.ArgumentCount
                && batch.Count > 1;
            if (entry.HasKey)
            {
                entry.KeyHash = KeyHash.Of(Argument(batch, entry, last!.FirstKey));
                database.Prefetch(entry.KeyHash);
            }
        }
        if (batch.Count > 1)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                if (batch[i].HasKey)
                {
                    database.PrefetchRecord(batch[i].KeyHash);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> Argument(CommandBatch batch, in CommandBatch.Entry entry, int index)
    {
        Slice slice = batch.Arguments[entry.FirstArgument + index];
        return new ReadOnlySpan<byte>(entry.Start + slice.Offset, slice.Length);
    }

    /// <returns>False if the command has to wait for the end of CLIENT PAUSE.</returns>
    private bool ExecuteOne(CommandContext context, Command? command)
    {
        Session session = context.Session;
        ReplyWriter reply = context.Reply;
        long replyStart = reply.Length;
        if (session.ReplyMode == ReplyMode.SkipNext)
        {
            session.ReplyMode = ReplyMode.Skipping;
        }
        if (command is not null && command.Subcommands.Length > 0 && context.Count > 1)
        {
            Command? subcommand = CommandTable.FindSubcommand(command, context[1]);
            if (subcommand is null)
            {
                RejectUnknownSubcommand(context, command);
                session.Transaction?.Abort();
                Mute(context, replyStart);
                return true;
            }
            command = subcommand;
        }
        if (command is null)
        {
            if (IsHttp(context))
            {
                EndHttp(context);
                return true;
            }
            RejectUnknown(context);
            session.Transaction?.Abort();
        }
        else if (session.Transaction is { IsOpen: true } transaction)
        {
            if (!ExecuteInTransaction(context, command, transaction))
            {
                return false;
            }
            Mute(context, replyStart);
            context.HasMutedReplies = false;
            return true;
        }
        else if (IsAllowed(context, command, command.Flags, (command.Flags & CommandFlags.DenyOom) != 0))
        {
            if (_engine.Pause.Holds(command.Flags, context.NowMs))
            {
                return false;
            }
            session.LastCommand = command;
            Run(context, command);
            if (_engine.Keyspace.ReadyKeys.Count > 0)
            {
                _engine.Blocked.ServeReady();
            }
        }
        Mute(context, replyStart);
        return true;
    }

    /// <summary>A command between MULTI and EXEC: most are queued.</summary>
    /// <returns>False if the command has to wait for the end of CLIENT PAUSE.</returns>
    private bool ExecuteInTransaction(CommandContext context, Command command, Transaction transaction)
    {
        bool isExec = command.InTransaction == TransactionRole.Executes;
        CommandFlags flags = isExec ? command.Flags | transaction.Flags : command.Flags;
        if (!IsAllowedInTransaction(context, command, flags))
        {
            transaction.Abort();
            return true;
        }
        if (_engine.Pause.Holds(flags, context.NowMs))
        {
            return false;
        }
        context.Session.LastCommand = command;
        if (command.InTransaction == TransactionRole.Queued)
        {
            context.Command = command;
            transaction.Add(context);
            context.Reply.Queued();
            return true;
        }
        Run(context, command);
        if (_engine.Keyspace.ReadyKeys.Count > 0)
        {
            _engine.Blocked.ServeReady();
        }
        return true;
    }

    /// <summary>Executes one of the commands of EXEC.</summary>
    internal void RunQueued(CommandContext context, Command command) => Run(context, command);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Run(CommandContext context, Command command)
    {
        context.Command = command;
        _engine.Effects.Begin();
        ReplyWriter reply = context.Reply;
        long replyStart = reply.Length;
        long errors = reply.ErrorCount;
        int database = context.Session.Database.Index;
        StartClock(command);
        context.Dirty = 0;
        try
        {
            command.Handler!(context);
            _engine.Effects.Commit(context, database);
        }
        catch (Exception e) when (e is not InvariantException)
        {
            // One command's fault must not take the others' server away. A broken invariant is another matter.
            _engine.Effects.Abandon();
            reply.TruncateTo(replyStart);
            reply.Error(e is OutOfMemoryException
                ? "OOM the system refused the memory for this command"u8
                : ReplyError.Internal);
            LogMessages.CommandFailed(_engine.Logger, command.FullName, e);
        }
        command.Stats.Calls++;
        _engine.Metrics.CommandsProcessed++;
        if (reply.ErrorCount != errors)
        {
            command.Stats.FailedCalls++;
        }
    }

    /// <summary>
    /// Time is read when the command changes, not for each: the time of a run of equal commands is theirs to the tick,
    /// and a pipeline of one command costs one reading.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StartClock(Command command)
    {
        if (command != _running)
        {
            StopClock();
            _running = command;
            _runningSince = _time.GetTimestamp();
        }
    }

    private void StopClock()
    {
        if (_running is not null)
        {
            long now = _time.GetTimestamp();
            _running.Stats.Ticks += now - _runningSince;
            _running = null;
            _engine.UpdateClock();
        }
    }

    /// <param name="flags">The command's, and for EXEC those of all that it would execute.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsAllowed(CommandContext context, Command command, CommandFlags flags, bool takesMemory)
    {
        if (!command.AcceptsArgumentCount(context.Count))
        {
            return Reject(context, command, ReplyError.WrongArity(command.FullName));
        }
        if ((command.Flags & CommandFlags.Protected) != 0
            && _engine.ProtectedCommandRefusal(context.Session, command) is string refusal)
        {
            return Reject(context, command, refusal);
        }
        if (!context.Session.Authenticated && _engine.PasswordRequired && (command.Flags & CommandFlags.NoAuth) == 0)
        {
            return Reject(context, command, ReplyError.NoAuth);
        }
        if (_engine.Options.MaxMemory > 0
            && !_engine.IsLoading
            && _engine.Evictor.MakeRoom() == EvictionOutcome.Failed
            && takesMemory)
        {
            return Reject(context, command, ReplyError.OutOfMemory);
        }
        if (_engine.DeniesWrites && ((flags & CommandFlags.Write) != 0 || command.Name == "ping"))
        {
            // PING too: who watches a server by it shall see that something is wrong.
            return Reject(context, command, ReplyError.SnapshotsFail);
        }
        if (context.Session.IsSubscribed && !command.RunsWhileSubscribed && context.Session.Protocol == 2)
        {
            return Reject(context, command, ReplyError.NotWhileSubscribed(command.FullName));
        }
        if (_engine.IsLoading && (flags & CommandFlags.Loading) == 0)
        {
            return Reject(context, command, ReplyError.Loading);
        }
        return true;
    }

    /// <param name="flags">The command's, and for EXEC those of all that it would execute.</param>
    private bool IsAllowedInTransaction(CommandContext context, Command command, CommandFlags flags)
    {
        // What is queued takes memory without limit, whatever it is for.
        bool ends = command.InTransaction is TransactionRole.Ends or TransactionRole.Executes;
        if (!IsAllowed(context, command, flags, takesMemory: !ends || (flags & CommandFlags.DenyOom) != 0))
        {
            return false;
        }
        if ((flags & CommandFlags.NoMulti) != 0)
        {
            return Reject(context, command, ReplyError.NotInTransaction);
        }
        return true;
    }

    private static bool Reject(CommandContext context, Command command, string error)
    {
        return Reject(context, command, Encoding.Latin1.GetBytes(error));
    }

    private static bool Reject(CommandContext context, Command command, ReadOnlySpan<byte> error)
    {
        command.Stats.RejectedCalls++;
        if (command.InTransaction == TransactionRole.Executes)
        {
            return RejectExec(context, error);
        }
        context.Reply.Error(error);
        return false;
    }

    /// <summary>A transaction ends with EXEC, executed or not; the error tells why it was not.</summary>
    private static bool RejectExec(CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Session.Transaction?.Discard();
        if (error.StartsWith("ERR "u8))
        {
            error = error[4..];
        }
        context.Reply.Error([.. "EXECABORT Transaction discarded because of: "u8, .. error]);
        return false;
    }

    /// <summary>
    /// The lines that every HTTP request with a body has in front of it. The body may hold commands: a browser that was
    /// lured here must not get that far.
    /// </summary>
    private static bool IsHttp(CommandContext context) => context.Is(0, "POST"u8) || context.Is(0, "HOST:"u8);

    /// <summary>Ends the session without a word; the log tells of it once a minute.</summary>
    private void EndHttp(CommandContext context)
    {
        context.Session.CloseAfterReply = true;
        if (Math.Abs(context.NowMs - _httpLoggedMs) > MillisecondsBetweenHttpLogs)
        {
            _httpLoggedMs = context.NowMs;
            LogMessages.HttpRefused(_engine.Logger);
        }
    }

    private static void RejectUnknown(CommandContext context)
    {
        StringBuilder arguments = new();
        for (int i = 1; i < context.Count && arguments.Length < MaxEchoedArguments; i++)
        {
            ReadOnlySpan<byte> argument = context[i];
            int shown = Math.Min(argument.Length, MaxEchoedArguments - arguments.Length);
            arguments.Append('\'').Append(Echo(argument[..shown])).Append("' ");
        }
        ReadOnlySpan<byte> name = context[0];
        context.Reply.Error(
            $"ERR unknown command '{Echo(name[..Math.Min(name.Length, 128)])}', with args beginning with: {arguments}");
    }

    private static void RejectUnknownSubcommand(CommandContext context, Command container)
    {
        ReadOnlySpan<byte> name = context[1];
        string echoed = Echo(name[..Math.Min(name.Length, 128)]);
        context.Reply.Error($"ERR unknown subcommand '{echoed}'. Try {container.Name.ToUpperInvariant()} HELP.");
    }

    /// <summary>A client's bytes as C would print them: up to the first zero.</summary>
    private static string Echo(ReadOnlySpan<byte> bytes)
    {
        int zero = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(zero < 0 ? bytes : bytes[..zero]);
    }

    /// <summary>Takes back a reply that the client does not want: CLIENT REPLY OFF and SKIP.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mute(CommandContext context, long replyStart)
    {
        if (context.Session.ReplyMode != ReplyMode.On)
        {
            MuteSlowly(context, replyStart);
        }
    }

    private static void MuteSlowly(CommandContext context, long replyStart)
    {
        if (!context.HasMutedReplies)
        {
            context.MuteReply(replyStart);
        }

        // Of a command that waits, the reply to be skipped is still to come.
        if (context.Session.ReplyMode == ReplyMode.Skipping && context.Session.Blocked is null)
        {
            context.Session.ReplyMode = ReplyMode.On;
        }
    }
}
