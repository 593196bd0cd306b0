using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>The string family: Redis 7.0 t_string.c.</summary>
internal static class StringCommands
{
    public static IEnumerable<Command> Table =>
    [
        new("get", 2, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.String, Get,
            KeySpec.Key(1, KeyFlags.ReadOnly | KeyFlags.Access)),
        new("set", -3, CommandFlags.Write | CommandFlags.DenyOom, AclCategories.String, Set,
            KeySpec.Key(1, KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update | KeyFlags.VariableFlags)),
    ];

    private static void Get(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Read);
        if (!context.IsStringOrMissing(record))
        {
            return;
        }
        Reply(context.Reply, record);
    }

    private static void Set(CommandContext context)
    {
        Record record = context.Database.Find(context[1], Lookup.Write | Lookup.NoTouch);
        context.Database.PutString(context[1], record, context[2]);
        context.Dirty++;
        context.Reply.Ok();
    }

    /// <summary>Answers a string's value, or null for none.</summary>
    private static void Reply(ReplyWriter reply, Record record)
    {
        if (!record.Exists)
        {
            reply.Null();
        }
        else if (record.Encoding == ValueEncoding.Int)
        {
            reply.BulkInteger(record.Integer);
        }
        else
        {
            reply.Bulk(record.Bytes);
        }
    }
}
