using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Log;
using Tidelog.Server.Config;

namespace Tidelog.Server.Info;

/// <summary>INFO of the dataset: on disk, on other machines, in memory.</summary>
internal static class DataSections
{
    private const string NoReplicationId = "0000000000000000000000000000000000000000";

    /// <summary>Nothing is saved yet: the fields say what an idle redis says.</summary>
    public static void Persistence(TidelogServer server, InfoText text)
    {
        text.AddZeros("loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age");
        text.Add("current_fork_perc", 0.0);
        text.AddZeros("current_save_keys_processed", "current_save_keys_total");
        text.Add("rdb_changes_since_last_save", server.Engine.Effects.Changes);
        text.Add("rdb_bgsave_in_progress", 0);
        text.Add("rdb_last_save_time", server.StartedAtMs / 1000);
        text.Add("rdb_last_bgsave_status", "ok");
        text.Add("rdb_last_bgsave_time_sec", -1);
        text.Add("rdb_current_bgsave_time_sec", -1);
        text.AddZeros("rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded");
        text.AddZeros("aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled");
        text.Add("aof_last_rewrite_time_sec", -1);
        text.Add("aof_current_rewrite_time_sec", -1);
        text.Add("aof_last_bgrewrite_status", "ok");
        text.AddZeros("aof_rewrites", "aof_rewrites_consecutive_failures");
        text.Add("aof_last_write_status", "ok");
        text.AddZeros("aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size");
    }

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
