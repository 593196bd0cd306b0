using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Server.Config;
using Tidelog.Server.Network;

namespace Tidelog.Server.Commands;

/// <summary>
/// CLIENT: what connections there are, and what is done with them. Redis 7.0 networking.c, clientCommand.
/// </summary>
internal static class ClientCommands
{
    private const CommandFlags Own = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;
    private const CommandFlags Others = Own | CommandFlags.Admin;
    private const string OfAllClients = "O(N) where N is the number of client connections";
    private const string Varying = "nondeterministic_output";

    private static readonly string[] HelpLines =
    [
        "CACHING (YES|NO)",
        "    Say whether the keys of the next command are tracked (OPTIN and OPTOUT modes).",
        "GETREDIR",
        "    The id of the client that gets this one's invalidations.",
        "GETNAME",
        "    The name of this connection.",
        "ID",
        "    The id of this connection.",
        "INFO",
        "    One line about this connection.",
        "KILL <ip:port>",
        "    Close the connection from this address.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Close every connection that all of the options fit:",
        "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      It comes from this address.",
        "    * LADDR (<ip:port>|<unixsocket>:0)",
        "      It came to this address of the server.",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      It is of this type.",
        "    * USER <username>",
        "      It is authenticated as this user.",
        "    * ID <client-id>",
        "      It has this id.",
        "    * SKIPME (YES|NO)",
        "      Spare the connection that asks (default: yes).",
        "LIST [options ...]",
        "    One line about each connection. Options:",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Only those of this type.",
        "    * ID <client-id> [<client-id> ...]",
        "      Only those with these ids.",
        "UNPAUSE",
        "    End the pause that is on.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Hold back commands, or only those that write, for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Say whether this connection wants replies.",
        "SETNAME <name>",
        "    Name this connection.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    End the waiting of a blocked client.",
        "TRACKINGINFO",
        "    How this connection's keys are tracked.",
        "NO-EVICT (ON|OFF)",
        "    Keep this connection when clients are closed for their memory.",
    ];

    public static IEnumerable<Command> Table =>
    [
        new("client", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("Holds the commands on connections.", "2.4.0", "connection", "Depends on subcommand.", ""),
            Subcommands =
            [
                Row("setname", 3, Own, SetName, "2.6.9", "Names this connection.", "O(1)", "connection-name"),
                Row("pause", -3, Others, Pause, "2.9.50", "Holds commands back for some time.", "O(1)",
                    "timeout [WRITE | ALL]"),
                Row("id", 2, Own, Id, "5.0.0", "Tells this connection's id.", "O(1)", ""),
                Row("unblock", -3, Others, Unblock, "5.0.0", "Ends the waiting of a client in a blocking command.",
                    "O(log N) where N is the number of client connections", "client-id [TIMEOUT | ERROR]"),
                Row("caching", 3, Own, Caching, "6.0.0", "Says whether the next command's keys are tracked.", "O(1)",
                    "YES | NO"),
                Row("kill", -3, Others, Kill, "2.4.0", "Closes connections.", OfAllClients,
                    "ip:port | [ID client-id] [TYPE NORMAL | MASTER | SLAVE | REPLICA | PUBSUB] [USER username] "
                    + "[ADDR ip:port] [LADDR ip:port] [SKIPME yes/no]"),
                Row("info", 2, Own, Info, "6.2.0", "Describes this connection.", "O(1)", "", Varying,
                    "`multi-mem`, `rbs` and `rbp` are 0; the other figures of memory are of Tidelog's own buffers."),
                Row("no-evict", 3, Others, NoEvict, "7.0.0",
                    "Says whether this connection may be closed to save memory.", "O(1)", "ON | OFF",
                    difference: "Kept, but no client is ever evicted."),
                Row("trackinginfo", 2, Own, TrackingInfo, "6.2.0", "Tells how this connection's keys are tracked.",
                    "O(1)", ""),
                Row("getredir", 2, Own, GetRedir, "6.0.0", "Tells who gets this connection's invalidations.", "O(1)",
                    ""),
                Row("unpause", 2, Others, Unpause, "6.2.0", "Ends CLIENT PAUSE.",
                    "O(N) Where N is the number of paused clients", ""),
                Row("reply", 3, Own, Reply, "3.2.0", "Says whether replies are wanted.", "O(1)", "ON | OFF | SKIP"),
                Row("help", 2, CommandFlags.Loading | CommandFlags.Stale, Help, "5.0.0", "Explains the subcommands.",
                    "O(1)", ""),
                Row("getname", 2, Own, GetName, "2.6.9", "Tells this connection's name.", "O(1)", ""),
                Row("list", -2, Others, List, "2.4.0", "Describes connections, one on a line.", OfAllClients,
                    "[TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id [client-id ...]]", Varying,
                    "As CLIENT INFO."),
            ],
        },
    ];

    private static Command Row(
        string name, int arity, CommandFlags flags, Action<CommandContext> handler,
        string since, string summary, string complexity, string syntax,
        string? tip = null, string? difference = null) =>
        new(name, arity, flags, AclCategories.Connection, handler)
        {
            Docs = new(summary, since, "connection", complexity, syntax) { Difference = difference },
            Tips = tip is null ? [] : [tip],
        };

    private static void Help(CommandContext context) => HelpReply.Write(context, HelpLines);

    private static void Id(CommandContext context) => context.Reply.Integer(context.Session.Id);

    private static void SetName(CommandContext context)
    {
        if (ConnectionCommands.TrySetName(context, context[2]))
        {
            context.Reply.Ok();
        }
    }

    private static void GetName(CommandContext context)
    {
        if (context.Session.Name.Length == 0)
        {
            context.Reply.Null();
        }
        else
        {
            context.Reply.Bulk(context.Session.Name);
        }
    }

    private static void Info(CommandContext context)
    {
        StringBuilder text = new();
        if (context.Session is Client client)
        {
            Describe(text, client, context);
        }
        context.Reply.Verbatim("txt"u8, Encoding.Latin1.GetBytes(text.ToString()));
    }

    private static void List(CommandContext context)
    {
        TidelogServer server = TidelogServer.Of(context);
        StringBuilder text = new();
        if (context.Count == 4 && context.Is(2, "TYPE"u8))
        {
            if (!ClientFilter.TryClass(context, 3, out ClientClass? asked))
            {
                return;
            }
            Describe(text, server.LiveClients.Where(client => client.Class == asked), context);
        }
        else if (context.Count > 3 && context.Is(2, "ID"u8))
        {
            for (int i = 3; i < context.Count; i++)
            {
                if (!context.TryInt64(i, out long id, ReplyError.InvalidClientId))
                {
                    return;
                }
                if (server.FindClient(id) is Client client)
                {
                    Describe(text, client, context);
                }
            }
        }
        else if (context.Count == 2)
        {
            Describe(text, server.LiveClients, context);
        }
        else
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        context.Reply.Verbatim("txt"u8, Encoding.Latin1.GetBytes(text.ToString()));
    }

    private static void Describe(StringBuilder text, IEnumerable<Client> clients, CommandContext context)
    {
        foreach (Client client in clients)
        {
            Describe(text, client, context);
        }
    }

    private static void Describe(StringBuilder text, Client client, CommandContext context)
    {
        long arguments = 0;
        if (client == context.Session)
        {
            for (int i = 0; i < context.Count; i++)
            {
                arguments += context[i].Length;
            }
        }
        text.Append(ClientDescription.Of(client, context.NowMs, arguments)).Append('\n');
    }

    private static void Kill(CommandContext context)
    {
        bool oldForm = context.Count == 3;
        ClientFilter? filter = oldForm ? ClientFilter.ByAddress(context[2]) : ClientFilter.TryParse(context);
        if (filter is null)
        {
            return;
        }
        long killed = 0;
        foreach (Client client in TidelogServer.Of(context).LiveClients)
        {
            if (!filter.Matches(client, context.Session))
            {
                continue;
            }
            killed++;
            if (client == context.Session)
            {
                client.CloseAfterReply = true;
            }
            else
            {
                client.Loop.CloseSoon(client);
            }
        }
        if (!oldForm)
        {
            context.Reply.Integer(killed);
        }
        else if (killed > 0)
        {
            context.Reply.Ok();
        }
        else
        {
            context.Reply.Error(ReplyError.NoSuchClient);
        }
    }

    private static void Reply(CommandContext context)
    {
        Session session = context.Session;
        if (context.Is(2, "ON"u8))
        {
            session.ReplyMode = ReplyMode.On;
            context.Reply.Ok();
        }
        else if (context.Is(2, "OFF"u8))
        {
            session.ReplyMode = ReplyMode.Off;
        }
        else if (!context.Is(2, "SKIP"u8))
        {
            context.Reply.Error(ReplyError.Syntax);
        }
        else if (session.ReplyMode != ReplyMode.Off)
        {
            session.ReplyMode = ReplyMode.SkipNext;
        }
    }

    private static void NoEvict(CommandContext context)
    {
        bool on = context.Is(2, "ON"u8);
        if (!on && !context.Is(2, "OFF"u8))
        {
            context.Reply.Error(ReplyError.Syntax);
            return;
        }
        context.Session.NoEvict = on;
        context.Reply.Ok();
    }

    private static void Pause(CommandContext context)
    {
        bool writesOnly = context.Count == 4 && context.Is(3, "WRITE"u8);
        if (context.Count > 4)
        {
            HelpReply.Refuse(context);
        }
        else if (context.Count == 4 && !writesOnly && !context.Is(3, "ALL"u8))
        {
            context.Reply.Error(ReplyError.PauseMode);
        }
        else if (context.TryInt64(2, out long timeout, ReplyError.TimeoutNotAnInteger))
        {
            if (timeout < 0)
            {
                context.Reply.Error(ReplyError.TimeoutNegative);
                return;
            }
            long until = timeout == 0 ? 0 : unchecked(context.NowMs + timeout);
            context.Engine.Pause.Begin(until, writesOnly, context.NowMs);
            context.Reply.Ok();
        }
    }

    /// <summary>
    /// As in redis, a pause of all commands holds this one back too; it is of use against a pause of writes.
    /// </summary>
    private static void Unpause(CommandContext context)
    {
        context.Engine.Pause.End();
        TidelogServer server = TidelogServer.Of(context);

        // Those who waited run when this client's turn is over.
        server.Loop.Post(server.ResumePaused);
        context.Reply.Ok();
    }

    private static void Unblock(CommandContext context)
    {
        if (context.Count > 4)
        {
            HelpReply.Refuse(context);
        }
        else if (context.Count == 4 && !context.Is(3, "TIMEOUT"u8) && !context.Is(3, "ERROR"u8))
        {
            context.Reply.Error(ReplyError.UnblockReason);
        }
        else if (context.TryInt64(2, out long id))
        {
            TidelogServer server = TidelogServer.Of(context);
            bool withError = context.Count == 4 && context.Is(3, "ERROR"u8);
            bool isEnded = server.FindClient(id) is Client client && context.Engine.Blocked.TryEnd(client, withError);
            context.Reply.Integer(isEnded ? 1 : 0);
        }
    }

    /// <summary>CLIENT TRACKING does not exist yet, so no client is in the mode that this is for.</summary>
    private static void Caching(CommandContext context) => context.Reply.Error(ReplyError.CachingWithoutTracking);

    private static void GetRedir(CommandContext context) => context.Reply.Integer(-1);

    private static void TrackingInfo(CommandContext context)
    {
        ReplyWriter reply = context.Reply;
        reply.Map(3);
        reply.Bulk("flags"u8);
        reply.Set(1);
        reply.Bulk("off"u8);
        reply.Bulk("redirect"u8);
        reply.Integer(-1);
        reply.Bulk("prefixes"u8);
        reply.Array(0);
    }
}
