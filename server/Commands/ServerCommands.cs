using Tidelog.Engine.Commands;

namespace Tidelog.Server.Commands;

/// <summary>The rows of the families that act on the process, its clients and its configuration.</summary>
internal static class ServerCommands
{
    public static IEnumerable<Command> Rows(TidelogServer server) => server.Settings.Port < 0 ? [] :
    [
    ];
}
