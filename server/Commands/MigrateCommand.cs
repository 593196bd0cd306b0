using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Server.Migration;

namespace Tidelog.Server.Commands;

/// <summary>MIGRATE: Redis 7.0 cluster.c. As there, the server does nothing else meanwhile.</summary>
internal static class MigrateCommand
{
    private const KeyFlags Moved = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;
    private const string Empty = "\"\"";

    public static IEnumerable<Command> Table =>
    [
        new("migrate", -6, CommandFlags.Write | CommandFlags.MovableKeys,
            AclCategories.Keyspace | AclCategories.Dangerous, Migrate, KeySpec.Key(MigrateOptions.KeyIndex, Moved),
            new KeySpec
            {
                Flags = Moved | KeyFlags.Incomplete,
                Begin = BeginSearch.Keyword,
                Start = -2,
                Keyword = "KEYS",
                Last = -1,
            })
        {
            KeyFinder = MigrateOptions.FindKeys,
            Tips = ["nondeterministic_output"],
            Docs = new("Moves keys to another server.", "2.6.0", "generic",
                "O(N) with N the bytes of the values, here and there, and the time of the way between",
                $"host port <key | {Empty}> destination-db timeout [COPY] [REPLACE] "
                    + "[AUTH password | AUTH2 username password] [KEYS key [key ...]]")
            {
                Difference = "An answer of the target that is neither OK nor an error is a failure, and the key stays; "
                    + "redis takes it for success and deletes the key.",
            },
        },
    ];

    private static void Migrate(CommandContext context)
    {
        if (!MigrateOptions.TryRead(context, out MigrateOptions options))
        {
            return;
        }
        List<int> keys = [];
        for (int i = options.FirstKey; i < options.FirstKey + options.KeyCount; i++)
        {
            if (context.Database.Find(context[i], Lookup.Read).Exists)
            {
                keys.Add(i);
            }
        }
        if (keys.Count == 0)
        {
            context.Reply.SimpleString("NOKEY"u8);
            return;
        }
        using KeyTransfer transfer = new(context, options, keys);
        transfer.Run();
    }
}
