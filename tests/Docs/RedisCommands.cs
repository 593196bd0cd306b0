namespace Tidelog.Tests.Docs;

/// <summary>The commands of redis 7.0.15 by group, subcommands as COMMAND LIST writes them.</summary>
internal static class RedisCommands
{
    /// <summary>Groups in the order of docs/compatibility.md; a group's commands in alphabetical order.</summary>
    public static readonly IReadOnlyList<(string Group, string[] Commands)> ByGroup =
    [
        ("generic",
        [
            .. Words("copy del dump exists expire expireat expiretime keys migrate move object object|encoding"),
            .. Words("object|freq object|help object|idletime object|refcount persist pexpire pexpireat pexpiretime"),
            .. Words("pttl randomkey rename renamenx restore scan sort sort_ro touch ttl type unlink wait"),
        ]),
        ("string",
        [
            .. Words("append decr decrby get getdel getex getrange getset incr incrby incrbyfloat lcs mget mset"),
            .. Words("msetnx psetex set setex setnx setrange strlen substr"),
        ]),
        ("list",
        [
            .. Words("blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop lpos lpush lpushx"),
            .. Words("lrange lrem lset ltrim rpop rpoplpush rpush rpushx"),
        ]),
        ("hash",
        [
            .. Words("hdel hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hset"),
            .. Words("hsetnx hstrlen hvals"),
        ]),
        ("set",
        [
            .. Words("sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers smismember smove"),
            .. Words("spop srandmember srem sscan sunion sunionstore"),
        ]),
        ("sorted-set",
        [
            .. Words("bzmpop bzpopmax bzpopmin zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard"),
            .. Words("zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex"),
            .. Words("zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore"),
            .. Words("zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore"),
        ]),
        ("stream",
        [
            .. Words("xack xadd xautoclaim xclaim xdel xgroup xgroup|create xgroup|createconsumer xgroup|delconsumer"),
            .. Words("xgroup|destroy xgroup|help xgroup|setid xinfo xinfo|consumers xinfo|groups xinfo|help"),
            .. Words("xinfo|stream xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim"),
        ]),
        ("bitmap", [.. Words("bitcount bitfield bitfield_ro bitop bitpos getbit setbit")]),
        ("hyperloglog", [.. Words("pfadd pfcount pfdebug pfmerge pfselftest")]),
        ("geo",
        [
            .. Words("geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro"),
            .. Words("geosearch geosearchstore"),
        ]),
        ("pubsub",
        [
            .. Words("psubscribe publish pubsub pubsub|channels pubsub|help pubsub|numpat pubsub|numsub"),
            .. Words("pubsub|shardchannels pubsub|shardnumsub punsubscribe spublish ssubscribe subscribe sunsubscribe"),
            .. Words("unsubscribe"),
        ]),
        ("transactions", [.. Words("discard exec multi unwatch watch")]),
        ("scripting",
        [
            .. Words("eval eval_ro evalsha evalsha_ro fcall fcall_ro function function|delete function|dump"),
            .. Words("function|flush function|help function|kill function|list function|load function|restore"),
            .. Words("function|stats script script|debug script|exists script|flush script|help script|kill"),
            .. Words("script|load"),
        ]),
        ("connection",
        [
            .. Words("auth client client|caching client|getname client|getredir client|help client|id client|info"),
            .. Words("client|kill client|list client|no-evict client|pause client|reply client|setname"),
            .. Words("client|tracking client|trackinginfo client|unblock client|unpause echo hello ping quit"),
            .. Words("reset select"),
        ]),
        ("server",
        [
            .. Words("acl acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|load acl|log"),
            .. Words("acl|save acl|setuser acl|users acl|whoami bgrewriteaof bgsave command command|count"),
            .. Words("command|docs command|getkeys command|getkeysandflags command|help command|info command|list"),
            .. Words("config config|get config|help config|resetstat config|rewrite config|set dbsize debug failover"),
            .. Words("flushall flushdb info lastsave latency latency|doctor latency|graph latency|help"),
            .. Words("latency|histogram latency|history latency|latest latency|reset lolwut memory memory|doctor"),
            .. Words("memory|help memory|malloc-stats memory|purge memory|stats memory|usage module module|help"),
            .. Words("module|list module|load module|loadex module|unload monitor psync replconf replicaof"),
            .. Words("restore-asking role save shutdown slaveof slowlog slowlog|get slowlog|help slowlog|len"),
            .. Words("slowlog|reset swapdb sync time"),
        ]),
        ("cluster",
        [
            .. Words("asking cluster cluster|addslots cluster|addslotsrange cluster|bumpepoch"),
            .. Words("cluster|count-failure-reports cluster|countkeysinslot cluster|delslots cluster|delslotsrange"),
            .. Words("cluster|failover cluster|flushslots cluster|forget cluster|getkeysinslot cluster|help"),
            .. Words("cluster|info cluster|keyslot cluster|links cluster|meet cluster|myid cluster|nodes"),
            .. Words("cluster|replicas cluster|replicate cluster|reset cluster|saveconfig cluster|set-config-epoch"),
            .. Words("cluster|setslot cluster|shards cluster|slaves cluster|slots readonly readwrite"),
        ]),
    ];

    /// <summary>Commands with subcommands.</summary>
    public static IReadOnlySet<string> Containers { get; } = ByGroup
        .SelectMany(group => group.Commands)
        .Where(name => name.Contains('|', StringComparison.Ordinal))
        .Select(name => name.Split('|')[0])
        .ToHashSet();

    private static string[] Words(string list) => list.Split(' ');
}
