using Tidelog.Engine.Snapshot;
using Tidelog.Server.Persistence;

namespace Tidelog.Server.Info;

/// <summary>INFO persistence: redis's fields in redis's order, and at the end what the cuts cost.</summary>
internal static class PersistenceSection
{
    public static void Write(TidelogServer server, InfoText text)
    {
        Snapshots snapshots = server.Snapshots;
        SnapshotStatistics statistics = snapshots.Statistics;
        long now = server.Time.GetUtcNow().ToUnixTimeSeconds();
        long copied = snapshots.IsSaving ? snapshots.CopiedBytes : 0;
        statistics.SampleCopied(copied);
        (long written, long total) = snapshots.Progress;
        text.Add("loading", server.Engine.IsLoading);
        text.Add("async_loading", 0);
        text.Add("current_cow_peak", statistics.PeakCopiedBytes);
        text.Add("current_cow_size", copied);
        text.Add("current_cow_size_age", 0);
        text.Add("current_fork_perc", total == 0 ? 0.0 : written * 100.0 / total);
        text.Add("current_save_keys_processed", written);
        text.Add("current_save_keys_total", total);
        text.Add("rdb_changes_since_last_save", snapshots.UnsavedChanges);
        text.Add("rdb_bgsave_in_progress", snapshots.IsSaving);
        text.Add("rdb_last_save_time", snapshots.LastSaveSeconds);
        text.Add("rdb_last_bgsave_status", snapshots.LastSucceeded ? "ok" : "err");
        text.Add("rdb_last_bgsave_time_sec", statistics.LastSeconds);
        text.Add("rdb_current_bgsave_time_sec", snapshots.IsSaving ? now - snapshots.RunsSinceSeconds : -1);
        text.Add("rdb_saves", statistics.Saves);
        text.Add("rdb_last_cow_size", statistics.LastCopiedBytes);
        text.Add("rdb_last_load_keys_expired", server.Load.ExpiredKeys);
        text.Add("rdb_last_load_keys_loaded", server.Load.LoadedKeys);
        text.AddZeros("aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled");
        text.Add("aof_last_rewrite_time_sec", -1);
        text.Add("aof_current_rewrite_time_sec", -1);
        text.Add("aof_last_bgrewrite_status", "ok");
        text.AddZeros("aof_rewrites", "aof_rewrites_consecutive_failures");
        text.Add("aof_last_write_status", "ok");
        text.AddZeros("aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size");
        if (server.Engine.IsLoading)
        {
            AddLoading(server.Load, now, text);
        }
        text.Add("rdb_last_cut_usec", statistics.LastCutMicroseconds);
        text.Add("rdb_max_cut_usec", statistics.LongestCutMicroseconds);
    }

    private static void AddLoading(StartLoad load, long now, InfoText text)
    {
        LoadProgress progress = load.Progress;
        long total = Math.Max(0, progress.TotalBytes);
        long loaded = Math.Min(progress.Bytes, total);
        long elapsed = now - load.BeganSeconds;
        text.Add("loading_start_time", load.BeganSeconds);
        text.Add("loading_total_bytes", total);
        text.Add("loading_rdb_used_mem", load.RdbUsedMemory);
        text.Add("loading_loaded_bytes", loaded);
        text.Add("loading_loaded_perc", total == 0 ? 0.0 : loaded * 100.0 / total);

        // In the first second there is too little to go by; redis says 1 then.
        double remaining = (double)elapsed * (total - loaded) / (loaded + 1);
        text.Add("loading_eta_seconds", elapsed <= 0 ? 1 : (long)remaining);
    }
}
