namespace Tidelog.Server.Config;

/// <summary>What the process was started for.</summary>
internal enum CommandLineAction
{
    Run,
    PrintVersion,
    PrintHelp,
    TestMemory,
    CheckSystem,
}
