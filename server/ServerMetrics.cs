namespace Tidelog.Server;

/// <summary>Counters of the process beside the engine's; INFO prints them.</summary>
internal sealed class ServerMetrics
{
    public long ConnectionsReceived;
    public long ConnectionsRejected;
    public long NetInputBytes;
    public long NetOutputBytes;
    public long ReadsProcessed;
    public long WritesProcessed;
    public long QueryBufferLimitDisconnections;
    public long OutputBufferLimitDisconnections;

    /// <summary>Turns of the event loop that had something to do.</summary>
    public long EventLoopTurns;

    /// <summary>Microseconds spent in those turns.</summary>
    public long EventLoopMicroseconds;

    /// <summary>Microseconds spent on active expiry.</summary>
    public long ExpireCycleMicroseconds;

    public RateMeter CommandRate { get; } = new();

    public RateMeter InputRate { get; } = new();

    public RateMeter OutputRate { get; } = new();

    /// <summary>Takes the next sample of the rates; calls that come too early are ignored.</summary>
    public void SampleRates(long commands, long nowMs)
    {
        if (nowMs - _lastSampleMs < RateMeter.PeriodMs)
        {
            return;
        }
        _lastSampleMs = nowMs;
        CommandRate.Sample(commands, nowMs);
        InputRate.Sample(NetInputBytes, nowMs);
        OutputRate.Sample(NetOutputBytes, nowMs);
    }

    public void Reset(long nowMs)
    {
        ConnectionsReceived = ConnectionsRejected = NetInputBytes = NetOutputBytes = 0;
        ReadsProcessed = WritesProcessed = 0;
        QueryBufferLimitDisconnections = OutputBufferLimitDisconnections = EventLoopTurns = EventLoopMicroseconds = 0;
        ExpireCycleMicroseconds = 0;
        CommandRate.Reset(nowMs);
        InputRate.Reset(nowMs);
        OutputRate.Reset(nowMs);
    }

    private long _lastSampleMs;
}
