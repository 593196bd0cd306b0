using Microsoft.Extensions.Logging;

namespace Tidelog.Engine;

internal static partial class LogMessages
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The command '{Command}' failed by a fault of the server")]
    public static partial void CommandFailed(ILogger logger, string command, Exception fault);
}
