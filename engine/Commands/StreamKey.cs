using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Values;
using Tidelog.Protocol;
using ValueType = Tidelog.Engine.Keyspace.ValueType;

namespace Tidelog.Engine.Commands;

/// <summary>Finds the stream of a command's key, and makes it changeable.</summary>
internal static unsafe class StreamKey
{
    public static StreamRoot* Root(Record record) => (StreamRoot*)record.Root;

    /// <summary>The root, writable. The key counts as changed for who watches it.</summary>
    public static StreamRoot* Change(CommandContext context, Record record) =>
        Change(context.Database, context.Database.MakeMutable(record));

    /// <summary>
    /// The root, writable, for a change that does not count as one for who watches the key: redis's do not where groups
    /// are concerned.
    /// </summary>
    public static StreamRoot* ChangeUnwatched(CommandContext context, Record record) =>
        Change(context.Database, context.Database.MakeMutableUnwatched(record));

    /// <summary>Finds a key and a group of it; answers the error itself.</summary>
    /// <returns>False if the key is of another type, or there is no such key or group.</returns>
    public static bool TryFindGroup(CommandContext context, Record record, NativeText group)
    {
        if (!context.IsTypeOrMissing(record, ValueType.Stream))
        {
            return false;
        }
        if (!record.Exists || StreamGroups.Find(Root(record), group) == null)
        {
            context.Reply.Error(ReplyError.NoKeyOrGroup(context[1], group.Bytes));
            return false;
        }
        return true;
    }

    private static StreamRoot* Change(Database database, Record mutable)
    {
        mutable.Root = database.Values.WritableRoot(mutable.Root);
        return (StreamRoot*)mutable.Root;
    }
}
