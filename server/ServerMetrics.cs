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

    public void Reset()
    {
        ConnectionsReceived = ConnectionsRejected = NetInputBytes = NetOutputBytes = ReadsProcessed = WritesProcessed = 0;
        QueryBufferLimitDisconnections = OutputBufferLimitDisconnections = EventLoopTurns = EventLoopMicroseconds = 0;
    }
}
