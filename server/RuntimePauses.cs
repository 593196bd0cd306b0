using System.Diagnostics.Tracing;

namespace Tidelog.Server;

/// <summary>
/// The times at which the runtime held up every thread of ours, nearly always to collect garbage: from its own events,
/// beginning when it starts to stop the threads and ending when they go on. They arrive up to a tenth of a second late.
/// </summary>
internal sealed class RuntimePauses : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords GarbageCollection = (EventKeywords)1;
    private const int SuspendBegins = 9;
    private const int RestartEnds = 3;
    private const int MostKept = 1024;

    private readonly Lock _lock = new();
    private readonly Pause[] _pauses = new Pause[MostKept];
    private DateTime? _began;

    public long Count { get; private set; }

    public TimeSpan Total { get; private set; }

    public TimeSpan Longest { get; private set; }

    /// <summary>How much of a time the threads were held up, as far as the last pauses are remembered.</summary>
    public TimeSpan Within(DateTime begin, DateTime end)
    {
        TimeSpan sum = default;
        lock (_lock)
        {
            foreach (Pause pause in _pauses)
            {
                DateTime from = pause.Begin > begin ? pause.Begin : begin;
                DateTime to = pause.End < end ? pause.End : end;
                sum += to > from ? to - from : default;
            }
        }
        return sum;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
        {
            EnableEvents(eventSource, EventLevel.Informational, GarbageCollection);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        lock (_lock)
        {
            if (eventData.EventId == SuspendBegins)
            {
                _began ??= eventData.TimeStamp;
            }
            else if (eventData.EventId == RestartEnds && _began is DateTime began)
            {
                _began = null;
                TimeSpan length = eventData.TimeStamp - began;
                _pauses[Count++ % MostKept] = new(began, eventData.TimeStamp);
                Total += length;
                Longest = length > Longest ? length : Longest;
            }
        }
    }

    private readonly record struct Pause(DateTime Begin, DateTime End);
}
