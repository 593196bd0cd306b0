using Tidelog.Engine.Snapshot;
using Xunit;

namespace Tidelog.Tests.Snapshot;

/// <summary>Keeps what it is given, and does something else each time.</summary>
/// <param name="between">What it does; it may run commands.</param>
internal sealed class TakingSink(Action between) : ISnapshotSink
{
    private readonly MemoryStream _bytes = new();

    /// <summary>The whole file; once it has ended.</summary>
    public byte[] Bytes
    {
        get
        {
            Assert.True(HasEnded, "the sink has not ended");
            return _bytes.ToArray();
        }
    }

    public long Length => _bytes.Length;

    public bool HasEnded { get; private set; }

    /// <summary>Why it did not get everything.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Fails when it has so many bytes.</summary>
    public long FailsAt { get; init; } = long.MaxValue;

    public Exception FailsWith { get; init; } = new IOException("No space left on device");

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Assert.False(HasEnded, "a sink that has ended was given more");
        if (_bytes.Length + bytes.Length > FailsAt)
        {
            throw FailsWith;
        }
        _bytes.Write(bytes);
        between();
    }

    public void End(Exception? failure)
    {
        Assert.False(HasEnded, "a sink ended twice");
        HasEnded = true;
        Failure = failure;
    }
}
