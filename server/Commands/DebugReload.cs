using Tidelog.Engine.Commands;
using Tidelog.Engine.Snapshot;
using Tidelog.Protocol;

namespace Tidelog.Server.Commands;

/// <summary>DEBUG RELOAD: saves the dataset and loads it again while everybody waits.</summary>
internal static class DebugReload
{
    public static void Reload(CommandContext context)
    {
        bool saves = true;
        bool flushes = true;
        bool merges = false;
        for (int i = 2; i < context.Count; i++)
        {
            if (context.Is(i, "MERGE"u8))
            {
                merges = true;
            }
            else if (context.Is(i, "NOFLUSH"u8))
            {
                flushes = false;
            }
            else if (context.Is(i, "NOSAVE"u8))
            {
                saves = false;
            }
            else
            {
                context.Reply.Error(ReplyError.ReloadOptions);
                return;
            }
        }
        TidelogServer server = TidelogServer.Of(context);
        if (context.Engine.IsLoading)
        {
            context.Reply.Error(ReplyError.Loading);
        }
        else if (saves && !server.Snapshots.TrySave())
        {
            context.Reply.Error(ReplyError.Unexplained);
        }
        else
        {
            Load(context, server, flushes, merges);
        }
    }

    /// <param name="flushes">The present dataset goes; else the keys of the file are added to it.</param>
    /// <param name="merges">A key that is there already is replaced; else it is an error.</param>
    private static void Load(CommandContext context, TidelogServer server, bool flushes, bool merges)
    {
        if (!server.Load.TryLoadNow(out LoadedDataset? loaded))
        {
            context.Reply.Error(ReplyError.ReloadFailed);
            return;
        }
        if (flushes)
        {
            context.Keyspace.Adopt(loaded);
        }
        else if (!DatasetMerge.TryAdd(loaded, context.Keyspace, replaces: merges))
        {
            server.Log.Warning("The RDB file has a key that is in the dataset");
            context.Reply.Error(ReplyError.ReloadFailed);
            return;
        }
        server.Snapshots.Functions = loaded.Functions;
        server.Log.Warning("DB reloaded by DEBUG RELOAD");
        context.Reply.Ok();
    }
}
