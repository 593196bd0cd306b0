using System.Text;
using Tidelog.Tests.Reference;

namespace Tidelog.Tests.Differential;

/// <summary>Commands for one client, each a list of arguments whose characters stand for bytes.</summary>
internal sealed class CommandSequence(IReadOnlyList<string[]> commands)
{
    private const int LongestShown = 60;

    public IReadOnlyList<string[]> Commands => commands;

    /// <summary>The sequence as lines that can be pasted into redis-cli, long arguments cut.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (string[] command in commands)
        {
            text.Append('\n').Append("    ").Append(Show(command));
        }

        return text.ToString();
    }

    public static string Show(string[] command) => string.Join(' ', command.Select(ShowArgument));

    /// <summary>Smaller sequences: fewer commands first, then commands with fewer arguments.</summary>
    public static IEnumerable<CommandSequence> Shrink(CommandSequence sequence)
    {
        IReadOnlyList<string[]> all = sequence.Commands;
        for (int length = all.Count / 2; length > 0; length /= 2)
        {
            for (int start = 0; start < all.Count; start += length)
            {
                yield return new([.. all.Take(start), .. all.Skip(start + length)]);
            }
        }

        for (int i = 0; i < all.Count; i++)
        {
            string[] command = all[i];
            for (int drop = command.Length - 1; drop > 0; drop--)
            {
                yield return new([.. all.Take(i), [.. command[..drop], .. command[(drop + 1)..]], .. all.Skip(i + 1)]);
            }
        }
    }

    private static string ShowArgument(string argument)
    {
        string quoted = Reply.Quote(Encoding.Latin1.GetBytes(argument[..Math.Min(argument.Length, LongestShown)]));
        if (argument.Length > LongestShown)
        {
            return $"{quoted}...({argument.Length} bytes)";
        }

        bool plain = argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "*-+.:_".Contains(c));
        return plain ? argument : quoted;
    }
}
