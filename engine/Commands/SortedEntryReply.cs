using Tidelog.Engine.Values;
using Tidelog.Protocol;

namespace Tidelog.Engine.Commands;

/// <summary>
/// Entries of sorted sets as they are answered: with scores, a RESP3 client gets an array of each, a RESP2 client all
/// in one.
/// </summary>
internal static class SortedEntryReply
{
    /// <summary>Begins the array of the entries.</summary>
    public static void Begin(ReplyWriter reply, long count, bool withScores) =>
        reply.Array(withScores && reply.Protocol == 2 ? 2 * count : count);

    public static void Add(ReplyWriter reply, Element member, double score, bool withScores)
    {
        if (!withScores)
        {
            member.Reply(reply);
            return;
        }
        if (reply.Protocol != 2)
        {
            reply.Array(2);
        }
        member.Reply(reply);
        reply.Double(score);
    }
}
