namespace Tidelog.Server.Config;

/// <summary>One <c>loadmodule</c>, in the order of the file.</summary>
internal sealed record ModuleToLoad(string Path, IReadOnlyList<string> Arguments);
