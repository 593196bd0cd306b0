// Who is subscribed to what, and the way of a message to them. Redis 7.0 pubsub.c.
//
//  - A message is encoded once for each version of the protocol that a subscriber speaks, and copied to each of them.
//  - Deliver is the only way to another session. What its subscribers do with it is theirs: a network client keeps it
//    until the end of the turn, so that many messages leave with one call.
//  - The session whose command runs gets it in between its replies, where redis has it too.

using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Engine.PubSub;

/// <summary>The subscriptions of all sessions, and the delivery of messages to them.</summary>
public sealed class PubSubRegistry
{
    private readonly TopicTable[] _tables = [new(), new(), new()];
    private readonly ReplyWriter _resp2 = new(1024) { Protocol = 2 };
    private readonly ReplyWriter _resp3 = new(1024) { Protocol = 3 };

    internal PubSubRegistry()
    {
    }

    /// <summary>The command that runs now; null between commands.</summary>
    internal CommandContext? Running { get; set; }

    /// <summary>Topics that have subscribers.</summary>
    public int CountTopics(TopicKind kind) => Table(kind).Count;

    /// <summary>Subscribers of one topic.</summary>
    public int CountSubscribers(TopicKind kind, ReadOnlySpan<byte> name) =>
        Table(kind).Find(name)?.Subscriptions.Count ?? 0;

    /// <summary>Sends a message to everybody who listens to a channel.</summary>
    /// <param name="kind">Not <see cref="TopicKind.Pattern"/>.</param>
    /// <returns>To how many it goes; a session counts as often as its subscriptions fit.</returns>
    public long Publish(TopicKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        long receivers = 0;
        if (Table(kind).Find(channel) is Topic topic)
        {
            Send(topic, kind, channel, message);
            receivers = topic.Subscriptions.Count;
        }
        TopicTable patterns = Table(TopicKind.Pattern);
        if (kind == TopicKind.ShardChannel || patterns.Count == 0)
        {
            return receivers;
        }
        foreach (Topic pattern in patterns.All)
        {
            if (GlobPattern.Matches(pattern.Name, channel))
            {
                Send(pattern, TopicKind.Pattern, channel, message);
                receivers += pattern.Subscriptions.Count;
            }
        }
        return receivers;
    }

    /// <summary>Ends all subscriptions of a session without telling it: it disconnects, or is RESET.</summary>
    public void Forget(Session session)
    {
        SessionSubscriptions? subscriptions = session.Subscriptions;
        if (subscriptions is null)
        {
            return;
        }
        session.Subscriptions = null;
        foreach (TopicKind kind in (ReadOnlySpan<TopicKind>)
            [TopicKind.Channel, TopicKind.Pattern, TopicKind.ShardChannel])
        {
            while (subscriptions[kind].First is Subscription subscription)
            {
                Remove(kind, subscriptions[kind], subscription.Topic);
            }
        }
    }

    internal TopicTable Table(TopicKind kind) => _tables[(int)kind];

    /// <summary>Subscribes a session; nothing happens if it is subscribed already.</summary>
    internal void Subscribe(TopicKind kind, Session session, ReadOnlySpan<byte> name)
    {
        SubscriptionList list = (session.Subscriptions ??= new SessionSubscriptions())[kind];
        Topic topic = Table(kind).FindOrAdd(name);
        if (!list.Contains(topic))
        {
            Subscription subscription = new(session, topic);
            list.Add(subscription);
            topic.Subscriptions.AddLast(subscription.PlaceInTopic);
        }
    }

    /// <summary>Ends one subscription of a session, if it has it.</summary>
    internal void Unsubscribe(TopicKind kind, Session session, ReadOnlySpan<byte> name)
    {
        if (session.Subscriptions is SessionSubscriptions subscriptions && Table(kind).Find(name) is Topic topic)
        {
            Remove(kind, subscriptions[kind], topic);
            if (subscriptions.Count == 0)
            {
                session.Subscriptions = null;
            }
        }
    }

    private void Remove(TopicKind kind, SubscriptionList list, Topic topic)
    {
        if (list.Remove(topic) is Subscription subscription)
        {
            topic.Subscriptions.Remove(subscription.PlaceInTopic);
            if (topic.Subscriptions.Count == 0)
            {
                Table(kind).Remove(topic);
            }
        }
    }

    private void Send(Topic topic, TopicKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        _resp2.Clear();
        _resp3.Clear();
        foreach (Subscription subscription in topic.Subscriptions)
        {
            Session session = subscription.Session;
            ReplyWriter encoded = session.Protocol == 3 ? _resp3 : _resp2;
            if (encoded.Length == 0)
            {
                Encode(encoded, topic, kind, channel, message);
            }
            Deliver(session, encoded.Written);
        }
    }

    private static void Encode(
        ReplyWriter writer, Topic topic, TopicKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        if (kind == TopicKind.Pattern)
        {
            writer.Push(4);
            writer.Bulk("pmessage"u8);
            writer.Bulk(topic.Name);
        }
        else
        {
            writer.Push(3);
            writer.Bulk(kind == TopicKind.Channel ? "message"u8 : "smessage"u8);
        }
        writer.Bulk(channel);
        writer.Bulk(message);
    }

    private void Deliver(Session session, ReadOnlySpan<byte> message)
    {
        if (session.CloseAfterReply)
        {
            return;
        }
        if (Running is CommandContext running && running.Session == session)
        {
            running.Push.Raw(message);
        }
        else
        {
            session.Deliver(message);
        }
    }
}
