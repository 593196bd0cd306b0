using Tidelog.Engine.Values;

namespace Tidelog.Engine.Commands;

/// <summary>
/// How far a group is behind its stream, as far as that can be known without counting: where nothing was deleted
/// between (Redis 7.0 t_stream.c, streamEstimateDistanceFromFirstEverEntry).
/// </summary>
internal static unsafe class StreamLag
{
    /// <returns>False if it cannot be known.</returns>
    public static bool TryLag(StreamRoot* root, StreamGroup* group, out long lag)
    {
        long added = (long)root->EntriesAdded;
        long read = IsCounted(root, group) ? group->EntriesRead : EntriesUpTo(root, group->LastId);
        lag = added - read;
        return IsCounted(root, group) || read != StreamGroup.Unknown;
    }

    /// <summary>The group gets an entry behind its last one: counts it if it can.</summary>
    public static void Advance(StreamRoot* root, StreamGroup* group, StreamId id)
    {
        if (group->EntriesRead != StreamGroup.Unknown && !HasDeletedFrom(root, id))
        {
            group->EntriesRead++;
        }
        else if (root->EntriesAdded != 0)
        {
            group->EntriesRead = EntriesUpTo(root, id);
        }
        group->LastId = id;
    }

    /// <summary>How many of the entries ever added are up to an ID.</summary>
    /// <returns><see cref="StreamGroup.Unknown"/> where deleted ones may be between.</returns>
    public static long EntriesUpTo(StreamRoot* root, StreamId id)
    {
        long added = (long)root->EntriesAdded;
        long count = root->Value.Count;
        if (added == 0 || (count == 0 && id <= root->LastId) || id == root->LastId)
        {
            return added;
        }
        bool hasDeleted = root->MaxDeletedId != default && root->MaxDeletedId >= root->FirstId;
        if (id > root->LastId || hasDeleted || id > root->FirstId)
        {
            return StreamGroup.Unknown;
        }
        return id == root->FirstId ? added - count + 1 : added - count;
    }

    /// <summary>True if an entry of this ID or behind it may have been deleted out of the middle.</summary>
    private static bool HasDeletedFrom(StreamRoot* root, StreamId id) =>
        root->Value.Count != 0 && root->MaxDeletedId != default && root->FirstId <= root->MaxDeletedId
        && id <= root->MaxDeletedId;

    private static bool IsCounted(StreamRoot* root, StreamGroup* group) =>
        root->EntriesAdded != 0 && group->EntriesRead != StreamGroup.Unknown && !HasDeletedFrom(root, group->LastId);
}
