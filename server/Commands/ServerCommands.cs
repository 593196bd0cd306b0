using Tidelog.Engine.Commands;

namespace Tidelog.Server.Commands;

/// <summary>The rows of the families that act on the process, its clients and its configuration.</summary>
internal static class ServerCommands
{
    public static IEnumerable<Command> Rows =>
    [
        .. ConnectionCommands.Table,
        .. ClientCommands.Table,
        .. ConfigCommands.Table,
        .. InfoCommand.Table,
        .. ShutdownCommand.Table,
        .. SnapshotCommands.Table,
        .. DebugCommand.Table,
        .. MigrateCommand.Table,
    ];
}
