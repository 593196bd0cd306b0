using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Server.Network;

namespace Tidelog.Server.Commands;

/// <summary>CONFIG: the configuration of the running server. Redis 7.0 config.c.</summary>
internal static class ConfigCommands
{
    private const CommandFlags Row =
        CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;
    private const string OfDirectives = "O(N) when N is the number of configuration parameters provided";

    private static readonly string[] HelpLines =
    [
        "GET <pattern> [<pattern> ...]",
        "    The directives whose names fit a glob-like <pattern>, with their values.",
        "SET <directive> <value> [<directive> <value> ...]",
        "    Change directives: all of them, or none if one is refused.",
        "RESETSTAT",
        "    Begin the counters of INFO again at zero.",
        "REWRITE",
        "    Bring the configuration file in line with the running server.",
    ];

    public static IEnumerable<Command> Table =>
    [
        new("config", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("Holds the commands on the configuration.", "2.0.0", "server", "Depends on subcommand.", ""),
            Subcommands =
            [
                new("rewrite", 2, Row, AclCategories.None, Rewrite)
                {
                    Docs = new("Writes the configuration into its file.", "2.8.0", "server", "O(1)", ""),
                },
                new("help", 2, CommandFlags.Loading | CommandFlags.Stale, AclCategories.None, Help)
                {
                    Docs = new("Explains the subcommands.", "5.0.0", "server", "O(1)", ""),
                },
                new("resetstat", 2, Row, AclCategories.None, ResetStat)
                {
                    Docs = new("Sets the counters of INFO to zero.", "2.0.0", "server", "O(1)", ""),
                },
                new("get", -3, Row, AclCategories.None, Get)
                {
                    Docs = new("Tells values of directives.", "2.0.0", "server", OfDirectives,
                        "parameter [parameter ...]"),
                },
                new("set", -4, Row, AclCategories.None, Set)
                {
                    Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    Docs = new("Changes directives.", "2.0.0", "server",
                        "O(N) when N is the number of configuration parameters provided",
                        "parameter value [parameter value ...]")
                    {
                        Difference = "A directive that has no effect yet (see below) is stored and answers OK.",
                    },
                },
            ],
        },
    ];

    private static void Help(CommandContext context) => HelpReply.Write(context, HelpLines);

    private static void Get(CommandContext context)
    {
        List<string> patterns = [];
        for (int i = 2; i < context.Count; i++)
        {
            patterns.Add(ReplyText.Of(context[i]));
        }
        IReadOnlyList<(string Name, string Value)> found = TidelogServer.Of(context).Configuration.Get(patterns);
        context.Reply.Map(found.Count);
        foreach ((string name, string value) in found)
        {
            context.Reply.Bulk(Encoding.Latin1.GetBytes(name));
            context.Reply.Bulk(Encoding.Latin1.GetBytes(value));
        }
    }

    private static void Set(CommandContext context)
    {
        if (context.Count % 2 != 0)
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        List<(string Name, string Value)> pairs = [];
        for (int i = 2; i < context.Count; i += 2)
        {
            pairs.Add((ReplyText.Of(context[i]), Encoding.Latin1.GetString(context[i + 1])));
        }
        bool local = context.Session is Client { IsLocal: true };
        if (TidelogServer.Of(context).Configuration.TrySet(pairs, out string error, local))
        {
            context.Reply.Ok();
        }
        else
        {
            context.Reply.Error(error);
        }
    }

    private static void Rewrite(CommandContext context)
    {
        if (TidelogServer.Of(context).Configuration.Rewrite() is string error)
        {
            context.Reply.Error(error);
        }
        else
        {
            context.Reply.Ok();
        }
    }

    private static void ResetStat(CommandContext context)
    {
        context.Engine.ResetStatistics();
        TidelogServer.Of(context).ResetStatistics();
        context.Reply.Ok();
    }
}
