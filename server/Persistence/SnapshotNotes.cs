using System.Globalization;
using Tidelog.Engine;
using Tidelog.Engine.Snapshot;
using Tidelog.Server.Config;

namespace Tidelog.Server.Persistence;

/// <summary>What a snapshot says of itself, and how it is written.</summary>
internal static class SnapshotNotes
{
    /// <summary>The AUX fields: Redis 7.0 rdb.c, rdbSaveInfoAuxFields.</summary>
    /// <remarks>
    /// Redis leaves the fields of replication out while it has no backlog; here the stream of effects is always kept.
    /// </remarks>
    public static IReadOnlyList<(string Name, string Value)> Of(TidelogServer server, long nowSeconds)
    {
        StorageEngine engine = server.Engine;
        return
        [
            ("redis-ver", ServerVersion.Redis),
            ("redis-bits", Text(IntPtr.Size * 8)),
            ("ctime", Text(nowSeconds)),
            ("used-mem", Text(engine.UsedMemory)),
            ("repl-stream-db", Text(engine.Effects.SelectedDatabase)),
            ("repl-id", server.ReplicationId),
            ("repl-offset", Text(engine.CommandLog.EndOffset)),
            ("aof-base", "0"),
        ];
    }

    public static RdbFormat FormatOf(ServerSettings settings) => new(
        settings.Engine.RdbVersion,
        settings.Engine.RdbCompression,
        settings.Persistence.RdbChecksum,
        settings.Engine.MaxMemoryPolicy switch
        {
            MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru => AccessDetail.Idle,
            MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu => AccessDetail.Frequency,
            _ => AccessDetail.None,
        });

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
