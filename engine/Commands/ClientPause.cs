namespace Tidelog.Engine.Commands;

/// <summary>CLIENT PAUSE: until when commands are held back, and which.</summary>
public sealed class ClientPause
{
    /// <summary>Unix time in milliseconds; 0 when nothing is paused.</summary>
    public long UntilMs { get; private set; }

    /// <summary>Only commands that may change the dataset wait.</summary>
    public bool WritesOnly { get; private set; }

    /// <summary>Pauses until a time; a pause that is running is only made longer, and stricter.</summary>
    public void Begin(long untilMs, bool writesOnly, long nowMs)
    {
        bool running = UntilMs > nowMs;
        WritesOnly = writesOnly && (!running || WritesOnly);
        UntilMs = running ? Math.Max(UntilMs, untilMs) : untilMs;
    }

    public void End() => UntilMs = 0;

    public bool IsActive(long nowMs) => UntilMs > nowMs;

    /// <param name="flags">Of the command, and for EXEC of all that it executes.</param>
    internal bool Holds(CommandFlags flags, long nowMs)
    {
        if (UntilMs == 0)
        {
            return false;
        }
        if (UntilMs <= nowMs)
        {
            UntilMs = 0;
            return false;
        }
        return !WritesOnly || (flags & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0;
    }
}
