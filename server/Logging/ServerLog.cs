using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Tidelog.Server.Config;

namespace Tidelog.Server.Logging;

/// <summary>
/// The server's log in redis's line format, "pid:role date mark text", since operators' tools read it. The file is
/// opened for each line, so that it can be moved away at any time.
/// </summary>
internal sealed class ServerLog(ServerSettings settings, TimeProvider time) : ILogger
{
    private const string Marks = ".-*#";
    private readonly Lock _lock = new();
    private readonly Stream _standardOutput = Console.OpenStandardOutput();

    /// <summary>'M' for a master, 'S' for a replica.</summary>
    public char Role { get; set; } = 'M';

    public void Debug(string text) => Write(LogVerbosity.Debug, text);

    public void Verbose(string text) => Write(LogVerbosity.Verbose, text);

    public void Notice(string text) => Write(LogVerbosity.Notice, text);

    public void Warning(string text) => Write(LogVerbosity.Warning, text);

    public bool IsEnabled(LogVerbosity level) => level >= settings.LogLevel;

    public void Write(LogVerbosity level, string text)
    {
        if (!IsEnabled(level))
        {
            return;
        }
        string date = time.GetLocalNow().ToString("dd MMM yyyy HH:mm:ss.fff", CultureInfo.InvariantCulture);
        Append($"{Environment.ProcessId}:{Role} {date} {Marks[(int)level]} {text}\n");
    }

    /// <summary>Text without the line's prefix, at level notice: the logo.</summary>
    public void WriteRaw(string text)
    {
        if (IsEnabled(LogVerbosity.Notice))
        {
            Append(text);
        }
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && IsEnabled(Map(logLevel));

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        string text = formatter(state, exception);
        Write(Map(logLevel), exception is null ? text : $"{text}: {exception}");
    }

    private static LogVerbosity Map(LogLevel level) => level switch
    {
        LogLevel.Trace => LogVerbosity.Debug,
        LogLevel.Debug => LogVerbosity.Verbose,
        LogLevel.Information => LogVerbosity.Notice,
        _ => LogVerbosity.Warning,
    };

    private void Append(string line)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(ConfigText.FromPath(line));
        lock (_lock)
        {
            try
            {
                if (settings.LogFile.Length == 0)
                {
                    _standardOutput.Write(bytes);
                    _standardOutput.Flush();
                    return;
                }
                string path = ConfigText.ToPath(settings.LogFile);
                using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
                file.Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Nobody can be told that the log cannot be written; the server goes on.
            }
        }
    }
}
