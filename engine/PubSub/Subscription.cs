using Tidelog.Engine.Commands;

namespace Tidelog.Engine.PubSub;

/// <summary>
/// One session's subscription to one topic: a link of two lists, so that a topic with many subscribers and a session
/// with many topics both let go of it at once.
/// </summary>
internal sealed class Subscription(Session session, Topic topic)
{
    public Session Session { get; } = session;

    public Topic Topic { get; } = topic;

    public Subscription? PreviousOfTopic { get; set; }

    public Subscription? NextOfTopic { get; set; }

    public Subscription? PreviousOfSession { get; set; }

    public Subscription? NextOfSession { get; set; }
}
