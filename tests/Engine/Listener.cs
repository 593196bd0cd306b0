using Tidelog.Engine;
using Tidelog.Engine.Commands;

namespace Tidelog.Tests.Engine;

/// <summary>A session that keeps what it is sent out of turn.</summary>
internal sealed class Listener : Session
{
    private readonly List<string> _messages = [];

    public Listener(StorageEngine engine, int protocol = 2)
        : base(engine.Keyspace[0])
    {
        Authenticated = true;
        Protocol = protocol;
    }

    /// <summary>The messages since the last call, shown as <see cref="EngineFixture"/> shows replies.</summary>
    public string[] Messages()
    {
        string[] messages = [.. _messages];
        _messages.Clear();
        return messages;
    }

    public override void Deliver(ReadOnlySpan<byte> message)
    {
        int at = 0;
        while (at < message.Length)
        {
            _messages.Add(EngineFixture.Show(message, ref at));
        }
    }
}
