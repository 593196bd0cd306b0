namespace Tidelog.Server.Config;

/// <summary>One <c>rename-command</c>; an empty new name takes the command away.</summary>
internal readonly record struct RenamedCommand(string Name, string NewName);
