namespace Tidelog.Tests.Server;

/// <summary>What <see cref="ConfigReferenceTests"/> gives to both servers.</summary>
internal static class ConfigReferenceCases
{
    public static readonly string[][] Sets =
    [
        ["timeout", "10"], ["timeout", "10", "tcp-keepalive", "7"], ["timeout", "3", "timeout", "4"],
        ["slave-priority", "1", "replica-priority", "2"], ["timeout", "7", "hz", "x"], ["hz", "1000"], ["hz", "0"],
        ["hz", "-1"],
        ["nosuch", "1"], ["timeout", "1", "nosuch", "1"], ["databases", "3"], ["databases", "3", "nosuch", "1"],
        ["nosuch", "1", "databases", "3"], ["port", "abc"], ["port", "70000"], ["timeout", ""], ["timeout", "01"],
        ["timeout", " 1"], ["timeout", "-0"], ["timeout", "+1"], ["timeout", "99999999999"], ["TimeOut", "12"],
        ["maxclients", "0"], ["maxclients", "-1"], ["slowlog-max-len", "-1"], ["slowlog-log-slower-than", "-1"],
        ["maxmemory", ""], ["maxmemory", "kb"], ["maxmemory", "1k"], ["maxmemory", "1Kb"], ["maxmemory", "2m"],
        ["maxmemory", "2mB"], ["maxmemory", "3g"], ["maxmemory", "3GB"], ["maxmemory", "5b"], ["maxmemory", "1t"],
        ["maxmemory", "-1"], ["maxmemory", " 1"], ["maxmemory", "18446744073709551616"],
        ["maxmemory", "18446744073709551615kb"],
        ["maxmemory", "0"], ["proto-max-bulk-len", "100"], ["proto-max-bulk-len", "9223372036854775808"],
        ["client-query-buffer-limit", "9223372036854775808"], ["client-query-buffer-limit", "2mb"],
        ["maxmemory-clients", "5%"], ["maxmemory-clients", "101%"], ["maxmemory-clients", "%"],
        ["maxmemory-clients", "-5%"],
        ["maxmemory-clients", "x%"], ["maxmemory-clients", "10mb"], ["maxmemory-clients", "0"],
        ["repl-backlog-size", "0"], ["repl-backlog-size", "16kb"], ["hash-max-ziplist-value", "9223372036854775808"],
        ["hash-max-ziplist-entries", "-1"], ["hash-max-ziplist-entries", "7"], ["list-max-ziplist-size", "-3"],
        ["maxmemory-policy", "foo"], ["maxmemory-policy", "ALLKEYS-LRU"],
        ["maxmemory-policy", "allkeys-lru noeviction"],
        ["loglevel", ""], ["loglevel", "Verbose"], ["appendfsync", "x"], ["acl-pubsub-default", "allchannels"],
        ["sanitize-dump-payload", "clients"], ["repl-diskless-load", "swapdb"], ["propagation-error-behavior", "y"],
        ["oom-score-adj", "x"], ["protected-mode", "maybe"], ["protected-mode", "NO"], ["activedefrag", "yes"],
        ["activedefrag", "no"], ["shutdown-on-sigint", "SAVE"], ["shutdown-on-sigint", "now nosave force"],
        ["shutdown-on-sigint", "save nosave"], ["shutdown-on-sigint", "default"], ["shutdown-on-sigint", "save  now"],
        ["shutdown-on-sigterm", ""], ["shutdown-on-sigterm", "foo"],
        ["save", "abc"], ["save", "1"], ["save", "100 0"], ["save", "0 100"], ["save", "900 1  300 10"],
        ["save", "900 1 300 10"],
        ["save", ""], ["save", "9 -1"], ["save", " 9 1"], ["save", "9 1x"],
        ["oom-score-adj-values", "1"], ["oom-score-adj-values", "1 2 3"], ["oom-score-adj-values", "1 2 3000"],
        ["oom-score-adj-values", "3 2 x"],
        ["client-output-buffer-limit", "a"], ["client-output-buffer-limit", ""],
        ["client-output-buffer-limit", "normal 1 2 3"],
        ["client-output-buffer-limit", "REPLICA 1mb 1k 3 pubsub 7 8 9"], ["client-output-buffer-limit", "master 1 2 3"],
        ["client-output-buffer-limit", "normal x 2 3"], ["client-output-buffer-limit", "normal 1 2 -3"],
        ["client-output-buffer-limit", "normal 1 2 3x"], ["client-output-buffer-limit", "normal 0 0 0 slave 1 2 x"],
        ["latency-tracking-info-percentiles", "101"], ["latency-tracking-info-percentiles", "-0.1"],
        ["latency-tracking-info-percentiles", "x"], ["latency-tracking-info-percentiles", "50 99.12345678 1e1"],
        ["latency-tracking-info-percentiles", "inf"], ["latency-tracking-info-percentiles", "nan"],
        ["latency-tracking-info-percentiles", ""], ["latency-tracking-info-percentiles", "0 100"],
        ["notify-keyspace-events", "Q"], ["notify-keyspace-events", "An"], ["notify-keyspace-events", "gK$m"],
        ["notify-keyspace-events", "KEA"], ["notify-keyspace-events", "Kg$lshzxetdn"], ["notify-keyspace-events", ""],
        ["dir", "/nosuch"], ["dbfilename", "a/b"], ["dbfilename", "a.rdb"], ["dbfilename", ""],
        ["requirepass", ""], ["masterauth", "\xff\x01 x"], ["masteruser", "u"], ["masteruser", ""],
        ["proc-title-template", "{x}"], ["proc-title-template", ""], ["proc-title-template", "{title}"],
        ["proc-title-template", "{"], ["proc-title-template", "{port"], ["proc-title-template", "{{"],
        ["proc-title-template", " {title}-{config-file} "], ["cluster-announce-hostname", "a_b"],
        ["cluster-announce-hostname", "a-b.c"], ["tls-session-cache-size", "-1"], ["watchdog-period", "0"],
        ["rdb-key-save-delay", "-3"], ["key-load-delay", "0"], ["loading-process-events-interval-bytes", "1"],
        ["unixsocketperm", "777"], ["replicaof", "no one"], ["slaveof", "a 1"], ["enable-debug-command", "yes"],
        ["lua-time-limit", "3"], ["busy-reply-threshold", "-1"], ["active-expire-effort", "11"],
        ["min-slaves-to-write", "2"],
        ["min-slaves-to-write", "0"], ["stream-node-max-bytes", "1kb"], ["hll-sparse-max-bytes", "3001"],
        ["repl-backlog-ttl", "9"], ["auto-aof-rewrite-min-size", "1mb"], ["active-defrag-ignore-bytes", "0"],
        ["list-compress-depth", "1"], ["lfu-log-factor", "0"], ["repl-timeout", "0"],
        ["cluster-link-sendbuf-limit", "1k"],
    ];

    public static readonly string[][] Gets =
    [
        ["MAX*"], ["Timeout", "TIMEOUT", "timeou?"], ["timeout"], ["nosuch"], ["nosuch*"], ["*key-load*"],
        ["KEY-load-delay"],
        ["slave*", "replica*"], ["*[^a-y]list*"], ["max[m-z]*", "maxmemory"], ["h?"], [@"h\z"], ["*", "*"],
    ];

    public static readonly string[] WrongFiles =
    [
        "foo bar", "timeout 1\n\n  timeout   x  \n", "port \"7912", "port '79'12", "timeout", "timeout 1 2",
        "maxmemory 1q",
        "save 1", "save abc def", "sentinel monitor a", "a.b", "replicaof a", "replicaof a 99999", "slaveof a x",
        "cluster-enabled yes\nreplicaof a 9999", "loadmodule", "include", "include a b", "list-max-ziplist-entries 1 2",
        "rename-command a", "user", "logfile /nosuch/x", "loglevel loud", "dir /nosuch/dir", "dbfilename a/b",
        "appendfilename \"\"", "appenddirname a/b", "appenddirname ''", "databases 0", "unixsocketperm 8",
        "unixsocketperm 7777",
        "client-output-buffer-limit normal 1 2", "notify-keyspace-events ?", "oom-score-adj-values 1 2",
        "io-threads 129",
        "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "shutdown-on-sigint", "enable-debug-command maybe",
        "proc-title-template {x}", "daemonize perhaps", "\\x74imeout 5", "tImeOut xx", "# c\n\t# d\n  timeout 5 # e",
        "syslog-facility x",
        "timeout \"\\x31\" 'a\\'b'", "masterauth 'it''s'", "zset-max-ziplist-entries -1", "TIMEOUT \x01",
    ];

    public static readonly string[][] WrongArguments =
    [
        ["--port"], ["--port", "0", "--foo"], ["--port", "0", "--timeout", "1", "2"], ["--timeout", "--port", "1"],
        ["--timeout zz"], ["--save", "7", "7", ""], ["--port", "0", "-x"], ["-x"], ["--timeout", "\"", "a\nb"],
        ["---port", "0"], ["--foo\tbar"],
    ];

    /// <summary>Text with @ for the directory of base.conf, and options.</summary>
    public static readonly (string Text, string[] Options)[] GoodFiles =
    [
        ("", []),
        ("timeout 5\r\n  TIMEOUT\t\"6\"\r\n\n#x\nsave 1 2\nsave 3 4 5 6\n", ["--save", "7", "8"]),
        ("save 800 8\ninclude @/base.conf\nsave 60 1\nsave 50 5\n", []),
        ("include @/ba*.conf\ninclude @/nothing*.conf\n", ["--timeout", "9", "--save"]),
        ("save 800 8", ["--save", "", "--timeout 3"]),
        ("save 800 8", ["--save", "--timeout", "3"]),
        ("save", ["--maxmemory 10mb", "--loglevel", "VERBOSE"]),
        ("save \"10 20 30 40\"\nclient-output-buffer-limit replica 1mb 5k 3\nclient-output-buffer-limit pubsub 1 2 3",
            []),
        ("latency-tracking-info-percentiles 1 2.50\nshutdown-on-sigterm save force\noom-score-adj-values 1 2 3\n", []),
        ("list-max-ziplist-value 5\nlua-replicate-commands no\nhash-max-ziplist-entries 9\nhz 5000",
            []),
        ("masteruser \"a\\x20\\\"b\\n\"\nmasterauth 'it\\'s'\nnotify-keyspace-events \"\"\nunixsocketperm 0777", [])
    ];

    public static readonly (string Text, string[] Set)[] Rewrites =
    [
        ("", []),
        ("# first\n\n\n\ntimeout 5\n# middle\nsave 1 2\nsave 3 4\nsave 5 6\ndbfilename x.rdb\n",
            ["save", "9 9", "timeout", "6"]),
        ("timeout 5\ntimeout 6\nslave-priority 7\nlist-max-ziplist-entries 5\nTimeOut 8", ["maxmemory", "3gb"]),
        ("bind 127.0.0.1\nrename-command keys xkeys\nslave-read-only no\nmaxmemory 1mb\n",
            ["maxmemory", "1025", "hz", "33"]),
        ("client-output-buffer-limit pubsub 1mb 1kb 3\nclient-output-buffer-limit normal 0 0 0\n",
            ["client-output-buffer-limit", "replica 3 2gb 1", "maxmemory-clients", "7%"]),
        ("\t timeout 5 \r\n\nport 0\nport 0\n# Generated by CONFIG REWRITE\nhz 20\n",
            ["masterauth", "q\"\\\n\x07\xff", "save", "", "notify-keyspace-events", "gK", "requirepass", ""]),
        ("shutdown-on-sigint save now\nlatency-tracking-info-percentiles 5\nunixsocketperm 700\npidfile x.pid\n",
            ["latency-tracking-info-percentiles", "", "oom-score-adj-values", "1 2 3",
             "maxmemory-policy", "allkeys-lfu"]),
    ];
}
