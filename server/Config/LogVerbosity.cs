namespace Tidelog.Server.Config;

/// <summary>The least important line that is still written.</summary>
internal enum LogVerbosity
{
    Debug,
    Verbose,
    Notice,
    Warning,
}
