using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine;
using Tidelog.Engine.PubSub;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>The registry beside lists of who is subscribed to what.</summary>
internal sealed class RegistryModel
{
    private const int Sessions = 4;
    private static readonly string[] Names = ["", "a", "b", "ab", "a*", "*", "[ab]", "?b"];

    private readonly StorageEngine _engine = new EngineFixture().Engine;
    private readonly Listener[] _sessions = new Listener[Sessions];
    private readonly List<(TopicKind Kind, string Name, int Session)> _expected = [];

    private RegistryModel()
    {
        for (int i = 0; i < Sessions; i++)
        {
            _sessions[i] = new Listener(_engine, protocol: 2 + (i % 2));
        }
    }

    public enum Action
    {
        Subscribe,
        Unsubscribe,
        Forget,
        Publish,
    }

    public static Gen<Step> AnyStep() =>
        from action in Gen.Frequency(
            (10, Gen.Constant(Action.Subscribe)), (6, Gen.Constant(Action.Unsubscribe)),
            (1, Gen.Constant(Action.Forget)), (6, Gen.Constant(Action.Publish)))
        from kind in Gen.Elements(TopicKind.Channel, TopicKind.Pattern, TopicKind.ShardChannel)
        from name in Gen.Elements(Names)
        from session in Gen.Choose(0, Sessions - 1)
        select new Step(action, kind, name, session);

    public static void Run(Step[] steps)
    {
        RegistryModel model = new();
        foreach (Step step in steps)
        {
            model.Take(step);
            model.CheckCounts();
        }
    }

    private void Take(Step step)
    {
        PubSubRegistry registry = _engine.PubSub;
        byte[] name = Encoding.Latin1.GetBytes(step.Name);
        (TopicKind, string, int) subscription = (step.Kind, step.Name, step.Session);
        switch (step.Action)
        {
            case Action.Subscribe:
                registry.Subscribe(step.Kind, _sessions[step.Session], name);
                if (!_expected.Contains(subscription))
                {
                    _expected.Add(subscription);
                }
                break;
            case Action.Unsubscribe:
                registry.Unsubscribe(step.Kind, _sessions[step.Session], name);
                _expected.Remove(subscription);
                break;
            case Action.Forget:
                registry.Forget(_sessions[step.Session]);
                _expected.RemoveAll(s => s.Session == step.Session);
                break;
            default:
                bool sharded = step.Kind == TopicKind.ShardChannel;
                Publish(sharded ? TopicKind.ShardChannel : TopicKind.Channel, step.Name, name);
                break;
        }
    }

    private void Publish(TopicKind kind, string channel, byte[] name)
    {
        long receivers = _engine.PubSub.Publish(kind, name, "m"u8);
        long expected = 0;
        for (int session = 0; session < Sessions; session++)
        {
            string mark = _sessions[session].Protocol == 3 ? ">" : "";
            string[] messages = [.. _expected.Where(s => s.Session == session).SelectMany(s => MessageFor(s))];
            expected += messages.Length;
            Assert.Equal(messages.Order(), _sessions[session].Messages().Order());

            IEnumerable<string> MessageFor((TopicKind Kind, string Name, int Session) s)
            {
                if (s.Kind == kind && s.Name == channel)
                {
                    yield return $"{mark}[\"{(kind == TopicKind.Channel ? "message" : "smessage")}\", \"{channel}\", "
                        + "\"m\"]";
                }
                else if (s.Kind == TopicKind.Pattern && kind == TopicKind.Channel
                    && GlobPattern.Matches(Encoding.Latin1.GetBytes(s.Name), name))
                {
                    yield return $"{mark}[\"pmessage\", \"{s.Name}\", \"{channel}\", \"m\"]";
                }
            }
        }
        Assert.Equal(expected, receivers);
    }

    private void CheckCounts()
    {
        foreach (TopicKind kind in Enum.GetValues<TopicKind>())
        {
            Assert.Equal(
                _expected.Where(s => s.Kind == kind).Select(s => s.Name).Distinct().Count(),
                _engine.PubSub.CountTopics(kind));
            foreach (string name in Names)
            {
                Assert.Equal(
                    _expected.Count(s => s.Kind == kind && s.Name == name),
                    _engine.PubSub.CountSubscribers(kind, Encoding.Latin1.GetBytes(name)));
            }
            for (int i = 0; i < Sessions; i++)
            {
                // In the order in which they were made, which is the order in which UNSUBSCRIBE tells them.
                string[] names = [.. _expected.Where(s => s.Kind == kind && s.Session == i).Select(s => s.Name)];
                Assert.Equal(names.Length, _sessions[i].CountSubscriptions(kind));
                Assert.Equal(names, NamesOf(_sessions[i].Subscriptions, kind));
            }
        }
        Assert.All(_sessions, (session, i) => Assert.Equal(_expected.Any(s => s.Session == i), session.IsSubscribed));
    }

    private static IEnumerable<string> NamesOf(SessionSubscriptions? subscriptions, TopicKind kind)
    {
        for (Subscription? next = subscriptions?[kind].First; next is not null; next = next.PlaceInSession.Next?.Value)
        {
            yield return Encoding.Latin1.GetString(next.Topic.Name);
        }
    }

    public sealed record Step(Action Action, TopicKind Kind, string Name, int Session);
}
