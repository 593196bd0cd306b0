using Tidelog.Engine.Commands;
using Tidelog.Server.Commands;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>The server's rows say what redis-server says in COMMAND INFO.</summary>
public sealed class ServerCommandTableTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Fact]
    public void Every_row_has_the_arity_flags_categories_and_tips_of_redis()
    {
        foreach (Command command in ServerCommands.Rows)
        {
            Reply redis = pair.CallRedis("COMMAND", "INFO", command.Name)[0];
            Check(command, redis);
            foreach (Command subcommand in command.Subcommands)
            {
                Check(subcommand, redis[9].Items.Single(item => item[0].Text == subcommand.FullName));
            }
        }
    }

    private static void Check(Command command, Reply redis)
    {
        Assert.Equal(redis[0].Text, command.FullName);
        Assert.Equal(redis[1].Integer, command.Arity);
        CommandFlags flags = command.Flags & ~CommandFlags.Protected;
        Assert.Equal((command.FullName, Texts(redis[2])), (command.FullName, Names(flags, FlagName)));
        Assert.Equal((command.FullName, Texts(redis[6])), (command.FullName, Names(command.Categories, CategoryName)));
        Assert.Equal(redis[7].Items.Select(tip => tip.Text), command.Tips);
        Assert.Equal(redis[8].Items.Count, command.Keys.Length);
        Assert.NotNull(command.Docs);
    }

    private static string Texts(Reply list) =>
        string.Join(' ', list.Items.Select(item => item.Text).Order(StringComparer.Ordinal));

    private static string Names<T>(T value, Func<T, string> name)
        where T : struct, Enum =>
        string.Join(' ', Enum.GetValues<T>()
            .Where(flag => Convert.ToInt32(flag) != 0 && value.HasFlag(flag))
            .Select(name)
            .Order(StringComparer.Ordinal));

    private static string CategoryName(AclCategories category) => "@" + category.ToString().ToLowerInvariant();

    private static string FlagName(CommandFlags flag) => flag switch
    {
        CommandFlags.NoAuth => "no_auth",
        CommandFlags.NoMulti => "no_multi",
        CommandFlags.AllowBusy => "allow_busy",
        CommandFlags.NoAsyncLoading => "no_async_loading",
        _ => flag.ToString().ToLowerInvariant(),
    };
}
