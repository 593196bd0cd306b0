namespace Tidelog.Tests.Server;

/// <summary>A path for a unix socket, in a directory of its own.</summary>
internal sealed class TemporarySocketPath : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tidelog-test-").FullName;

    public string Name => Path.Combine(_directory, "s");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
