using System.Text;

namespace Tidelog.Server.Config;

/// <summary>A line of the configuration that the server does not start with.</summary>
/// <remarks><see cref="Exception.Message"/> is Redis's whole report, for standard error; the process exits with
/// 1.</remarks>
internal sealed class ConfigFileException(string? file, int line, string? text, string reason)
    : Exception(Report(line, text, reason))
{
    /// <summary>Null if the line came from standard input or from the command line only.</summary>
    public string? File { get; } = file;

    /// <summary>1-based, counted through file, standard input and command line; 0 if no single line is to
    /// blame.</summary>
    public int Line { get; } = line;

    /// <summary>The line without the blanks around it, or null.</summary>
    public string? Text { get; } = text;

    public string Reason { get; } = reason;

    private static string Report(int line, string? text, string reason)
    {
        var report = new StringBuilder($"\n*** FATAL CONFIG FILE ERROR (Redis {ServerVersion.Redis}) ***\n");
        if (text is not null)
        {
            report.Append($"Reading the configuration file, at line {line}\n>>> '{ConfigText.ToPath(text)}'\n");
        }
        return report.Append(reason).Append('\n').ToString();
    }
}
