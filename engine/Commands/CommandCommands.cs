using System.Text;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>COMMAND: what the command table says of itself (Redis 7.0 server.c).</summary>
internal static class CommandCommands
{
    private const string Group = "server";
    private const CommandFlags AnyTime = CommandFlags.Loading | CommandFlags.Stale;
    private static readonly string[] AnyOrder = ["nondeterministic_output_order"];

    public static IEnumerable<Command> Table =>
    [
        new("command", -1, AnyTime, AclCategories.Connection, TellAll)
        {
            Tips = AnyOrder,
            Docs = new("Describes all commands.", "2.8.13", Group, "O(N), N commands", ""),
            Subcommands =
            [
                new("count", 2, AnyTime, AclCategories.Connection, Count)
                {
                    Docs = new("Counts the commands.", "2.8.13", Group, "O(1)", ""),
                },
                new("docs", -2, AnyTime, AclCategories.Connection, TellDocs)
                {
                    Tips = AnyOrder,
                    Docs = new("Documents the commands named, or all.", "7.0.0", Group, "O(N), N commands",
                        "[command-name [command-name ...]]")
                    {
                        Difference = "Summaries and complexities are our own words. Without `history`, `doc_flags`, "
                            + "`deprecated_since` and `replaced_by`.",
                    },
                },
                new("getkeys", -4, AnyTime, AclCategories.Connection, GetKeys)
                {
                    Docs = new("Finds the keys among a command's arguments.", "2.8.13", Group, "O(N), N arguments",
                        "command [arg [arg ...]]"),
                },
                new("getkeysandflags", -4, AnyTime, AclCategories.Connection, GetKeysAndFlags)
                {
                    Docs = new("Finds the keys among a command's arguments and tells their use.", "7.0.0", Group,
                        "O(N), N arguments", "command [arg [arg ...]]"),
                },
                new("info", -2, AnyTime, AclCategories.Connection, Tell)
                {
                    Tips = AnyOrder,
                    Docs = new("Describes the commands named, or all.", "2.8.13", Group, "O(N), N commands",
                        "[command-name [command-name ...]]"),
                },
                new("list", -2, AnyTime, AclCategories.Connection, List)
                {
                    Tips = AnyOrder,
                    Docs = new("Lists the names of commands.", "7.0.0", Group, "O(N), N commands",
                        "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]"),
                },
                new("help", 2, AnyTime, AclCategories.Connection, Help)
                {
                    Docs = new("Lists the subcommands.", "5.0.0", Group, "O(1)", ""),
                },
            ],
        },
    ];

    private static void TellAll(CommandContext context)
    {
        IReadOnlyList<Command> all = context.Engine.Commands.All;
        context.Reply.Array(all.Count);
        foreach (Command command in all)
        {
            CommandDescription.Write(context.Reply, command);
        }
    }

    private static void Tell(CommandContext context)
    {
        if (context.Count == 2)
        {
            TellAll(context);
            return;
        }
        context.Reply.Array(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            if (Find(context.Engine.Commands, context[i]) is Command command)
            {
                CommandDescription.Write(context.Reply, command);
            }
            else
            {
                context.Reply.Null();
            }
        }
    }

    private static void TellDocs(CommandContext context)
    {
        List<Command> asked = [];
        if (context.Count == 2)
        {
            asked.AddRange(context.Engine.Commands.All);
        }
        for (int i = 2; i < context.Count; i++)
        {
            if (Find(context.Engine.Commands, context[i]) is Command command)
            {
                asked.Add(command);
            }
        }
        context.Reply.Map(asked.Count);
        foreach (Command command in asked)
        {
            context.Reply.Bulk(command.FullName);
            CommandDocumentation.Write(context.Reply, command);
        }
    }

    private static void Count(CommandContext context) => context.Reply.Integer(context.Engine.Commands.All.Count);

    /// <summary>Finds a command by its full name: a subcommand's is "container|subcommand".</summary>
    private static Command? Find(CommandTable table, ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        if (bar < 0)
        {
            return table.Find(name);
        }
        Command? container = table.Find(name[..bar]);
        return container is null ? null : CommandTable.FindSubcommand(container, name[(bar + 1)..]);
    }

    private static void List(CommandContext context)
    {
        Func<Command, bool> wanted = static _ => true;
        for (int i = 2; i < context.Count; i += 3)
        {
            if (!context.Is(i, "FILTERBY"u8)
                || i + 3 != context.Count
                || Filter(context, i + 1) is not Func<Command, bool> filter)
            {
                context.Reply.Error(ReplyError.Syntax);
                return;
            }
            wanted = filter;
        }
        long mark = context.Reply.BeginArray();
        long count = 0;
        foreach (Command command in context.Engine.Commands.All)
        {
            count += WriteName(context.Reply, command, wanted);
            foreach (Command subcommand in command.Subcommands)
            {
                count += WriteName(context.Reply, subcommand, wanted);
            }
        }
        context.Reply.EndArray(mark, count);
    }

    private static int WriteName(ReplyWriter reply, Command command, Func<Command, bool> wanted)
    {
        if (!wanted(command))
        {
            return 0;
        }
        reply.Bulk(command.FullName);
        return 1;
    }

    /// <returns>Null if there is no such filter.</returns>
    private static Func<Command, bool>? Filter(CommandContext context, int kind)
    {
        byte[] value = context[kind + 1].ToArray();
        if (context.Is(kind, "MODULE"u8))
        {
            return static _ => false;
        }
        if (context.Is(kind, "ACLCAT"u8))
        {
            AclCategories category = CommandDescription.CategoryNamed(Encoding.Latin1.GetString(value));
            return command => (command.Categories & category) != 0;
        }
        if (context.Is(kind, "PATTERN"u8))
        {
            return command => GlobPattern.Matches(value, Encoding.Latin1.GetBytes(command.FullName), ignoreCase: true);
        }
        return null;
    }

    private static void GetKeys(CommandContext context) => TellKeys(context, withFlags: false);

    private static void GetKeysAndFlags(CommandContext context) => TellKeys(context, withFlags: true);

    private static void TellKeys(CommandContext context, bool withFlags)
    {
        const int First = 2;
        int count = context.Count - First;
        Command? command = context.Engine.Commands.Find(context[First]);
        if (command is not null && command.Subcommands.Length > 0 && count > 1)
        {
            command = CommandTable.FindSubcommand(command, context[First + 1]);
        }
        if (command is null)
        {
            context.Reply.Error(ReplyError.KeysOfInvalidCommand);
            return;
        }
        if (!KeyExtraction.HasKeys(command))
        {
            context.Reply.Error(ReplyError.KeysOfKeylessCommand);
            return;
        }
        if (!command.AcceptsArgumentCount(count))
        {
            context.Reply.Error(ReplyError.KeysOfWrongArity);
            return;
        }
        List<KeyReference> keys = [];
        bool found = KeyExtraction.TryFind(command, context, First, keys) && keys.Count > 0;
        if (!found && (command.Flags & CommandFlags.NoMandatoryKeys) == 0)
        {
            context.Reply.Error(ReplyError.KeysOfInvalidArguments);
            return;
        }
        context.Reply.Array(found ? keys.Count : 0);
        for (int i = 0; found && i < keys.Count; i++)
        {
            if (withFlags)
            {
                context.Reply.Array(2);
            }
            context.Reply.Bulk(context[First + keys[i].Index]);
            if (withFlags)
            {
                CommandDescription.WriteKeyFlags(context.Reply, keys[i].Flags);
            }
        }
    }

    private static void Help(CommandContext context) => HelpReply.Write(context,
        "(no subcommand)",
        "    Describes all commands.",
        "COUNT",
        "    How many commands there are.",
        "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
        "    Names of commands.",
        "INFO [<command-name> ...]",
        "    Describes the commands named, or all.",
        "DOCS [<command-name> ...]",
        "    Documents the commands named, or all.",
        "GETKEYS <full-command>",
        "    The keys among the arguments of a command.",
        "GETKEYSANDFLAGS <full-command>",
        "    The same keys, and what the command does to them.");
}
