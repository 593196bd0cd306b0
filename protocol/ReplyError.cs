namespace Tidelog.Protocol;

/// <summary>Every fixed error text that redis 7.0 answers with, without the leading "-" and the line end.</summary>
public static class ReplyError
{
    public static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;
    public static ReadOnlySpan<byte> WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value"u8;
    public static ReadOnlySpan<byte> NotAnInteger => "ERR value is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> NotAFloat => "ERR value is not a valid float"u8;
    public static ReadOnlySpan<byte> OutOfRange => "ERR value is out of range"u8;
    public static ReadOnlySpan<byte> MustBePositive => "ERR value is out of range, must be positive"u8;
    public static ReadOnlySpan<byte> IncrementOverflows => "ERR increment or decrement would overflow"u8;
    public static ReadOnlySpan<byte> DecrementOverflows => "ERR decrement would overflow"u8;
    public static ReadOnlySpan<byte> IncrementNotFinite => "ERR increment would produce NaN or Infinity"u8;
    public static ReadOnlySpan<byte> OffsetOutOfRange => "ERR offset is out of range"u8;
    public static ReadOnlySpan<byte> IndexOutOfRange => "ERR index out of range"u8;
    public static ReadOnlySpan<byte> StringTooLong =>
        "ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8;
    public static ReadOnlySpan<byte> LcsNotStrings => "ERR The specified keys must contain string values"u8;
    public static ReadOnlySpan<byte> LcsLengthAndIndexes =>
        "ERR If you want both the length and indexes, please just use IDX."u8;
    public static ReadOnlySpan<byte> LcsTooLong =>
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8;
    public static ReadOnlySpan<byte> LcsOutOfMemory =>
        "ERR Insufficient memory, failed allocating transient memory for LCS"u8;
    public static ReadOnlySpan<byte> BitOffset => "ERR bit offset is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> BitValue => "ERR bit is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> BitArgument => "ERR The bit argument must be 1 or 0."u8;
    public static ReadOnlySpan<byte> BitNotSources => "ERR BITOP NOT must be called with a single source key."u8;
    public static ReadOnlySpan<byte> BitfieldType =>
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."u8;
    public static ReadOnlySpan<byte> BitfieldOverflow => "ERR Invalid OVERFLOW type specified"u8;
    public static ReadOnlySpan<byte> BitfieldReadOnly => "ERR BITFIELD_RO only supports the GET subcommand"u8;
    public static ReadOnlySpan<byte> NotHyperLogLog => "WRONGTYPE Key is not a valid HyperLogLog string value."u8;
    public static ReadOnlySpan<byte> CorruptHyperLogLog => "INVALIDOBJ Corrupted HLL object detected"u8;
    public static ReadOnlySpan<byte> HyperLogLogMissing => "ERR The specified key does not exist"u8;
    public static ReadOnlySpan<byte> HyperLogLogNotSparse => "ERR HLL encoding is not sparse"u8;
    public static ReadOnlySpan<byte> RankZero =>
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "u8
        + "or use negative to start from the end of the list"u8;
    public static ReadOnlySpan<byte> CountNegative => "ERR COUNT can't be negative"u8;
    public static ReadOnlySpan<byte> MaxLengthNegative => "ERR MAXLEN can't be negative"u8;
    public static ReadOnlySpan<byte> KeyCountNotPositive => "ERR numkeys should be greater than 0"u8;
    public static ReadOnlySpan<byte> CountNotPositive => "ERR count should be greater than 0"u8;
    public static ReadOnlySpan<byte> NotSortable => "ERR One or more scores can't be converted into double"u8;
    public static ReadOnlySpan<byte> MigrateKeyBesideKeys =>
        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"u8;
    public static ReadOnlySpan<byte> MigrateConnecting => "IOERR error or timeout connecting to the client"u8;
    public static ReadOnlySpan<byte> MigrateWriting => "IOERR error or timeout writing to target instance"u8;
    public static ReadOnlySpan<byte> MigrateReading => "IOERR error or timeout reading to target instance"u8;
    public static ReadOnlySpan<byte> PayloadTooBig => "ERR the serialized value is too big"u8;
    public static ReadOnlySpan<byte> BusyKey => "BUSYKEY Target key name already exists."u8;
    public static ReadOnlySpan<byte> NegativeTtl => "ERR Invalid TTL value, must be >= 0"u8;
    public static ReadOnlySpan<byte> NegativeIdleTime => "ERR Invalid IDLETIME value, must be >= 0"u8;
    public static ReadOnlySpan<byte> InvalidFrequency => "ERR Invalid FREQ value, must be >= 0 and <= 255"u8;
    public static ReadOnlySpan<byte> WrongPayload => "ERR DUMP payload version or checksum are wrong"u8;
    public static ReadOnlySpan<byte> BadDataFormat => "ERR Bad data format"u8;
    public static ReadOnlySpan<byte> NoSuchKey => "ERR no such key"u8;
    public static ReadOnlySpan<byte> SameObject => "ERR source and destination objects are the same"u8;
    public static ReadOnlySpan<byte> InvalidDatabase => "ERR invalid DB index"u8;
    public static ReadOnlySpan<byte> DatabaseOutOfRange => "ERR DB index is out of range"u8;
    public static ReadOnlySpan<byte> InvalidCursor => "ERR invalid cursor"u8;
    public static ReadOnlySpan<byte> InvalidFirstDatabase => "ERR invalid first DB index"u8;
    public static ReadOnlySpan<byte> InvalidSecondDatabase => "ERR invalid second DB index"u8;
    public static ReadOnlySpan<byte> OutOfInt32 =>
        "ERR value is out of range, value must between -2147483648 and 2147483647"u8;
    public static ReadOnlySpan<byte> OutOfLong =>
        "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8;
    public static ReadOnlySpan<byte> NotFinite => "ERR value is NaN or Infinity"u8;
    public static ReadOnlySpan<byte> HashValueNotAnInteger => "ERR hash value is not an integer"u8;
    public static ReadOnlySpan<byte> HashValueNotAFloat => "ERR hash value is not a float"u8;
    public static ReadOnlySpan<byte> NumKeysNotPositive => "ERR numkeys should be greater than 0"u8;
    public static ReadOnlySpan<byte> NumKeysTooMany => "ERR Number of keys can't be greater than number of args"u8;
    public static ReadOnlySpan<byte> LimitNegative => "ERR LIMIT can't be negative"u8;
    public static ReadOnlySpan<byte> ExpireNxWithOthers =>
        "ERR NX and XX, GT or LT options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> ExpireGtWithLt => "ERR GT and LT options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> IdleTimeUnderLfu =>
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "u8
        + "switching between policies at runtime LRU and LFU data will take some time to adjust."u8;
    public static ReadOnlySpan<byte> FrequencyWithoutLfu =>
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "u8
        + "switching between policies at runtime LRU and LFU data will take some time to adjust."u8;
    public static ReadOnlySpan<byte> ScoreNotANumber => "ERR resulting score is not a number (NaN)"u8;
    public static ReadOnlySpan<byte> AddNxWithXx => "ERR XX and NX options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> AddComparisons =>
        "ERR GT, LT, and/or NX options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> AddIncrementPairs =>
        "ERR INCR option supports a single increment-element pair"u8;
    public static ReadOnlySpan<byte> RangeNotFloats => "ERR min or max is not a float"u8;
    public static ReadOnlySpan<byte> RangeNotStrings => "ERR min or max not valid string range item"u8;
    public static ReadOnlySpan<byte> LimitByRank =>
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8;
    public static ReadOnlySpan<byte> WithScoresByLex =>
        "ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8;
    public static ReadOnlySpan<byte> WeightNotAFloat => "ERR weight value is not a float"u8;
    public static ReadOnlySpan<byte> UnknownUnit => "ERR unsupported unit provided. please use M, KM, FT, MI"u8;
    public static ReadOnlySpan<byte> RadiusNotANumber => "ERR need numeric radius"u8;
    public static ReadOnlySpan<byte> RadiusNegative => "ERR radius cannot be negative"u8;
    public static ReadOnlySpan<byte> WidthNotANumber => "ERR need numeric width"u8;
    public static ReadOnlySpan<byte> HeightNotANumber => "ERR need numeric height"u8;
    public static ReadOnlySpan<byte> BoxNegative => "ERR height or width cannot be negative"u8;
    public static ReadOnlySpan<byte> MemberNotDecodable => "ERR could not decode requested zset member"u8;
    public static ReadOnlySpan<byte> GeoCount => "ERR COUNT must be > 0"u8;
    public static ReadOnlySpan<byte> GeoAnyWithoutCount => "ERR the ANY argument requires COUNT argument"u8;
    public static ReadOnlySpan<byte> KeysOfInvalidCommand => "ERR Invalid command specified"u8;
    public static ReadOnlySpan<byte> KeysOfKeylessCommand => "ERR The command has no key arguments"u8;
    public static ReadOnlySpan<byte> KeysOfWrongArity => "ERR Invalid number of arguments specified for command"u8;
    public static ReadOnlySpan<byte> KeysOfInvalidArguments => "ERR Invalid arguments specified for command"u8;
    public static ReadOnlySpan<byte> OutOfMemory => "OOM command not allowed when used memory > 'maxmemory'."u8;
    public static ReadOnlySpan<byte> NoAuth => "NOAUTH Authentication required."u8;
    public static ReadOnlySpan<byte> WrongPassword =>
        "WRONGPASS invalid username-password pair or user is disabled."u8;
    public static ReadOnlySpan<byte> NoPasswordSet =>
        "ERR AUTH <password> called without any password configured for the default user. "u8
        + "Are you sure your configuration is correct?"u8;
    public static ReadOnlySpan<byte> NoProtocol => "NOPROTO unsupported protocol version"u8;
    public static ReadOnlySpan<byte> MaxClients => "ERR max number of clients reached"u8;
    public static ReadOnlySpan<byte> InvalidPassword => "ERR invalid password"u8;
    public static ReadOnlySpan<byte> Internal => "ERR internal error"u8;

    public static ReadOnlySpan<byte> ProtocolNotAnInteger => "ERR Protocol version is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> HelloNoAuth =>
        ("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "u8
        + "option can be used to authenticate the client and select the RESP protocol version at the same time"u8);
    public static ReadOnlySpan<byte> InvalidClientName =>
        "ERR Client names cannot contain spaces, newlines or special characters."u8;
    public static ReadOnlySpan<byte> InvalidClientId => "ERR Invalid client ID"u8;
    public static ReadOnlySpan<byte> ClientIdNotPositive => "ERR client-id should be greater than 0"u8;
    public static ReadOnlySpan<byte> NoSuchClient => "ERR No such client"u8;
    public static ReadOnlySpan<byte> PauseMode => "ERR CLIENT PAUSE mode must be WRITE or ALL"u8;
    public static ReadOnlySpan<byte> TimeoutNotAnInteger => "ERR timeout is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> TimeoutNotAFloat => "ERR timeout is not a float or out of range"u8;
    public static ReadOnlySpan<byte> TimeoutNegative => "ERR timeout is negative"u8;
    public static ReadOnlySpan<byte> Unblocked => "UNBLOCKED client unblocked via CLIENT UNBLOCK"u8;
    public static ReadOnlySpan<byte> StreamGone => "UNBLOCKED the stream key no longer exists"u8;
    public static ReadOnlySpan<byte> InvalidStreamId => "ERR Invalid stream ID specified as stream command argument"u8;
    public static ReadOnlySpan<byte> StreamIdIsZero => "ERR The ID specified in XADD must be greater than 0-0"u8;
    public static ReadOnlySpan<byte> StreamIdsExhausted =>
        "ERR The stream has exhausted the last possible ID, unable to add more items"u8;
    public static ReadOnlySpan<byte> StreamIdTooSmall =>
        "ERR The ID specified in XADD is equal or smaller than the target stream top item"u8;
    public static ReadOnlySpan<byte> StreamEntryTooBig => "ERR Elements are too large to be stored"u8;
    public static ReadOnlySpan<byte> TwoTrimStrategies =>
        "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> TrimLimitWithoutStrategy =>
        "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8;
    public static ReadOnlySpan<byte> TrimLimitWhenExact =>
        "ERR syntax error, LIMIT cannot be used without the special ~ option"u8;
    public static ReadOnlySpan<byte> TrimWithoutStrategy =>
        "ERR syntax error, XTRIM must be called with a trimming strategy"u8;
    public static ReadOnlySpan<byte> TrimLengthNegative => "ERR The MAXLEN argument must be >= 0."u8;
    public static ReadOnlySpan<byte> TrimLimitNegative => "ERR The LIMIT argument must be >= 0."u8;
    public static ReadOnlySpan<byte> InvalidIntervalStart => "ERR invalid start ID for the interval"u8;
    public static ReadOnlySpan<byte> InvalidIntervalEnd => "ERR invalid end ID for the interval"u8;
    public static ReadOnlySpan<byte> EntriesAddedNegative => "ERR entries_added must be positive"u8;
    public static ReadOnlySpan<byte> LastIdBelowMaxDeleted =>
        "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8;
    public static ReadOnlySpan<byte> LastIdBelowTop =>
        "ERR The ID specified in XSETID is smaller than the target stream top item"u8;
    public static ReadOnlySpan<byte> EntriesAddedBelowLength =>
        "ERR The entries_added specified in XSETID is smaller than the target stream length"u8;
    public static ReadOnlySpan<byte> UnbalancedStreams =>
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."u8;
    public static ReadOnlySpan<byte> GroupOptionInRead =>
        "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8;
    public static ReadOnlySpan<byte> NoAckOptionInRead =>
        "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8;
    public static ReadOnlySpan<byte> GroupOptionMissing => "ERR Missing GROUP option for XREADGROUP"u8;
    public static ReadOnlySpan<byte> LastIdInGroupRead =>
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "u8
        + "specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty "u8
        + "result set."u8;
    public static ReadOnlySpan<byte> NewIdInRead =>
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8;
    public static ReadOnlySpan<byte> BlockedGroupGone =>
        "NOGROUP the consumer group this client was blocked on no longer exists"u8;
    public static ReadOnlySpan<byte> GroupExists => "BUSYGROUP Consumer Group name already exists"u8;
    public static ReadOnlySpan<byte> GroupNeedsKey =>
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "u8
        + "option to create an empty stream automatically."u8;
    public static ReadOnlySpan<byte> EntriesReadNegative => "ERR value for ENTRIESREAD must be positive or -1"u8;
    public static ReadOnlySpan<byte> InvalidClaimMinIdle => "ERR Invalid min-idle-time argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidClaimIdle => "ERR Invalid IDLE option argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidClaimTime => "ERR Invalid TIME option argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidClaimRetryCount => "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidAutoClaimMinIdle => "ERR Invalid min-idle-time argument for XAUTOCLAIM"u8;
    public static ReadOnlySpan<byte> AutoClaimCountNotPositive => "ERR COUNT must be > 0"u8;
    public static ReadOnlySpan<byte> NestedMulti => "ERR MULTI calls can not be nested"u8;
    public static ReadOnlySpan<byte> ExecWithoutMulti => "ERR EXEC without MULTI"u8;
    public static ReadOnlySpan<byte> DiscardWithoutMulti => "ERR DISCARD without MULTI"u8;
    public static ReadOnlySpan<byte> WatchInsideMulti => "ERR WATCH inside MULTI is not allowed"u8;
    public static ReadOnlySpan<byte> NotInTransaction => "ERR Command not allowed inside a transaction"u8;
    public static ReadOnlySpan<byte> ExecAborted =>
        "EXECABORT Transaction discarded because of previous errors."u8;
    public static ReadOnlySpan<byte> UnblockReason => "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8;
    public static ReadOnlySpan<byte> CachingWithoutTracking =>
        ("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "u8
        + "enabled"u8);
    public static ReadOnlySpan<byte> ShardSubscribeInTransaction =>
        "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"u8;
    public static ReadOnlySpan<byte> NoShutdownInProgress => "ERR No shutdown in progress."u8;
    public static ReadOnlySpan<byte> Loading => "LOADING Redis is loading the dataset in memory"u8;
    public static ReadOnlySpan<byte> SnapshotsFail =>
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "u8
        + "Commands that may modify the data set are disabled, because this instance is configured to report errors "u8
        + "during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs "u8
        + "for details about the RDB error."u8;
    public static ReadOnlySpan<byte> SaveInProgress => "ERR Background save already in progress"u8;
    public static ReadOnlySpan<byte> ReloadOptions =>
        "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."u8;
    public static ReadOnlySpan<byte> ReloadFailed => "ERR Error trying to load the RDB dump"u8;

    /// <summary>Why is in the log.</summary>
    public static ReadOnlySpan<byte> Unexplained => "ERR"u8;
    public static ReadOnlySpan<byte> ShutdownFailed => "ERR Errors trying to SHUTDOWN. Check logs."u8;

    /// <summary>The answer to a connection from elsewhere while there is no password and no bind directive.</summary>
    public static ReadOnlySpan<byte> ProtectedMode =>
        ("DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "u8
        + "the default user. In this mode connections are only accepted from the loopback interface. If you want to "u8
        + "connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable "u8
        + "protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by "u8
        + "connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly "u8
        + "accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively "u8
        + "you can just disable the protected mode by editing the Redis configuration file, and setting the "u8
        + "protected mode option to 'no', and then restarting the server. 3) If you started the server manually just "u8
        + "for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for "u8
        + "the default user. NOTE: You only need to do one of the above things in order for the server to start "u8
        + "accepting connections from the outside."u8);

    /// <summary>The error of a command that its directive does not allow.</summary>
    public static string ProtectedCommand(string command, string directive) =>
        $"ERR {command} command not allowed. If the {directive} option is set to \"local\", you can run it from a "
        + "local connection, otherwise you need to set this option in the configuration file, and then restart the "
        + "server.";

    /// <summary>The error of a command that got too few or too many arguments.</summary>
    public static string WrongArity(string command) => $"ERR wrong number of arguments for '{command}' command";

    /// <summary>The error of a command that a RESP2 client may not use while it is subscribed.</summary>
    public static string NotWhileSubscribed(string command) =>
        $"ERR Can't execute '{command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
        + "this context";

    /// <summary>The error of a command whose expiry is not positive, or too far away to be counted.</summary>
    public static string InvalidExpireTime(string command) => $"ERR invalid expire time in '{command}' command";

    /// <summary>The error of a command on a group of a stream when there is no such key or group.</summary>
    public static string NoKeyOrGroup(ReadOnlySpan<byte> key, ReadOnlySpan<byte> group) =>
        $"NOGROUP No such key '{Printed(key)}' or consumer group '{Printed(group)}'";

    /// <summary>The error of a command on a group of a stream that is there.</summary>
    public static string NoGroup(ReadOnlySpan<byte> key, ReadOnlySpan<byte> group) =>
        $"NOGROUP No such consumer group '{Printed(group)}' for key name '{Printed(key)}'";

    /// <summary>The error of XCLAIM for a word that is neither ID nor option.</summary>
    public static string UnrecognizedClaimOption(ReadOnlySpan<byte> option) =>
        $"ERR Unrecognized XCLAIM option '{Printed(option)}'";

    /// <summary>The error of EXPIRE for a word that is no condition.</summary>
    public static string UnsupportedOption(ReadOnlySpan<byte> option) => $"ERR Unsupported option {Printed(option)}";

    /// <summary>What C prints of a client's bytes: up to the first that is zero.</summary>
    private static string Printed(ReadOnlySpan<byte> bytes)
    {
        int zero = bytes.IndexOf((byte)0);
        return System.Text.Encoding.Latin1.GetString(zero < 0 ? bytes : bytes[..zero]);
    }
}
