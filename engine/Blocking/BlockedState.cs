using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Blocking;

/// <summary>What a session waits for after a blocking command. Its further commands wait with it.</summary>
/// <param name="command">The command's row.</param>
/// <param name="deadlineMs">Unix time in milliseconds, or <see cref="Never"/>.</param>
public sealed class BlockedState(Command command, BlockedOperation operation, long deadlineMs)
{
    public const long Never = long.MaxValue;

    public Command Command { get; } = command;

    public BlockedOperation Operation { get; } = operation;

    public long DeadlineMs { get; } = deadlineMs;

    /// <summary>Its places in the queues of the keys that it waits for; empty when it waits for no key.</summary>
    internal KeyLink[] Keys { get; init; } = [];

    /// <summary>Tells apart those with the same deadline.</summary>
    internal long Serial { get; init; }
}
