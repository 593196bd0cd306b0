using Tidelog.Engine.PubSub;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>Channels, patterns, and who listens to them: Redis 7.0 pubsub.c.</summary>
internal static class PubSubCommands
{
    private const string Group = "pubsub";
    private const CommandFlags AnyTime = CommandFlags.Loading | CommandFlags.Stale;
    private const CommandFlags Listen = AnyTime | CommandFlags.PubSub | CommandFlags.NoScript;
    private const CommandFlags Send = AnyTime | CommandFlags.PubSub | CommandFlags.Fast | CommandFlags.MayReplicate;

    private static readonly string[] HelpLines =
    [
        "CHANNELS [<pattern>]",
        "    The channels that somebody listens to, those that fit <pattern> if given.",
        "NUMPAT",
        "    How many patterns somebody listens to.",
        "NUMSUB [<channel> ...]",
        "    How many listen to each channel; those by a pattern do not count.",
        "SHARDCHANNELS [<pattern>]",
        "    The shard channels that somebody listens to, those that fit <pattern> if given.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    How many listen to each shard channel.",
    ];

    public static IEnumerable<Command> Table =>
    [
        new("subscribe", -2, Listen, AclCategories.None, Subscribe)
        {
            RunsWhileSubscribed = true,
            Docs = new("Listens to channels.", "2.0.0", Group, "O(N), N channels", "channel [channel ...]"),
        },
        new("unsubscribe", -1, Listen, AclCategories.None, Unsubscribe)
        {
            RunsWhileSubscribed = true,
            Docs = new("Stops listening to channels, or to all.", "2.0.0", Group, "O(N), N channels",
                "[channel [channel ...]]"),
        },
        new("psubscribe", -2, Listen, AclCategories.None, SubscribePattern)
        {
            RunsWhileSubscribed = true,
            Docs = new("Listens to all channels whose names fit patterns.", "2.0.0", Group, "O(N), N patterns",
                "pattern [pattern ...]"),
        },
        new("punsubscribe", -1, Listen, AclCategories.None, UnsubscribePattern)
        {
            RunsWhileSubscribed = true,
            Docs = new("Stops listening to patterns, or to all.", "2.0.0", Group, "O(N), N patterns",
                "[pattern [pattern ...]]"),
        },
        new("ssubscribe", -2, Listen, AclCategories.None, SubscribeShard, KeySpec.Keys(1, -1, KeyFlags.NotKey))
        {
            RunsWhileSubscribed = true,
            Docs = new("Listens to shard channels.", "7.0.0", Group, "O(N), N channels",
                "shardchannel [shardchannel ...]"),
        },
        new("sunsubscribe", -1, Listen, AclCategories.None, UnsubscribeShard, KeySpec.Keys(1, -1, KeyFlags.NotKey))
        {
            RunsWhileSubscribed = true,
            Docs = new("Stops listening to shard channels, or to all.", "7.0.0", Group, "O(N), N channels",
                "[shardchannel [shardchannel ...]]"),
        },
        new("publish", 3, Send, AclCategories.None, Publish)
        {
            Docs = new("Sends a message to all who listen to a channel.", "2.0.0", Group,
                "O(N+M), N listeners and M patterns of anybody", "channel message"),
        },
        new("spublish", 3, Send, AclCategories.None, PublishShard, KeySpec.Key(1, KeyFlags.NotKey))
        {
            Docs = new("Sends a message to all who listen to a shard channel.", "7.0.0", Group, "O(N), N listeners",
                "shardchannel message"),
        },
        new("pubsub", -2, CommandFlags.None, AclCategories.None, null)
        {
            Docs = new("Holds the commands that tell who listens.", "2.8.0", Group, "Depends on subcommand.", ""),
            Subcommands =
            [
                Row("help", 2, AnyTime, Help, "6.2.0", "Explains the subcommands.", "O(1)", ""),
                Row("channels", -2, AnyTime | CommandFlags.PubSub, Channels, "2.8.0",
                    "Lists the channels that somebody listens to.", "O(N), N channels", "[pattern]"),
                Row("numpat", 2, AnyTime | CommandFlags.PubSub, CountPatterns, "2.8.0",
                    "Counts the patterns that somebody listens to.", "O(1)", ""),
                Row("numsub", -2, AnyTime | CommandFlags.PubSub, CountSubscribers, "2.8.0",
                    "Counts who listens to channels.", "O(N), N channels given", "[channel [channel ...]]"),
                Row("shardchannels", -2, AnyTime | CommandFlags.PubSub, ShardChannels, "7.0.0",
                    "Lists the shard channels that somebody listens to.", "O(N), N channels", "[pattern]"),
                Row("shardnumsub", -2, AnyTime | CommandFlags.PubSub, CountShardSubscribers, "7.0.0",
                    "Counts who listens to shard channels.", "O(N), N channels given",
                    "[shardchannel [shardchannel ...]]"),
            ],
        },
    ];

    private static Command Row(
        string name, int arity, CommandFlags flags, Action<CommandContext> handler,
        string since, string summary, string complexity, string syntax) =>
        new(name, arity, flags, AclCategories.None, handler)
        {
            Docs = new(summary, since, Group, complexity, syntax),
        };

    private static void Subscribe(CommandContext context) =>
        Subscribe(context, TopicKind.Channel, "subscribe"u8);

    private static void SubscribePattern(CommandContext context) =>
        Subscribe(context, TopicKind.Pattern, "psubscribe"u8);

    private static void SubscribeShard(CommandContext context)
    {
        // Not in a transaction, which answers once for each command; the older commands may for the sake of old users.
        if (context.DeniesBlocking)
        {
            context.Reply.Error(ReplyError.ShardSubscribeInTransaction);
            return;
        }
        Subscribe(context, TopicKind.ShardChannel, "ssubscribe"u8);
    }

    private static void Unsubscribe(CommandContext context) =>
        Unsubscribe(context, TopicKind.Channel, "unsubscribe"u8);

    private static void UnsubscribePattern(CommandContext context) =>
        Unsubscribe(context, TopicKind.Pattern, "punsubscribe"u8);

    private static void UnsubscribeShard(CommandContext context) =>
        Unsubscribe(context, TopicKind.ShardChannel, "sunsubscribe"u8);

    private static void Subscribe(CommandContext context, TopicKind kind, ReadOnlySpan<byte> answer)
    {
        for (int i = 1; i < context.Count; i++)
        {
            context.Engine.PubSub.Subscribe(kind, context.Session, context[i]);
            Answer(context, kind, answer, context[i]);
        }
    }

    private static void Unsubscribe(CommandContext context, TopicKind kind, ReadOnlySpan<byte> answer)
    {
        for (int i = 1; i < context.Count; i++)
        {
            context.Engine.PubSub.Unsubscribe(kind, context.Session, context[i]);
            Answer(context, kind, answer, context[i]);
        }
        if (context.Count == 1)
        {
            UnsubscribeAll(context, kind, answer);
        }
    }

    /// <summary>One answer for each subscription; one that names none if there was none.</summary>
    private static void UnsubscribeAll(CommandContext context, TopicKind kind, ReadOnlySpan<byte> answer)
    {
        Session session = context.Session;
        if (session.CountSubscriptions(kind) == 0)
        {
            BeginAnswer(context, answer).Null();
            EndAnswer(context, kind);
        }
        while (session.Subscriptions?[kind].First is Subscription subscription)
        {
            byte[] name = subscription.Topic.Name;
            context.Engine.PubSub.Unsubscribe(kind, session, name);
            Answer(context, kind, answer, name);
        }
    }

    /// <summary>Pushed, not replied: a session that wants no replies is told all the same.</summary>
    private static void Answer(
        CommandContext context, TopicKind kind, ReadOnlySpan<byte> answer, ReadOnlySpan<byte> topic)
    {
        BeginAnswer(context, answer).Bulk(topic);
        EndAnswer(context, kind);
    }

    private static ReplyWriter BeginAnswer(CommandContext context, ReadOnlySpan<byte> answer)
    {
        ReplyWriter push = context.Push;
        push.Push(3);
        push.Bulk(answer);
        return push;
    }

    /// <summary>Channels and patterns are counted together, shard channels by themselves.</summary>
    private static void EndAnswer(CommandContext context, TopicKind kind)
    {
        Session session = context.Session;
        context.Push.Integer(kind == TopicKind.ShardChannel
            ? session.CountSubscriptions(TopicKind.ShardChannel)
            : session.CountSubscriptions(TopicKind.Channel) + session.CountSubscriptions(TopicKind.Pattern));
    }

    private static void Publish(CommandContext context) => Publish(context, TopicKind.Channel);

    private static void PublishShard(CommandContext context) => Publish(context, TopicKind.ShardChannel);

    private static void Publish(CommandContext context, TopicKind kind)
    {
        long receivers = context.Engine.PubSub.Publish(kind, context[1], context[2]);

        // A replica's clients may listen where nobody does here.
        context.Effects.AppendUnchanged(context);
        context.Reply.Integer(receivers);
    }

    private static void Help(CommandContext context) => HelpReply.Write(context, HelpLines);

    private static void Channels(CommandContext context) => ListTopics(context, TopicKind.Channel);

    private static void ShardChannels(CommandContext context) => ListTopics(context, TopicKind.ShardChannel);

    private static void ListTopics(CommandContext context, TopicKind kind)
    {
        if (context.Count > 3)
        {
            HelpReply.Refuse(context);
            return;
        }
        long mark = context.Reply.BeginArray();
        long count = 0;
        foreach (Topic topic in context.Engine.PubSub.Table(kind).All)
        {
            if (context.Count == 2 || GlobPattern.Matches(context[2], topic.Name))
            {
                context.Reply.Bulk(topic.Name);
                count++;
            }
        }
        context.Reply.EndArray(mark, count);
    }

    private static void CountPatterns(CommandContext context) =>
        context.Reply.Integer(context.Engine.PubSub.CountTopics(TopicKind.Pattern));

    private static void CountSubscribers(CommandContext context) => CountSubscribers(context, TopicKind.Channel);

    private static void CountShardSubscribers(CommandContext context) =>
        CountSubscribers(context, TopicKind.ShardChannel);

    private static void CountSubscribers(CommandContext context, TopicKind kind)
    {
        context.Reply.Array((context.Count - 2) * 2);
        for (int i = 2; i < context.Count; i++)
        {
            context.Reply.Bulk(context[i]);
            context.Reply.Integer(context.Engine.PubSub.CountSubscribers(kind, context[i]));
        }
    }
}
