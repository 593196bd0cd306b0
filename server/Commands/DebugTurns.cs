using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Server.Commands;

/// <summary>DEBUG TURNS and DEBUG GC-PAUSES: what the event loop, and with it every client, waited for.</summary>
internal static class DebugTurns
{
    public static void Turns(CommandContext context)
    {
        TurnTrace trace = TidelogServer.Of(context).TurnTrace;
        if (context.Is(2, "ON"u8) && context.Count == 4)
        {
            if (!context.TryInt64(3, out long microseconds))
            {
                return;
            }
            trace.Start(TimeSpan.FromMicroseconds(Math.Clamp(microseconds, 0, int.MaxValue)));
            context.Reply.Ok();
        }
        else if (context.Is(2, "OFF"u8) && context.Count == 3)
        {
            trace.Stop();
            context.Reply.Ok();
        }
        else if (context.Is(2, "REPORT"u8) && context.Count == 3)
        {
            Report(trace, context.Reply);
        }
        else
        {
            context.Reply.Error(ReplyError.Syntax);
        }
    }

    public static void GcPauses(CommandContext context)
    {
        TurnTrace trace = TidelogServer.Of(context).TurnTrace;
        if (context.Count == 2)
        {
            Report(trace.Pauses, context.Reply);
        }
        else if (context.Is(2, "START"u8))
        {
            trace.WatchPauses();
            context.Reply.Ok();
        }
        else if (context.Is(2, "STOP"u8))
        {
            trace.StopPauses();
            context.Reply.Ok();
        }
        else
        {
            context.Reply.Error(ReplyError.Syntax);
        }
    }

    private static void Report(TurnTrace trace, ReplyWriter reply)
    {
        TurnTrace.Turn[] turns = [.. trace.Kept];
        reply.Array(turns.Length);
        foreach (TurnTrace.Turn turn in turns)
        {
            reply.Map(12);
            reply.Bulk("kind"u8);
            reply.Bulk(turn.IsCron ? "cron"u8 : "turn"u8);
            Add("at-ms"u8, new DateTimeOffset(turn.Begin).ToUnixTimeMilliseconds());
            AddTime("wall-us"u8, turn.Wall);
            reply.Bulk("cpu-us"u8);
            if (turn.CpuMicroseconds >= 0)
            {
                reply.Integer(turn.CpuMicroseconds);
            }
            else
            {
                reply.Null();
            }
            AddTime("gc-us"u8, trace.Pauses?.Within(turn.Begin, turn.Begin + turn.Wall) ?? default);
            AddTime("compile-us"u8, turn.Compile);
            AddTime("index-us"u8, turn.Index);
            AddTime("pages-us"u8, turn.Pages);
            AddTime("cleaner-us"u8, turn.Cleaner);
            Add("preempted"u8, turn.Preempted);
            Add("page-faults"u8, turn.PageFaults);
            Add("commands"u8, turn.Commands);
        }

        void Add(ReadOnlySpan<byte> name, long value)
        {
            reply.Bulk(name);
            reply.Integer(value);
        }

        void AddTime(ReadOnlySpan<byte> name, TimeSpan value) => Add(name, (long)value.TotalMicroseconds);
    }

    private static void Report(RuntimePauses? pauses, ReplyWriter reply)
    {
        if (pauses is null)
        {
            reply.Error("ERR Nobody watches the runtime's pauses. Begin by DEBUG GC-PAUSES START."u8);
            return;
        }
        reply.Map(3);
        reply.Bulk("count"u8);
        reply.Integer(pauses.Count);
        reply.Bulk("total-us"u8);
        reply.Integer((long)pauses.Total.TotalMicroseconds);
        reply.Bulk("longest-us"u8);
        reply.Integer((long)pauses.Longest.TotalMicroseconds);
    }
}
