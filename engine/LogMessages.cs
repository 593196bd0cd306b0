using Microsoft.Extensions.Logging;

namespace Tidelog.Engine;

internal static partial class LogMessages
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The command '{Command}' failed by a fault of the server")]
    public static partial void CommandFailed(ILogger logger, string command, Exception fault);

    [LoggerMessage(Level = LogLevel.Debug, SkipEnabledCheck = true, Message =
        "Internal error in RDB reading offset {Offset}: {Name}: expected {Expected}, found {Found}")]
    public static partial void PayloadRefused(ILogger logger, long offset, string name, string expected, string found);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. "
        + "This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis "
        + "instance. Connection aborted.")]
    public static partial void HttpRefused(ILogger logger);
}
