using Tidelog.Engine.Commands;

namespace Tidelog.Engine.PubSub;

/// <summary>
/// One session's subscription to one topic: it is in the lists of both, so that a topic with many subscribers and a
/// session with many topics both let go of it at once.
/// </summary>
internal sealed class Subscription
{
    public Subscription(Session session, Topic topic)
    {
        Session = session;
        Topic = topic;
        PlaceInTopic = new LinkedListNode<Subscription>(this);
        PlaceInSession = new LinkedListNode<Subscription>(this);
    }

    public Session Session { get; }

    public Topic Topic { get; }

    public LinkedListNode<Subscription> PlaceInTopic { get; }

    public LinkedListNode<Subscription> PlaceInSession { get; }
}
