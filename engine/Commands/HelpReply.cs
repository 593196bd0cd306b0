using System.Text;

namespace Tidelog.Engine.Commands;

/// <summary>What a container's HELP answers: a line with its name, the lines given, and HELP's own.</summary>
public static class HelpReply
{
    private const int MaxEchoed = 128;

    /// <param name="lines">
    /// Each subcommand with its arguments, and under it, with four spaces in front, what it is for.
    /// </param>
    public static void Write(CommandContext context, params ReadOnlySpan<string> lines)
    {
        string name = Encoding.Latin1.GetString(context[0]).ToUpperInvariant();
        context.Reply.Array(lines.Length + 3);
        Line(context, $"{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        foreach (string line in lines)
        {
            Line(context, line);
        }
        Line(context, "HELP");
        Line(context, "    Prints this help.");
    }

    /// <summary>The answer of a command that looks at its subcommands itself and does not know this one.</summary>
    public static void Refuse(CommandContext context)
    {
        string name = AsC(context[1]);
        context.Reply.Error($"ERR unknown subcommand or wrong number of arguments for "
            + $"'{name[..Math.Min(name.Length, MaxEchoed)]}'. Try {AsC(context[0]).ToUpperInvariant()} HELP.");
    }

    /// <summary>An argument as C prints it into a message: up to the first zero byte.</summary>
    private static string AsC(ReadOnlySpan<byte> argument)
    {
        int zero = argument.IndexOf((byte)0);
        return Encoding.Latin1.GetString(zero < 0 ? argument : argument[..zero]);
    }

    private static void Line(CommandContext context, string text) =>
        context.Reply.SimpleString(Encoding.Latin1.GetBytes(text));
}
