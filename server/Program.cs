using System.Runtime.InteropServices;
using Tidelog.Server.Commands;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;

namespace Tidelog.Server;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        CommandLine commandLine = CommandLine.Parse(arguments, Environment.CurrentDirectory);
        switch (commandLine.Action)
        {
            case CommandLineAction.PrintVersion:
                Console.WriteLine(ServerVersion.Line);
                return 0;
            case CommandLineAction.PrintHelp:
                Console.Error.Write(CommandLine.Help);
                return 1;
        }
        Configuration configuration = new(Console.Error.WriteLine) { RenameCommand = new CommandRenames().Check };
        ServerLog log = new(configuration.Settings, TimeProvider.System);
        try
        {
            configuration.Load(commandLine, Console.OpenStandardInput());
        }
        catch (ConfigFileException e)
        {
            Console.Error.Write(e.Message);
            return 1;
        }
        catch (ConfigFileUnreadableException e)
        {
            log.Warning(e.Message);
            return 1;
        }
        using TidelogServer server = new(configuration, log, TimeProvider.System);
        if (!server.Listen())
        {
            return 1;
        }
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; server.Loop.Post(server.Loop.Stop); });
        log.Notice("Ready to accept connections");
        server.Loop.Run();
        return 0;
    }
}
