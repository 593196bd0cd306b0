namespace Tidelog.Server.Config;

/// <summary>A configuration file that cannot be opened.</summary>
/// <remarks><see cref="Exception.Message"/> is Redis's log line, at level warning; the process exits with 1.</remarks>
internal sealed class ConfigFileUnreadableException(string file, string reason)
    : IOException($"Fatal error, can't open config file '{file}': {reason}");
