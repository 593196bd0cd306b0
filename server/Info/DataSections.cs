using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Log;
using Tidelog.Server.Config;

namespace Tidelog.Server.Info;

/// <summary>INFO of the dataset: on other machines, in memory.</summary>
internal static class DataSections
{
    private const string NoReplicationId = "0000000000000000000000000000000000000000";

    public static void Replication(TidelogServer server, InfoText text)
    {
        CommandLog log = server.Engine.CommandLog;
        ReplicationSettings settings = server.Settings.Replication;
        text.Add("role", "master");
        text.Add("connected_slaves", 0);
        if (settings.MinReplicasToWrite > 0 && settings.MinReplicasMaxLag > 0)
        {
            text.Add("min_slaves_good_slaves", 0);
        }
        text.Add("master_failover_state", "no-failover");
        text.Add("master_replid", server.ReplicationId);
        text.Add("master_replid2", NoReplicationId);
        text.Add("master_repl_offset", log.EndOffset);
        text.Add("second_repl_offset", -1);
        text.Add("repl_backlog_active", 1);
        text.Add("repl_backlog_size", log.Capacity);

        // Redis numbers the first byte of the stream 1.
        text.Add("repl_backlog_first_byte_offset", log.StartOffset + 1);
        text.Add("repl_backlog_histlen", log.EndOffset - log.StartOffset);
    }

    public static void Keyspace(TidelogServer server, InfoText text)
    {
        for (int i = 0; i < server.Engine.Keyspace.DatabaseCount; i++)
        {
            Database database = server.Engine.Keyspace[i];
            if (database.Count > 0)
            {
                text.Add($"db{i}",
                    $"keys={database.Count},expires={database.ExpiringCount},avg_ttl={database.AverageTtl}");
            }
        }
    }
}
