using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Blocking;

/// <summary>The rest of a blocking command: what is left to do once it need not wait any more.</summary>
public abstract class BlockedOperation
{
    /// <summary>The type of value that it waits for; null when it waits for no key.</summary>
    public virtual Keyspace.ValueType? Type => null;

    /// <summary>
    /// It cannot go on when its key is deleted or becomes another type, and gets an error then: XREADGROUP. The others
    /// keep waiting.
    /// </summary>
    public virtual bool EndsWithKey => false;

    /// <summary>
    /// Serves the session from a key that holds a value of <see cref="Type"/> now. It runs as a command does: reply,
    /// <see cref="CommandContext.Dirty"/> and effects are those of the command that does not block. The effects must be
    /// given, for there are no arguments to take them from: <see cref="CommandContext.Count"/> is 0.
    /// </summary>
    /// <param name="context">Its session is the one that waited.</param>
    /// <param name="record">What is at the key.</param>
    /// <returns>False if there is nothing for this session yet: it keeps waiting, and nothing was replied.</returns>
    public virtual bool TryServe(CommandContext context, ReadOnlySpan<byte> key, Record record) => false;

    /// <summary>Writes the reply when the deadline passes, and of a command that may not wait.</summary>
    public virtual void AnswerTimeout(ReplyWriter reply) => reply.NullArray();
}
