using System.Text;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>What shows the inside of a HyperLogLog to tests: Redis 7.0 hyperloglog.c.</summary>
internal static class HyperLogLogDebugCommands
{
    public static IEnumerable<Command> Table =>
    [
        new("pfdebug", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Admin, AclCategories.HyperLogLog,
            Debug, KeySpec.Key(2, KeyFlags.ReadWrite | KeyFlags.Access))
        {
            Docs = new("Shows or changes how a HyperLogLog is stored.", "2.8.9", HyperLogLogCommands.Group, "N/A",
                "subcommand key"),
        },
        new("pfselftest", 1, CommandFlags.Admin, AclCategories.HyperLogLog, SelfTest)
        {
            Docs = new("Tests the HyperLogLog code with random elements.", "2.8.9", HyperLogLogCommands.Group, "N/A",
                ""),
        },
    ];

    private static void Debug(CommandContext context)
    {
        Record record = context.Database.Find(context[2], Lookup.Write);
        if (!record.Exists)
        {
            context.Reply.Error(ReplyError.HyperLogLogMissing);
            return;
        }
        if (!HyperLogLogCommands.IsHyperLogLog(context, record))
        {
            return;
        }
        record = context.Database.MakeRaw(record);
        if (context.Is(1, "GETREG"u8))
        {
            ReplyRegisters(context, record);
        }
        else if (context.Is(1, "DECODE"u8))
        {
            ReplyRuns(context, record.Bytes);
        }
        else if (context.Is(1, "ENCODING"u8))
        {
            context.Reply.SimpleString(HyperLogLog.IsDense(record.Bytes) ? "dense"u8 : "sparse"u8);
        }
        else if (context.Is(1, "TODENSE"u8))
        {
            bool wasDense = HyperLogLog.IsDense(record.Bytes);
            if (TryMakeDense(context, ref record))
            {
                context.Reply.Integer(wasDense ? 0 : 1);
            }
        }
        else
        {
            context.Reply.Error($"ERR Unknown PFDEBUG subcommand '{CText(context[1])}'");
        }
    }

    private static bool TryMakeDense(CommandContext context, ref Record record)
    {
        if (HyperLogLog.IsDense(record.Bytes))
        {
            return true;
        }
        HyperLogLogEditor editor = HyperLogLogEditor.Open(record.Bytes, context.Options.HllSparseMaxBytes);
        if (!editor.TryMakeDense())
        {
            context.Reply.Error(ReplyError.CorruptHyperLogLog);
            return false;
        }
        record = HyperLogLogCommands.Store(context, 2, record, editor);
        context.Dirty++;
        return true;
    }

    private static void ReplyRegisters(CommandContext context, Record record)
    {
        if (!TryMakeDense(context, ref record))
        {
            return;
        }
        context.Reply.Array(HyperLogLog.RegisterCount);
        for (int i = 0; i < HyperLogLog.RegisterCount; i++)
        {
            context.Reply.Integer(DenseRegisters.Get(record.Bytes, i));
        }
    }

    private static void ReplyRuns(CommandContext context, ReadOnlySpan<byte> value)
    {
        if (HyperLogLog.IsDense(value))
        {
            context.Reply.Error(ReplyError.HyperLogLogNotSparse);
            return;
        }
        StringBuilder runs = new();
        for (int at = HyperLogLog.HeaderLength; at < value.Length;)
        {
            RegisterRun run = SparseRegisters.ReadAt(value, at);
            runs.Append(runs.Length > 0 ? " " : "");
            _ = run.Value > 0 ? runs.Append($"v:{run.Value},{run.Length}")
                : runs.Append(run.Size == 1 ? "z:" : "Z:").Append(run.Length);
            at += run.Size;
        }
        context.Reply.Bulk(runs.ToString());
    }

    private static void SelfTest(CommandContext context)
    {
        string? failure = HyperLogLogSelfTest.Run(context.Engine.Random, context.Options.HllSparseMaxBytes);
        if (failure is null)
        {
            context.Reply.Ok();
        }
        else
        {
            context.Reply.Error($"ERR TESTFAILED {failure}");
        }
    }

    /// <summary>As C prints it, up to the first zero byte.</summary>
    private static string CText(ReadOnlySpan<byte> text)
    {
        int zero = text.IndexOf((byte)0);
        return Encoding.Latin1.GetString(zero < 0 ? text : text[..zero]);
    }
}
