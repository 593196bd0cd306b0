using System.Runtime.CompilerServices;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Engine.PubSub;

/// <summary>Publishes what happens to keys, as far as <c>notify-keyspace-events</c> asks for it.</summary>
public sealed unsafe class KeyspaceNotifier
{
    private readonly EngineOptions _options;
    private readonly PubSubRegistry _pubSub;
    private readonly ReplyWriter _channel = new(256);

    internal KeyspaceNotifier(EngineOptions options, PubSubRegistry pubSub)
    {
        _options = options;
        _pubSub = pubSub;
    }

    /// <summary>Tells of an event; costs one branch while its class is off.</summary>
    /// <param name="kind">The event's class.</param>
    /// <param name="name">Such as "lpush".</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Notify(NotifyEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, Database database)
    {
        if ((_options.NotifyKeyspaceEvents & kind) != 0)
        {
            Publish(name, key, database.Index);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Publish(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database)
    {
        if ((_options.NotifyKeyspaceEvents & NotifyEvents.Keyspace) != 0)
        {
            _pubSub.Publish(TopicKind.Channel, Channel("__keyspace@"u8, database, key), name);
        }
        if ((_options.NotifyKeyspaceEvents & NotifyEvents.KeyEvent) != 0)
        {
            _pubSub.Publish(TopicKind.Channel, Channel("__keyevent@"u8, database, name), key);
        }
    }

    private ReadOnlySpan<byte> Channel(ReadOnlySpan<byte> prefix, int database, ReadOnlySpan<byte> rest)
    {
        byte* digits = stackalloc byte[Numbers.MaxInt64Length];
        int length = Numbers.Format(database, digits);
        _channel.Clear();
        _channel.Raw(prefix);
        _channel.Raw(new ReadOnlySpan<byte>(digits, length));
        _channel.Raw("__:"u8);
        _channel.Raw(rest);
        return _channel.Written;
    }
}
