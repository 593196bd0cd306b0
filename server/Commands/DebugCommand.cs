namespace Tidelog.Server.Commands;

internal static class DebugCommand
{
    public static IEnumerable<Tidelog.Engine.Commands.Command> Table => [];
}
