using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Server.Info;

namespace Tidelog.Server.Commands;

/// <summary>INFO: Redis 7.0 server.c, genRedisInfoString.</summary>
internal static class InfoCommand
{
    /// <summary>Sections in the order in which they are printed.</summary>
    private static readonly Section[] Sections =
    [
        new("Server", true, ServerSections.Server),
        new("Clients", true, ServerSections.Clients),
        new("Memory", true, MemorySection.Write),
        new("Persistence", true, PersistenceSection.Write),
        new("Stats", true, StatsSections.Stats),
        new("Replication", true, DataSections.Replication),
        new("CPU", true, (_, text) => ServerSections.Cpu(text)),
        new("Modules", true, Nothing),
        new("Commandstats", false, StatsSections.Commands),
        new("Errorstats", true, StatsSections.Errors),
        new("Latencystats", false, Nothing),
        new("Cluster", true, ServerSections.Cluster),
        new("Keyspace", true, DataSections.Keyspace),
    ];

    public static IEnumerable<Command> Table =>
    [
        new("info", -1, CommandFlags.Loading | CommandFlags.Stale, AclCategories.Dangerous, Info)
        {
            Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            Docs = new("Tells the server's state and counters.", "1.0.0", "server", "O(1)", "[section [section ...]]")
            {
                Difference = "The fields are the same, and two more end `persistence`: `rdb_last_cut_usec` and "
                    + "`rdb_max_cut_usec`, how long commands waited for a snapshot to begin. The fields about what "
                    + "does not exist yet (the append-only file, replicas, scripts, tracking, defragmentation) stay 0, "
                    + "`modules` and `latencystats` are empty, `repl_backlog_active` is always 1, and the figures of "
                    + "memory are of Tidelog's own structures.",
            },
        },
    ];

    private static void Info(CommandContext context)
    {
        InfoText text = new();
        TidelogServer server = TidelogServer.Of(context);
        foreach (Section section in Sections)
        {
            if (IsAsked(context, section))
            {
                text.Section(section.Title);
                section.Write(server, text);
            }
        }
        context.Reply.Verbatim("txt"u8, text.ToBytes());
    }

    /// <summary>
    /// A header with nothing under it: there are no modules; and a distribution of latencies for each command would
    /// have to be kept on the way of every command.
    /// </summary>
    private static void Nothing(TidelogServer server, InfoText text) => _ = (server, text);

    private static bool IsAsked(CommandContext context, Section section)
    {
        if (context.Count == 1)
        {
            return section.IsDefault;
        }
        for (int i = 1; i < context.Count; i++)
        {
            bool asked = context.Is(i, section.NameUpper) || context.Is(i, "ALL"u8) || context.Is(i, "EVERYTHING"u8)
                || (section.IsDefault && context.Is(i, "DEFAULT"u8))
                || (section.Title == "Modules" && context.Is(i, "MODULE_LIST"u8));
            if (asked)
            {
                return true;
            }
        }
        return false;
    }

    private sealed record Section(string Title, bool IsDefault, Action<TidelogServer, InfoText> Write)
    {
        public byte[] NameUpper { get; } = Encoding.ASCII.GetBytes(Title.ToUpperInvariant());
    }
}
