using System.Runtime.InteropServices;
using Tidelog.Engine;
using Tidelog.Server.Commands;
using Tidelog.Server.Config;
using Tidelog.Server.Logging;
using Tidelog.Server.Rdb;

namespace Tidelog.Server;

/// <summary>The process from its arguments to its exit code.</summary>
internal static class Program
{
    private const string NotSentinel =
        "Tidelog is no Sentinel: run redis-sentinel, which watches Tidelog servers as it does redis-server.";

    private static int Main(string[] arguments)
    {
        if (arguments is [RdbVerb.Name, ..])
        {
            return RdbVerb.Run(arguments[1..], Console.OpenStandardOutput(), Console.Error);
        }
        string workingDirectory = Environment.CurrentDirectory;
        CommandLine commandLine = CommandLine.Parse(arguments, workingDirectory);
        switch (commandLine.Action)
        {
            case CommandLineAction.PrintVersion:
                Console.WriteLine(ServerVersion.Line);
                return 0;
            case CommandLineAction.PrintHelp:
                Console.Error.Write(CommandLine.Help);
                return 1;
            case CommandLineAction.TestMemory:
                Console.Error.WriteLine("There is no built-in memory test: use memtester or memtest86.");
                return 1;
            case CommandLineAction.CheckSystem:
                Console.WriteLine(
                    "[ok] Nothing to check: this server neither forks nor depends on the system's memory settings.");
                return 0;
        }
        if (commandLine.IsSentinel)
        {
            Console.Error.WriteLine(NotSentinel);
            return 1;
        }
        byte[] standardInput = commandLine.ReadsStandardInput ? ReadAll(Console.OpenStandardInput()) : [];
        ServerLog? log = null;
        Configuration configuration = new(text => log!.Warning(text)) { RenameCommand = new CommandRenames().Check };
        log = new ServerLog(configuration.Settings, TimeProvider.System);
        try
        {
            configuration.Load(commandLine, new MemoryStream(standardInput));
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
        if (configuration.Settings.Daemonize && !Daemon.IsChild)
        {
            Daemon.Start(arguments, workingDirectory, commandLine.ReadsStandardInput ? standardInput : null);
            return 0;
        }
        if (Daemon.IsChild)
        {
            Daemon.Detach();
        }
        return Run(configuration, log, hasArguments: arguments.Length > 0);
    }

    private static int Run(Configuration configuration, ServerLog log, bool hasArguments)
    {
        StartLog.Begin(log, hasArguments);
        using TidelogServer server = new(configuration, log, TimeProvider.System);
        if (!server.Listen())
        {
            return 1;
        }
        PidFile.Write(configuration.Settings, log);
        server.Engine.Keyspace[0].Open();
        StartLog.Begun(server);
        if (!server.Load.TryBegin(() => StartLog.Ready(server)))
        {
            return 1;
        }
        WarmUp.Begin();
        using PosixSignalRegistration terminate = OnSignal(server, PosixSignal.SIGTERM, "SIGTERM");
        using PosixSignalRegistration interrupt = OnSignal(server, PosixSignal.SIGINT, "SIGINT");
        using PosixSignalRegistration hangUp =
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        try
        {
            server.Loop.Run();
        }
        catch (InvariantException e)
        {
            // Going on could write a wrong dataset over a right one.
            log.Warning($"Stopping at a fault of the server: {e}");
            server.Snapshots.RemoveTemporaryFile();
            Environment.FailFast(e.Message, e);
        }
        return server.ExitCode;
    }

    private static PosixSignalRegistration OnSignal(TidelogServer server, PosixSignal signal, string name)
    {
        bool insists = false;
        return PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (signal == PosixSignal.SIGINT && insists)
            {
                server.Log.Warning("You insist... exiting now.");
                server.Snapshots.RemoveTemporaryFile();
                Environment.Exit(1);
            }
            insists = true;
            server.Log.Warning($"Received {name} scheduling shutdown...");
            server.Loop.Post(() => server.ShutdownBySignal(signal));
        });
    }

    private static byte[] ReadAll(Stream stream)
    {
        MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }
}
