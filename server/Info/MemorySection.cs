using Tidelog.Engine;

namespace Tidelog.Server.Info;

/// <summary>INFO memory.</summary>
internal static class MemorySection
{
    public static void Write(TidelogServer server, InfoText text)
    {
        server.SumMemory();
        StorageEngine engine = server.Engine;
        long used = engine.UsedMemory;
        long resident = ProcessUsage.ResidentBytes;
        long peak = Math.Max(used, engine.PeakMemory);

        // The log of effects is memory that a replica of redis would cost: it counts as overhead, not as data.
        long backlog = engine.CommandLog.Capacity;
        long overhead = server.StartupMemory + backlog + server.ClientMemory + engine.Keyspace.OverheadBytes;
        long dataset = Math.Max(0, used - overhead);
        long sinceStart = Math.Max(1, used - server.StartupMemory);
        text.AddBytes("used_memory", used);
        text.AddBytes("used_memory_rss", resident);
        text.AddBytes("used_memory_peak", peak);
        text.Add("used_memory_peak_perc", used * 100.0 / peak, "%");
        text.Add("used_memory_overhead", overhead);
        text.Add("used_memory_startup", server.StartupMemory);
        text.Add("used_memory_dataset", dataset);
        text.Add("used_memory_dataset_perc", Math.Min(100, dataset * 100.0 / sinceStart), "%");
        text.Add("allocator_allocated", used);
        text.Add("allocator_active", resident);
        text.Add("allocator_resident", resident);
        text.AddBytes("total_system_memory", ProcessUsage.MachineMemory);
        AddScripts(text);
        text.AddBytes("maxmemory", engine.Options.MaxMemory);
        text.Add("maxmemory_policy", PolicyName(engine.Options.MaxMemoryPolicy));
        text.Add("allocator_frag_ratio", (double)resident / used);
        text.Add("allocator_frag_bytes", resident - used);
        text.Add("allocator_rss_ratio", 1.0);
        text.Add("allocator_rss_bytes", 0);
        text.Add("rss_overhead_ratio", 1.0);
        text.Add("rss_overhead_bytes", 0);
        text.Add("mem_fragmentation_ratio", (double)resident / used);
        text.Add("mem_fragmentation_bytes", resident - used);
        text.Add("mem_not_counted_for_evict", 0);
        text.Add("mem_replication_backlog", backlog);
        text.Add("mem_total_replication_buffers", backlog);
        text.Add("mem_clients_slaves", 0);
        text.Add("mem_clients_normal", server.ClientMemory);
        text.AddZeros("mem_cluster_links", "mem_aof_buffer");
        text.Add("mem_allocator", "native");
        text.Add("active_defrag_running", 0);
        text.Add("lazyfree_pending_objects", engine.Keyspace.LazyFree.Pending);
        text.Add("lazyfreed_objects", engine.Keyspace.LazyFree.Freed);
    }

    private static void AddScripts(InfoText text)
    {
        text.AddZeros("used_memory_lua", "used_memory_vm_eval");
        text.Add("used_memory_lua_human", InfoText.Human(0));
        text.AddZeros("used_memory_scripts_eval", "number_of_cached_scripts", "number_of_functions",
            "number_of_libraries", "used_memory_vm_functions");
        text.AddBytes("used_memory_vm_total", 0);
        text.Add("used_memory_functions", 0);
        text.AddBytes("used_memory_scripts", 0);
    }

    private static string PolicyName(MaxMemoryPolicy policy) => policy switch
    {
        MaxMemoryPolicy.VolatileLru => "volatile-lru",
        MaxMemoryPolicy.VolatileLfu => "volatile-lfu",
        MaxMemoryPolicy.VolatileRandom => "volatile-random",
        MaxMemoryPolicy.VolatileTtl => "volatile-ttl",
        MaxMemoryPolicy.AllKeysLru => "allkeys-lru",
        MaxMemoryPolicy.AllKeysLfu => "allkeys-lfu",
        MaxMemoryPolicy.AllKeysRandom => "allkeys-random",
        _ => "noeviction",
    };
}
