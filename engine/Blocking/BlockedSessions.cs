// Sessions that wait in a blocking command: until when, for which keys, and what happens when one of the two comes.
//
//  - Fairness is redis's: the keys are served in the order in which they became ready, and of each key those who wait
//    for it in the order in which they came. That happens when the command that made a key ready has ended, or the
//    transaction, so that what a later command of it takes away is not there any more.
//  - Serving is a command of the session that waited: its effects follow those of the command that made it possible,
//    as a unit of their own, and may make further keys ready (BLMOVE), which come after those at hand.
//  - Everything is done on the thread that executes, and the answer is handed to the session at once: how it gets from
//    there to a client, whose commands are not being executed now, is the session's business (Session.WaitEnded).
//  - A session that goes is to be forgotten at once, so that nothing is taken out of a list for nobody.

using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Blocking;

/// <summary>All sessions that wait in a blocking command.</summary>
public sealed unsafe class BlockedSessions
{
    private readonly StorageEngine _engine;
    private readonly CommandContext _context;
    private readonly ReplyWriter _reply;
    private readonly ArgumentList _noArguments = new();
    private readonly SortedSet<(long DeadlineMs, long Serial, Session Session)> _deadlines =
        new(DeadlineOrder.Instance);
    private List<WantedKey> _served = [];
    private long _nextSerial;

    internal BlockedSessions(StorageEngine engine)
    {
        _engine = engine;
        _context = new CommandContext(engine);
        _reply = new ReplyWriter(1024) { ErrorWritten = engine.CountError };
    }

    public int Count { get; private set; }

    /// <summary>Those that have a deadline.</summary>
    public int TimedCount => _deadlines.Count;

    /// <summary>
    /// Unix time in milliseconds of the first deadline; <see cref="BlockedState.Never"/> without any.
    /// </summary>
    public long NextDeadlineMs { get; private set; } = BlockedState.Never;

    /// <summary>Answers the sessions whose deadline has passed.</summary>
    /// <param name="nowMs">Unix time in milliseconds.</param>
    public void EndOverdue(long nowMs)
    {
        while (NextDeadlineMs <= nowMs)
        {
            Session session = _deadlines.Min.Session;
            End(session, session.Blocked!.Operation);
        }
    }

    /// <summary>Ends a session's waiting before its time: CLIENT UNBLOCK.</summary>
    /// <param name="withError">It gets an error, not the reply that it would get at its deadline.</param>
    /// <returns>False if it does not wait.</returns>
    public bool TryEnd(Session session, bool withError)
    {
        if (session.Blocked is not BlockedState state)
        {
            return false;
        }
        if (withError)
        {
            EndWithError(session, state, ReplyError.Unblocked);
        }
        else
        {
            End(session, state.Operation);
        }
        return true;
    }

    /// <summary>The session is gone, or about to go: it waits no longer, and gets no answer.</summary>
    public void Forget(Session session)
    {
        if (session.Blocked is BlockedState state)
        {
            Release(session, state);
        }
    }

    /// <param name="firstKey">Index of the first argument that is a key to wait for.</param>
    internal void Block(
        CommandContext context, BlockedOperation operation, long deadlineMs, int firstKey = 0, int keyCount = 0)
    {
        Session session = context.Session;
        Invariant.Require(session.Blocked is null);
        List<KeyLink> links = new(keyCount);
        for (int i = firstKey; i < firstKey + keyCount; i++)
        {
            WantedKey key = context.Database.Want(context[i]);

            // Who named a key twice is the last in its queue already.
            if (key.Waiters.Last?.Value.Session != session)
            {
                KeyLink link = new(session, key);
                key.Waiters.AddLast(link.Place);
                links.Add(link);
            }
        }
        session.Blocked = new BlockedState(context.Command, operation, deadlineMs)
        {
            Keys = [.. links],
            Serial = _nextSerial++,
        };
        Count++;
        if (deadlineMs != BlockedState.Never)
        {
            _deadlines.Add((deadlineMs, session.Blocked.Serial, session));
            NextDeadlineMs = _deadlines.Min.DeadlineMs;
        }
    }

    /// <summary>Serves those whose keys the command that has just ended made ready.</summary>
    internal void ServeReady()
    {
        KeySpace keyspace = _engine.Keyspace;
        while (keyspace.ReadyKeys.Count > 0)
        {
            (_served, keyspace.ReadyKeys) = (keyspace.ReadyKeys, _served);
            foreach (WantedKey key in _served)
            {
                key.IsReady = false;
                Serve(key);
            }
            _served.Clear();
        }
    }

    private void Serve(WantedKey key)
    {
        _engine.Effects.Begin();
        Record record = key.Database.Find(key.Name, Lookup.Read | Lookup.NoStats);
        bool isStream = record.Exists && record.Type == Keyspace.ValueType.Stream;
        LinkedListNode<KeyLink>? next;
        for (LinkedListNode<KeyLink>? place = key.Waiters.First; place is not null && record.Exists; place = next)
        {
            next = place.Next;
            KeyLink link = place.Value;
            BlockedOperation operation = link.Session.Blocked!.Operation;
            if (operation.Type == record.Type)
            {
                Serve(link, record);
                _engine.Effects.Begin();
                record = key.Database.Find(key.Name, Lookup.Read | Lookup.NoStats);
            }
        }
        if (!isStream)
        {
            EndReaders(key);
        }
        _engine.Effects.End();
    }

    private void Serve(KeyLink link, Record record)
    {
        Session session = link.Session;
        BlockedState state = session.Blocked!;
        CommandContext context = _context;
        Answer(session);
        long errors = _reply.ErrorCount;
        context.Begin(session, _reply);
        context.SetArguments(null, _noArguments, 0, 0, 0);
        context.Command = state.Command;
        context.Dirty = 0;
        bool served;
        try
        {
            served = state.Operation.TryServe(context, link.Key.Name, record);
            _engine.Effects.Commit(context, link.Key.Database.Index);
        }
        catch (Exception e) when (e is not InvariantException)
        {
            _engine.Effects.Abandon();
            _reply.Clear();
            _reply.Error(ReplyError.Internal);
            LogMessages.CommandFailed(_engine.Logger, state.Command.FullName, e);
            served = true;
        }
        if (served)
        {
            if (_reply.ErrorCount != errors)
            {
                state.Command.Stats.FailedCalls++;
            }
            Release(session, state);
            Deliver(session);
        }
    }

    /// <summary>The key is no stream any more, if it ever was one.</summary>
    private void EndReaders(WantedKey key)
    {
        LinkedListNode<KeyLink>? next;
        for (LinkedListNode<KeyLink>? place = key.Waiters.First; place is not null; place = next)
        {
            next = place.Next;
            Session session = place.Value.Session;
            if (session.Blocked is { Operation.EndsWithKey: true } state)
            {
                EndWithError(session, state, ReplyError.StreamGone);
            }
        }
    }

    private void EndWithError(Session session, BlockedState state, ReadOnlySpan<byte> error)
    {
        Answer(session);
        _reply.Error(error);
        state.Command.Stats.FailedCalls++;
        Release(session, state);
        Deliver(session);
    }

    private void End(Session session, BlockedOperation operation)
    {
        Answer(session);
        operation.AnswerTimeout(_reply);
        Release(session, session.Blocked!);
        Deliver(session);
    }

    private void Answer(Session session)
    {
        _reply.Clear();
        _reply.Protocol = session.Protocol;
    }

    /// <summary>Hands a session its answer, unless CLIENT REPLY says that it wants none.</summary>
    private void Deliver(Session session)
    {
        if (session.ReplyMode != ReplyMode.On)
        {
            _reply.Clear();
            if (session.ReplyMode == ReplyMode.Skipping)
            {
                session.ReplyMode = ReplyMode.On;
            }
        }
        session.WaitEnded(_reply);
    }

    private void Release(Session session, BlockedState state)
    {
        foreach (KeyLink link in state.Keys)
        {
            link.Key.Waiters.Remove(link.Place);
            link.Key.Database.ForgetIfUnwanted(link.Key);
        }
        if (state.DeadlineMs != BlockedState.Never)
        {
            _deadlines.Remove((state.DeadlineMs, state.Serial, session));
            NextDeadlineMs = _deadlines.Count > 0 ? _deadlines.Min.DeadlineMs : BlockedState.Never;
        }
        session.Blocked = null;
        Count--;
    }

    private sealed class DeadlineOrder : IComparer<(long DeadlineMs, long Serial, Session Session)>
    {
        public static DeadlineOrder Instance { get; } = new();

        public int Compare(
            (long DeadlineMs, long Serial, Session Session) left,
            (long DeadlineMs, long Serial, Session Session) right)
        {
            int order = left.DeadlineMs.CompareTo(right.DeadlineMs);
            return order != 0 ? order : left.Serial.CompareTo(right.Serial);
        }
    }
}
