namespace Tidelog.Engine.Commands;

/// <summary>The rows of all families that need nothing but the engine.</summary>
internal static class EngineCommands
{
    public static IEnumerable<Command> Rows =>
    [
        .. StringCommands.Table,
        .. StringSetCommands.Table,
        .. StringRangeCommands.Table,
        .. CounterCommands.Table,
        .. LcsCommand.Table,
        .. BitmapCommands.Table,
        .. BitOperationCommand.Table,
        .. BitfieldCommands.Table,
        .. HyperLogLogCommands.Table,
        .. HyperLogLogDebugCommands.Table,
        .. ListCommands.Table,
        .. ListSearchCommands.Table,
        .. ListMoveCommands.Table,
        .. KeyCommands.Table,
        .. ExpireCommands.Table,
        .. ScanCommands.Table,
        .. ObjectCommands.Table,
        .. DatabaseCommands.Table,
        .. MemoryCommands.Table,
        .. EchoCommands.Table,
        .. CommandCommands.Table,
        .. WaitCommand.Table,
        .. PubSubCommands.Table,
        .. TransactionCommands.Table,
    ];
}
