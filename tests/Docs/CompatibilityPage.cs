using System.Globalization;
using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Server.Commands;
using Tidelog.Server.Config;

namespace Tidelog.Tests.Docs;

/// <summary>The text of docs/compatibility.md, made from the command table and the table of directives.</summary>
internal static class CompatibilityPage
{
    private const int Columns = 116;

    private const string Introduction =
        """
        # Compatibility with redis 7.0.15

        A test makes this page from the tables of commands and directives; do not edit it. To write it anew:

            TIDELOG_WRITE_DOCS=1 dotnet test -c Release tests --filter FullyQualifiedName~Compatibility

        **There is no append-only file and no replica can attach yet, whatever the configuration says.** What was
        changed since the last snapshot is gone when the process ends without saving.

        "As redis" means: the same replies in RESP2 and RESP3 and the same error texts; in COMMAND the same arity,
        flags, key specs, ACL categories and tips. The texts of HELP are our own words everywhere. Clients are told
        version 7.0.15; `tidelog-server --version` says both versions.


        """;

    /// <summary>What else there is to know about directives that the code reads.</summary>
    private static readonly (string Name, string Difference)[] DirectiveDifferences =
    [
        ("appendonly", "Nothing is written; the log says so at the start."),
        ("client-output-buffer-limit", "The classes `replica` and `pubsub` have no clients yet."),
        ("cluster-enabled", "INFO and HELLO say `cluster`; there is no cluster."),
        ("enable-module-command", "There is no MODULE command."),
        ("loadmodule", "Kept; no module is loaded."),
        ("maxmemory", "The memory counted is Tidelog's own, and dead records, which the cleaner is after, do not "
            + "count: see [architecture.md](architecture.md)."),
        ("maxmemory-policy", "Redis's policies, found in another way: the LRU ones by second chance, `volatile-ttl` to "
            + "the accuracy of the expiry wheel's slots."),
        ("maxmemory-samples", "For the LFU policies: the more, the fewer keys may be evicted. No other samples."),
        ("min-replicas-max-lag", "INFO has its field; no write is refused."),
        ("min-replicas-to-write", "INFO has its field; no write is refused."),
        ("rdb-version", "Tidelog's own, 9 to 11: what is written is readable by a redis of that RDB version."),
        ("replicaof", "Kept; there is no replication, and the server takes writes. The log says so at the start."),
        ("sentinel", "There is no Sentinel mode: `--sentinel` is refused."),
        ("user", "Kept; there is only the user `default`."),
    ];

    public static IEnumerable<Command> Rows =>
        EngineCommands.Rows.Concat(ServerCommands.Rows).SelectMany(row => row.Subcommands.Prepend(row));

    public static string Build()
    {
        Dictionary<string, Command> rows = Rows.ToDictionary(row => row.FullName);
        StringBuilder page = new(Introduction);
        string[] callable = [.. RedisCommands.ByGroup.SelectMany(group => group.Commands).Where(IsCallable)];
        int present = callable.Count(rows.ContainsKey);
        Line(page, $"## Commands\n\n{present} of {callable.Length} commands and subcommands.");
        foreach ((string group, string[] commands) in RedisCommands.ByGroup)
        {
            AddGroup(page, group, [.. commands.Where(IsCallable)], rows);
        }
        AddDirectives(page);
        return page.ToString();
    }

    private static void AddGroup(StringBuilder page, string group, string[] commands, Dictionary<string, Command> rows)
    {
        Line(page, $"\n### {char.ToUpperInvariant(group[0])}{group[1..]}\n");
        string[] present = [.. commands.Where(rows.ContainsKey)];
        if (present.Length > 0)
        {
            Line(page, "| command | since | status | difference |\n|---|---|---|---|");
        }
        foreach (string name in present)
        {
            CommandDocs docs = rows[name].Docs!;
            string status = docs.Difference is null ? "as redis" : "differs";
            Line(page, $"| {Shown(name)} | {docs.Since} | {status} | {docs.Difference} |");
        }
        string[] later = [.. commands.Except(present)];
        if (later.Length > 0)
        {
            string missing = string.Join(", ", later.Select(Shown));
            Line(page, (present.Length > 0 ? "\n" : "") + Wrapped($"Later: {missing}."));
        }
    }

    private static void AddDirectives(StringBuilder page)
    {
        Line(page, "\n## Directives\n");
        Line(page, "All directives of redis 7.0.15 are accepted. Those not named here do what they do in redis.\n");
        Line(page, "| directive | difference |\n|---|---|");
        foreach ((string name, string difference) in DirectiveDifferences)
        {
            Line(page, $"| `{name}` | {difference} |");
        }
        string names = string.Join(", ", WithoutEffect().Select(name => $"`{name}`"));
        Line(page,
            "\nChecked, kept, answered by CONFIG GET and written by CONFIG REWRITE, but without effect (yet):\n");
        Line(page, Wrapped(names + "."));
    }

    /// <summary>Directives whose value nothing reads, by name.</summary>
    private static IEnumerable<string> WithoutEffect()
    {
        ServerSettings settings = new();
        DirectiveUse use = new(settings);
        HashSet<string> explained = [.. DirectiveDifferences.Select(d => d.Name)];
        return new ConfigTable(settings, _ => { }).Names
            .Where(name => !name.IsAlias)
            .Select(name => name.Row)
            .Where(row => !row.Is(DirectiveFlags.Hidden) && !explained.Contains(row.Name) && !use.IsRead(row))
            .Select(row => row.Name)
            .Order(StringComparer.Ordinal);
    }

    /// <summary>A container is called by its subcommands only; COMMAND is the one that is both.</summary>
    private static bool IsCallable(string name) => name == "command" || !RedisCommands.Containers.Contains(name);

    private static string Shown(string name) => name.Replace('|', ' ').ToUpperInvariant();

    /// <summary>Breaks behind commas.</summary>
    private static string Wrapped(string list)
    {
        StringBuilder text = new();
        int column = 0;
        foreach (string item in list.Split(", "))
        {
            string separator = column == 0 ? "" : column + item.Length < Columns ? ", " : ",\n";
            column = separator == ",\n" ? item.Length : column + separator.Length + item.Length;
            text.Append(separator).Append(item);
        }
        return text.ToString();
    }

    private static void Line(StringBuilder page, string line) => page.Append(CultureInfo.InvariantCulture, $"{line}\n");
}
