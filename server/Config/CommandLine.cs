using System.Text;

namespace Tidelog.Server.Config;

// [file] [-] [--directive value ...] [-]. Options become lines that are read after the file and standard input, so
// that they win: "--port 6380" is the line `port "6380" `. A word that begins with "--" is a value, not an option, if
// the option before it has none yet; "--save" alone is the one exception that Redis makes.

/// <summary>The arguments of the process, understood as Redis 7.0 does.</summary>
internal sealed record CommandLine
{
    public CommandLineAction Action { get; private init; }

    /// <summary>Absolute, or null; it may hold wildcards.</summary>
    public string? ConfigFile { get; private init; }

    /// <summary>True if <c>-</c> was given: configuration is read from standard input, after the file.</summary>
    public bool ReadsStandardInput { get; private init; }

    /// <summary>Lines to be read after everything else; null if there are no arguments at all.</summary>
    public string? Options { get; private init; }

    /// <summary>True if Sentinel was asked for, which this server is not.</summary>
    public bool IsSentinel { get; private init; }

    /// <summary>Megabytes of <c>--test-memory</c>, or null if they are missing.</summary>
    public string? TestMemoryMegabytes { get; private init; }

    public const string Help =
        """
        Usage: tidelog-server [/path/to/tidelog.conf] [--directive value ...] [-]
               tidelog-server -v | --version
               tidelog-server -h | --help
               tidelog-server --check-system
               tidelog-server rdb check|stat|json FILE

        The file has redis.conf's format. A "-" as the first or last argument reads further lines from
        standard input. Options come last and win.

        Examples:
               tidelog-server                                     run with the defaults, on port 6379
               tidelog-server /etc/tidelog.conf --loglevel verbose
               tidelog-server --port 7777 --replicaof 127.0.0.1 8888
               tidelog-server --save 900 1 --save 60 1000
               echo 'maxmemory 128mb' | tidelog-server -

        """;

    /// <param name="arguments">Without the program's name.</param>
    /// <param name="workingDirectory">What a relative path of the file is relative to.</param>
    public static CommandLine Parse(IReadOnlyList<string> arguments, string workingDirectory)
    {
        if (arguments.Count == 0) return new CommandLine();
        CommandLineAction action = arguments[0] switch
        {
            "-v" or "--version" => CommandLineAction.PrintVersion,
            "-h" or "--help" => CommandLineAction.PrintHelp,
            "--test-memory" => CommandLineAction.TestMemory,
            "--check-system" => CommandLineAction.CheckSystem,
            _ => CommandLineAction.Run,
        };
        if (action != CommandLineAction.Run)
        {
            string? megabytes = arguments.Count == 2 ? arguments[1] : null;
            return new CommandLine { Action = action, TestMemoryMegabytes = megabytes };
        }
        bool hasFile = !arguments[0].StartsWith('-');
        int first = hasFile ? 1 : 0;
        return new CommandLine
        {
            ConfigFile = hasFile ? Absolute(arguments[0], workingDirectory) : null,
            ReadsStandardInput = IsStandardInput(arguments, 0) || IsStandardInput(arguments, arguments.Count - 1),
            Options = OptionLines(arguments, first),
            IsSentinel = arguments.Contains("--sentinel"),
        };
    }

    private static string OptionLines(IReadOnlyList<string> arguments, int first)
    {
        var lines = new StringBuilder();
        bool isValueDue = false;
        for (int i = first; i < arguments.Count; i++)
        {
            string argument = ConfigText.FromPath(arguments[i]);
            bool isLast = i == arguments.Count - 1;
            if (IsStandardInput(arguments, i)) continue;
            if (isValueDue || !argument.StartsWith("--", StringComparison.Ordinal))
            {
                lines.Append(ConfigText.Quote(argument)).Append(' ');
                isValueDue = false;
                continue;
            }
            if (lines.Length > 0) lines.Append('\n');
            lines.Append(argument, 2, argument.Length - 2).Append(' ');
            // "--port 6380" may be one argument: then its value is already there.
            isValueDue = ConfigText.Split(argument) is { Count: 1 };
            bool endsHere = isLast || arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (!isValueDue || !endsHere) continue;
            if (Is(argument, "--save")) lines.Append("\"\"");
            if (Is(argument, "--save") || Is(argument, "--sentinel")) isValueDue = false;
        }
        return lines.ToString();
    }

    private static bool IsStandardInput(IReadOnlyList<string> arguments, int index) =>
        arguments[index] == "-" && (index == 0 || index == arguments.Count - 1);

    private static bool Is(string argument, string option) =>
        argument.Equals(option, StringComparison.OrdinalIgnoreCase);

    // Leading "../" are resolved, as Redis does, and nothing else: INFO and CONFIG REWRITE show the path as it was
    // given.
    private static string Absolute(string path, string workingDirectory)
    {
        path = path.Trim(' ', '\r', '\n', '\t');
        if (path.StartsWith('/')) return path;
        string directory = workingDirectory.TrimEnd('/') + "/";
        while (path.StartsWith("../", StringComparison.Ordinal))
        {
            path = path[3..];
            if (directory.Length > 1) directory = directory[..(directory.LastIndexOf('/', directory.Length - 2) + 1)];
        }
        return directory + path;
    }
}
