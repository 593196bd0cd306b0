using System.Globalization;
using System.Text;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Commands that answer without looking at any key.</summary>
internal static class EchoCommands
{
    private const CommandFlags AnyTime = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast;
    private const int MaxArtColumns = 200;
    private const int MaxArtRows = 60;

    public static IEnumerable<Command> Table =>
    [
        new("ping", -1, CommandFlags.Fast, AclCategories.Connection, Ping)
        {
            RunsWhileSubscribed = true,
            Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
            Docs = new("Answers PONG, or the message given.", "1.0.0", "connection", "O(1)", "[message]"),
        },
        new("echo", 2, AnyTime, AclCategories.Connection, Echo)
        {
            Docs = new("Answers the message given.", "1.0.0", "connection", "O(1)", "message"),
        },
        new("time", 1, AnyTime, AclCategories.None, Time)
        {
            Tips = ["nondeterministic_output"],
            Docs = new(
                "Tells the server's clock: Unix seconds, and their microseconds.", "2.6.0", "server", "O(1)", ""),
        },
        new("lolwut", -1, CommandFlags.ReadOnly | CommandFlags.Fast, AclCategories.None, Lolwut)
        {
            Docs = new("Draws something, and tells the version.", "5.0.0", "server", "O(N), N characters",
                "[VERSION version] [columns] [rows]")
            {
                Difference = "One drawing of our own, whatever VERSION asks for.",
            },
        },
    ];

    private static void Ping(CommandContext context)
    {
        if (context.Count > 2)
        {
            context.Reply.Error(ReplyError.WrongArity(context.Command.FullName));
        }
        else if (context.Session.IsSubscribed && context.Session.Protocol == 2)
        {
            // What a RESP2 session gets while it is subscribed has the form of a message.
            context.Reply.Array(2);
            context.Reply.Bulk("pong"u8);
            context.Reply.Bulk(context.Count == 2 ? context[1] : default);
        }
        else if (context.Count == 2)
        {
            context.Reply.Bulk(context[1]);
        }
        else
        {
            context.Reply.SimpleString("PONG"u8);
        }
    }

    private static void Echo(CommandContext context) => context.Reply.Bulk(context[1]);

    private static void Time(CommandContext context)
    {
        long microseconds = (context.Engine.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        context.Reply.Array(2);
        context.Reply.BulkInteger(microseconds / 1_000_000);
        context.Reply.BulkInteger(microseconds % 1_000_000);
    }

    /// <summary>The tide: two waves over time. VERSION chooses among redis's drawings; here is one.</summary>
    private static void Lolwut(CommandContext context)
    {
        int next = 1;
        if (context.Count >= 3 && context.Is(1, "VERSION"u8))
        {
            if (!context.TryInt64(2, out _))
            {
                return;
            }
            next = 3;
        }
        int columns = Size(context, next, 60, MaxArtColumns);
        int rows = Size(context, next + 1, 8, MaxArtRows);
        StringBuilder art = new((columns + 1) * (rows + 1));
        double phase = context.NowMs / 60_000.0;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double swell = Math.Sin((column / 9.0) + phase) + (0.5 * Math.Sin((column / 3.7) - phase));
                double height = (rows / 2.0) - (swell * rows / 4);
                art.Append(row < height - 1 ? ' ' : row < height ? '~' : row < height + 1 ? '-' : '.');
            }
            art.Append('\n');
        }
        art.Append(CultureInfo.InvariantCulture, $"\nRedis ver. {RedisVersion}\n");
        context.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(art.ToString()));
    }

    /// <summary>The version of redis that this server answers like.</summary>
    private const string RedisVersion = "7.0.15";

    private static int Size(CommandContext context, int argument, int normal, int limit) =>
        argument < context.Count && Numbers.TryParseInt64(context[argument], out long size)
            ? (int)Math.Clamp(size, 1, limit)
            : normal;
}
