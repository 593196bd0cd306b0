using System.Text;
using Tidelog.Engine.Commands;

namespace Tidelog.Server.Commands;

/// <summary>Texts that several families answer with.</summary>
internal static class ReplyText
{
    private const int MaxEchoed = 128;

    /// <summary>An argument as C prints it into a message: up to the first zero byte.</summary>
    public static string Of(ReadOnlySpan<byte> argument)
    {
        int zero = argument.IndexOf((byte)0);
        return Encoding.Latin1.GetString(zero < 0 ? argument : argument[..zero]);
    }

    /// <summary>The answer of a command that looks at its subcommands itself and does not know this one.</summary>
    public static void UnknownSubcommand(CommandContext context)
    {
        string name = Of(context[1]);
        context.Reply.Error($"ERR unknown subcommand or wrong number of arguments for "
            + $"'{name[..Math.Min(name.Length, MaxEchoed)]}'. Try {Of(context[0]).ToUpperInvariant()} HELP.");
    }
}
