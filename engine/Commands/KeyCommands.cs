using Tidelog.Engine.Keyspace;

namespace Tidelog.Engine.Commands;

/// <summary>The generic family, commands on keys of any type: Redis 7.0 db.c and expire.c.</summary>
internal static class KeyCommands
{
    public static IEnumerable<Command> Table =>
    [
        new("del", -2, CommandFlags.Write, AclCategories.Keyspace, Delete, KeySpec.Keys(1, -1, KeyFlags.Remove | KeyFlags.Delete)),
    ];

    private static void Delete(CommandContext context)
    {
        long count = 0;
        for (int i = 1; i < context.Count; i++)
        {
            Record record = context.Database.Find(context[i], Lookup.Write | Lookup.NoTouch);
            if (record.Exists)
            {
                context.Database.Delete(record);
                count++;
            }
        }
        context.Dirty += count;
        context.Reply.Integer(count);
    }
}
