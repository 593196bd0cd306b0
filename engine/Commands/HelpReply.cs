using System.Text;

namespace Tidelog.Engine.Commands;

/// <summary>What a container's HELP answers: a line with its name, the lines given, and HELP's own.</summary>
public static class HelpReply
{
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

    private static void Line(CommandContext context, string text) =>
        context.Reply.SimpleString(Encoding.Latin1.GetBytes(text));
}
