using System.Security.Cryptography;
using System.Text;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;
using Tidelog.Server.Config;

namespace Tidelog.Server.Commands;

/// <summary>Who a connection is and how it speaks: Redis 7.0 networking.c and acl.c.</summary>
internal static class ConnectionCommands
{
    public const string DefaultUser = "default";

    private const CommandFlags BeforeLogin = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
        | CommandFlags.Fast | CommandFlags.NoAuth | CommandFlags.AllowBusy;

    public static IEnumerable<Command> Table =>
    [
        new("auth", -2, BeforeLogin, AclCategories.Connection, Auth)
        {
            Docs = new("Proves by a password who the client is.", "1.0.0", "connection",
                "O(N) where N is the number of passwords defined for the user", "[username] password"),
        },
        new("hello", -1, BeforeLogin, AclCategories.Connection, Hello)
        {
            Docs = new("Chooses the version of the protocol, and tells about the server.", "6.0.0", "connection",
                "O(1)", "[protover [AUTH username password] [SETNAME clientname]]"),
        },
        new("quit", -1, BeforeLogin, AclCategories.Connection, Quit)
        {
            InTransaction = TransactionRole.Ends,
            RunsWhileSubscribed = true,
            Docs = new("Ends the connection once its replies are sent.", "1.0.0", "connection", "O(1)", ""),
        },
        new("reset", 1, BeforeLogin, AclCategories.Connection, Reset)
        {
            InTransaction = TransactionRole.Ends,
            RunsWhileSubscribed = true,
            Docs = new("Takes the connection back to the state of a new one.", "6.2.0", "connection", "O(1)", ""),
        },
    ];

    /// <summary>Sets the name of a connection; none if it is empty.</summary>
    /// <returns>False if the name is refused, which is answered already.</returns>
    public static bool TrySetName(CommandContext context, ReadOnlySpan<byte> name)
    {
        if (name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
        {
            context.Reply.Error(ReplyError.InvalidClientName);
            return false;
        }
        context.Session.Name = name.ToArray();
        return true;
    }

    private static void Auth(CommandContext context)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(ReplyError.Syntax);
        }
        else if (context.Count == 2 && !context.Engine.PasswordRequired)
        {
            context.Reply.Error(ReplyError.NoPasswordSet);
        }
        else if (TryAuthenticate(context, context.Count == 3 ? context[1] : "default"u8, context[context.Count - 1]))
        {
            context.Reply.Ok();
        }
    }

    /// <returns>False if the password is wrong, which is answered already.</returns>
    private static bool TryAuthenticate(CommandContext context, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        string? expected = TidelogServer.Of(context).Settings.RequirePass;
        bool isDefault = user.SequenceEqual("default"u8);
        if (isDefault && (!context.Engine.PasswordRequired || IsPassword(password, expected)))
        {
            context.Session.Authenticated = true;
            return true;
        }
        context.Reply.Error(ReplyError.WrongPassword);
        return false;
    }

    // Hashes, so that the time it takes says nothing about where the two differ, nor how long the password is.
    private static bool IsPassword(ReadOnlySpan<byte> given, string? expected) =>
        expected is not null && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(given), SHA256.HashData(Encoding.Latin1.GetBytes(expected)));

    private static void Hello(CommandContext context)
    {
        long version = 0;
        if (context.Count >= 2)
        {
            if (!context.TryInt64(1, out version, ReplyError.ProtocolNotAnInteger))
            {
                return;
            }
            if (version is < 2 or > 3)
            {
                context.Reply.Error(ReplyError.NoProtocol);
                return;
            }
        }
        if (!TryHelloOptions(context))
        {
            return;
        }
        if (!context.Session.Authenticated)
        {
            context.Reply.Error(ReplyError.HelloNoAuth);
            return;
        }
        if (version != 0)
        {
            context.Session.Protocol = context.Reply.Protocol = (int)version;
        }
        DescribeServer(context);
    }

    private static bool TryHelloOptions(CommandContext context)
    {
        for (int i = 2; i < context.Count; i++)
        {
            int left = context.Count - 1 - i;
            if (context.Is(i, "AUTH"u8) && left >= 2)
            {
                if (!TryAuthenticate(context, context[i + 1], context[i + 2]))
                {
                    return false;
                }
                i += 2;
            }
            else if (context.Is(i, "SETNAME"u8) && left >= 1)
            {
                if (!TrySetName(context, context[i + 1]))
                {
                    return false;
                }
                i++;
            }
            else
            {
                context.Reply.Error($"ERR Syntax error in HELLO option '{ReplyText.Of(context[i])}'");
                return false;
            }
        }
        return true;
    }

    private static void DescribeServer(CommandContext context)
    {
        TidelogServer server = TidelogServer.Of(context);
        ReplyWriter reply = context.Reply;
        reply.Map(7);
        reply.Bulk("server"u8);
        reply.Bulk("redis"u8);
        reply.Bulk("version"u8);
        reply.Bulk(ServerVersion.Redis);
        reply.Bulk("proto"u8);
        reply.Integer(context.Session.Protocol);
        reply.Bulk("id"u8);
        reply.Integer(context.Session.Id);
        reply.Bulk("mode"u8);
        reply.Bulk(server.Settings.ClusterEnabled ? "cluster"u8 : "standalone"u8);
        reply.Bulk("role"u8);
        reply.Bulk("master"u8);
        reply.Bulk("modules"u8);
        reply.Array(0);
    }

    private static void Quit(CommandContext context)
    {
        context.Reply.Ok();
        context.Session.CloseAfterReply = true;
    }

    private static void Reset(CommandContext context)
    {
        context.Engine.PubSub.Forget(context.Session);
        context.Session.Reset(context.Keyspace[0]);
        context.Session.Authenticated = !context.Engine.PasswordRequired;
        context.Reply.Protocol = context.Session.Protocol;
        context.Reply.SimpleString("RESET"u8);
    }
}
