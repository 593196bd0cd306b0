using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.PubSub;

namespace Tidelog.Server.Info;

/// <summary>INFO of what has happened since the start, or since CONFIG RESETSTAT.</summary>
internal static class StatsSections
{
    public static void Stats(TidelogServer server, InfoText text)
    {
        ServerMetrics process = server.Metrics;
        EngineMetrics engine = server.Engine.Metrics;
        text.Add("total_connections_received", process.ConnectionsReceived);
        text.Add("total_commands_processed", engine.CommandsProcessed);
        text.Add("instantaneous_ops_per_sec", process.CommandRate.Rate);
        text.Add("total_net_input_bytes", process.NetInputBytes);
        text.Add("total_net_output_bytes", process.NetOutputBytes);
        text.AddZeros("total_net_repl_input_bytes", "total_net_repl_output_bytes");
        text.Add("instantaneous_input_kbps", process.InputRate.Rate / 1024.0);
        text.Add("instantaneous_output_kbps", process.OutputRate.Rate / 1024.0);
        text.Add("instantaneous_input_repl_kbps", 0.0);
        text.Add("instantaneous_output_repl_kbps", 0.0);
        text.Add("rejected_connections", process.ConnectionsRejected);
        text.AddZeros("sync_full", "sync_partial_ok", "sync_partial_err");
        text.Add("expired_keys", engine.ExpiredKeys);
        text.Add("expired_stale_perc", 0.0);
        text.Add("expired_time_cap_reached_count", engine.ExpiryBudgetReached);
        text.Add("expire_cycle_cpu_milliseconds", process.ExpireCycleMicroseconds / 1000);
        text.Add("evicted_keys", engine.EvictedKeys);
        text.Add("evicted_clients", 0);
        long exceeded = server.Engine.Evictor.CurrentExceededMs;
        text.Add("total_eviction_exceeded_time", engine.EvictionExceededMs + exceeded);
        text.Add("current_eviction_exceeded_time", exceeded);
        text.Add("keyspace_hits", engine.KeyspaceHits);
        text.Add("keyspace_misses", engine.KeyspaceMisses);
        PubSubRegistry pubSub = server.Engine.PubSub;
        text.Add("pubsub_channels", pubSub.CountTopics(TopicKind.Channel));
        text.Add("pubsub_patterns", pubSub.CountTopics(TopicKind.Pattern));
        text.Add("pubsubshard_channels", pubSub.CountTopics(TopicKind.ShardChannel));
        // Nothing is forked: what comes next to it is the cut that a snapshot begins with.
        text.Add("latest_fork_usec", server.Snapshots.Statistics.LastCutMicroseconds);
        text.Add("total_forks", server.Snapshots.Statistics.Cuts);
        text.Add("migrate_cached_sockets", server.MigrationTargets.Count);
        text.AddZeros("slave_expires_tracked_keys");
        text.AddZeros("active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
            "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time");
        text.AddZeros("tracking_total_keys", "tracking_total_items", "tracking_total_prefixes");
        text.Add("unexpected_error_replies", engine.UnexpectedErrorReplies);
        text.Add("total_error_replies", engine.ErrorReplies.Values.Sum());
        text.Add("dump_payload_sanitizations", engine.DumpPayloadSanitizations);
        text.Add("total_reads_processed", process.ReadsProcessed);
        text.Add("total_writes_processed", process.WritesProcessed);
        text.AddZeros("io_threaded_reads_processed", "io_threaded_writes_processed", "reply_buffer_shrinks",
            "reply_buffer_expands");
    }

    public static void Commands(TidelogServer server, InfoText text)
    {
        foreach (Command command in server.Engine.Commands.All)
        {
            Add(text, command, server.Time);
            foreach (Command subcommand in command.Subcommands)
            {
                Add(text, subcommand, server.Time);
            }
        }
    }

    public static void Errors(TidelogServer server, InfoText text)
    {
        Dictionary<string, long> errors = server.Engine.Metrics.ErrorReplies;
        foreach ((string code, long count) in errors.OrderBy(error => error.Key, StringComparer.Ordinal))
        {
            text.Add("errorstat_" + InfoText.Safe(code), $"count={count}");
        }
    }

    private static void Add(InfoText text, Command command, TimeProvider time)
    {
        CommandStats stats = command.Stats;
        if (stats.Calls == 0 && stats.RejectedCalls == 0 && stats.FailedCalls == 0)
        {
            return;
        }
        double microseconds = stats.Ticks * 1e6 / time.TimestampFrequency;
        string average = InfoText.Decimal(stats.Calls == 0 ? 0 : microseconds / stats.Calls);
        text.Add("cmdstat_" + InfoText.Safe(command.FullName), $"calls={stats.Calls},usec={(long)microseconds},"
            + $"usec_per_call={average},rejected_calls={stats.RejectedCalls},failed_calls={stats.FailedCalls}");
    }
}
