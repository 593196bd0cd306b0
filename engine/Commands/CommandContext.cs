using System.Runtime.CompilerServices;
using Tidelog.Engine.Blocking;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Log;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// What a handler gets: the command's arguments, the place for its reply, and the engine. One object serves all
/// commands of an event loop; nothing of it may be kept beyond the call.
/// </summary>
public sealed unsafe class CommandContext(StorageEngine engine)
{
    private byte* _base;
    private ArgumentList _arguments = new();
    private int _first;
    private readonly ReplyWriter _unmuted = new(64);

    public StorageEngine Engine { get; } = engine;

    public KeySpace Keyspace => Engine.Keyspace;

    public EngineOptions Options => Engine.Options;

    public Effects Effects => Engine.Effects;

    public Session Session { get; private set; } = null!;

    public Database Database => Session.Database;

    public ReplyWriter Reply { get; private set; } = null!;

    /// <summary>The row that is executed: the subcommand's for a container.</summary>
    public Command Command { get; internal set; } = null!;

    /// <summary>Unix time in milliseconds, the same during the whole command.</summary>
    public long NowMs => Engine.Keyspace.NowMs;

    /// <summary>
    /// How much the command changed, redis's way of counting: 1 for each key or element. A command that leaves it at 0
    /// has no effect.
    /// </summary>
    public long Dirty { get; set; }

    /// <summary>Number of arguments, the command's name included.</summary>
    public int Count { get; private set; }

    /// <summary>An argument; 0 is the command's name. The view is good until the handler returns.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Slice slice = _arguments[_first + index];
            return new ReadOnlySpan<byte>(_base + slice.Offset, slice.Length);
        }
    }

    /// <summary>
    /// Length of the request if it came as RESP, so that its bytes can stand in the log as they are; else 0.
    /// </summary>
    internal long RequestLength { get; private set; }

    internal byte* RequestStart => _base;

    /// <summary>It runs inside EXEC, where nothing may wait.</summary>
    public bool DeniesBlocking { get; internal set; }

    /// <summary>The command has seen to it itself which of its replies CLIENT REPLY lets through.</summary>
    internal bool HasMutedReplies { get; set; }

    /// <summary>An argument where it lies, which is not on the GC heap; good until the handler returns.</summary>
    internal Values.NativeText TextAt(int index)
    {
        Slice slice = _arguments[_first + index];
        return new Values.NativeText(_base + slice.Offset, slice.Length);
    }

    internal Slice SliceOf(int index) => _arguments[_first + index];

    /// <summary>True if an argument is a word, in any case.</summary>
    /// <param name="word">In upper case.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(int index, ReadOnlySpan<byte> word)
    {
        ReadOnlySpan<byte> argument = this[index];
        return argument.Length == word.Length && System.Text.Ascii.EqualsIgnoreCase(argument, word);
    }

    /// <summary>Reads an integer argument; answers the error itself when it is none.</summary>
    public bool TryInt64(int index, out long value) => TryInt64(index, out value, ReplyError.NotAnInteger);

    /// <inheritdoc cref="TryInt64(int, out long)"/>
    /// <param name="error">Answered in place of the usual error.</param>
    public bool TryInt64(int index, out long value, ReadOnlySpan<byte> error)
    {
        if (Numbers.TryParseInt64(this[index], out value))
        {
            return true;
        }
        Reply.Error(error);
        return false;
    }

    /// <summary>
    /// Reads how long a blocking command waits, in seconds and parts of them, 0 for ever; answers the error itself.
    /// </summary>
    /// <param name="deadlineMs">For <see cref="Block"/>.</param>
    public bool TryTimeoutSeconds(int index, out long deadlineMs)
    {
        deadlineMs = BlockedState.Never;
        if (!ExtendedFloat.TryParse(this[index], out ExtendedFloat seconds))
        {
            Reply.Error(ReplyError.TimeoutNotAFloat);
            return false;
        }

        // What is beyond the range of milliseconds has come out negative in redis.
        double milliseconds = Math.Ceiling(seconds.ToDouble() * 1000);
        return TryDeadline(milliseconds < long.MaxValue ? (long)milliseconds : -1, out deadlineMs);
    }

    /// <summary>The same in whole milliseconds: XREAD BLOCK.</summary>
    public bool TryTimeoutMilliseconds(int index, out long deadlineMs)
    {
        deadlineMs = BlockedState.Never;
        return TryInt64(index, out long timeoutMs, ReplyError.TimeoutNotAnInteger)
            && TryDeadline(timeoutMs, out deadlineMs);
    }

    /// <summary>
    /// Lets the session wait, with nothing replied yet. It is served when one of the keys holds a value of the
    /// operation's type, or gets the operation's reply to that when the deadline passes. In a transaction, where
    /// nothing may wait, that is replied at once.
    /// </summary>
    /// <param name="firstKey">Index of the first argument that is a key to wait for.</param>
    public void Block(int firstKey, int keyCount, long deadlineMs, BlockedOperation operation)
    {
        if (DeniesBlocking)
        {
            operation.AnswerTimeout(Reply);
            return;
        }
        Engine.Blocked.Block(this, operation, deadlineMs, firstKey, keyCount);
    }

    private bool TryDeadline(long timeoutMs, out long deadlineMs)
    {
        // A sum beyond the clock's range has wrapped around, which is a deadline long past: so it is in redis.
        deadlineMs = timeoutMs == 0 ? BlockedState.Never : unchecked(NowMs + timeoutMs);
        if (timeoutMs < 0)
        {
            Reply.Error(ReplyError.TimeoutNegative);
            return false;
        }
        return true;
    }

    /// <summary>Answers the type error if a record exists and is not a string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsStringOrMissing(Record record)
    {
        if (!record.Exists || record.Type == Tidelog.Engine.Keyspace.ValueType.String)
        {
            return true;
        }
        Reply.Error(ReplyError.WrongType);
        return false;
    }

    /// <summary>Answers the type error if a record exists and is of another type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsTypeOrMissing(Record record, Tidelog.Engine.Keyspace.ValueType type)
    {
        if (!record.Exists || record.Type == type)
        {
            return true;
        }
        Reply.Error(ReplyError.WrongType);
        return false;
    }

    /// <summary>
    /// Tells of an event of a key of the session's database; costs one branch while its class is off.
    /// </summary>
    /// <param name="kind">The event's class.</param>
    /// <param name="name">Such as "lpush".</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Notify(NotifyEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key) =>
        Engine.Notifier.Notify(kind, name, key, Database);

    /// <summary>Counts and tells of elements that were removed, and of their key if it went with the last.</summary>
    /// <param name="kind">The class of the event.</param>
    /// <param name="name">Such as "hdel".</param>
    public void NotifyRemoved(
        NotifyEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, long removed, bool isKeyGone)
    {
        if (removed == 0)
        {
            return;
        }
        Dirty += removed;
        Notify(kind, name, key);
        if (isKeyGone)
        {
            Notify(NotifyEvents.Generic, "del"u8, key);
        }
    }

    /// <summary>Deletes the key that an empty result was to be stored at, if it is there.</summary>
    /// <param name="existing">What is at the key.</param>
    public void DeleteTarget(ReadOnlySpan<byte> key, Record existing)
    {
        if (existing.Exists)
        {
            Database.Delete(existing);
            Notify(NotifyEvents.Generic, "del"u8, key);
            Dirty++;
        }
    }

    /// <summary>Where messages to the session itself go: they reach it even when it wants no replies.</summary>
    internal ReplyWriter Push
    {
        get
        {
            if (Session.ReplyMode is ReplyMode.On or ReplyMode.SkipNext)
            {
                return Reply;
            }
            _unmuted.Protocol = Session.Protocol;
            return _unmuted;
        }
    }

    /// <summary>Takes back the reply of a command whose session wants none, but not what was pushed to it.</summary>
    internal void MuteReply(long replyStart)
    {
        Reply.TruncateTo(replyStart);
        if (_unmuted.Length > 0)
        {
            Reply.Raw(_unmuted.Written);
            _unmuted.Clear();
        }
    }

    internal void Begin(Session session, ReplyWriter reply)
    {
        Session = session;
        Reply = reply;
    }

    /// <param name="start">What the arguments' offsets count from.</param>
    /// <param name="requestLength">
    /// Length of the request when it is RESP that begins at <paramref name="start"/>, else 0.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetArguments(byte* start, ArgumentList arguments, int first, int count, long requestLength)
    {
        _base = start;
        _arguments = arguments;
        _first = first;
        Count = count;
        RequestLength = requestLength;
    }
}
