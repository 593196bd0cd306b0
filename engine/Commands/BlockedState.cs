using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>What a session waits for after a blocking command. Its further commands wait with it.</summary>
/// <param name="DeadlineMs">Unix time in milliseconds, or <see cref="Never"/>.</param>
/// <param name="AnswerTimeout">Writes the reply when the deadline passes.</param>
public sealed record BlockedState(long DeadlineMs, Action<ReplyWriter> AnswerTimeout)
{
    public const long Never = long.MaxValue;
}
