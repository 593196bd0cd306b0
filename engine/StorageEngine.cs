using Microsoft.Extensions.Logging;
using Tidelog.Engine.Blocking;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Engine.Log;
using Tidelog.Engine.PubSub;
using Tidelog.Engine.Snapshot;

namespace Tidelog.Engine;

/// <summary>
/// A Redis without sockets: the dataset, the commands, and the log of their effects. It is driven from outside: one
/// thread at a time executes, and calls <see cref="Cron"/> now and then.
/// </summary>
public sealed class StorageEngine
{
    private readonly TimeProvider _time;

    /// <param name="commands">Rows of the server's own families, beside the engine's.</param>
    /// <param name="random">Decides RANDOMKEY and the LFU counter; seeded in tests.</param>
    public StorageEngine(
        EngineOptions options, IEnumerable<Command> commands, ILogger logger, TimeProvider time, Random random)
    {
        _time = time;
        Options = options;
        Logger = logger;
        Random = random;
        CommandLog = new CommandLog(options.ReplBacklogSize);
        Effects = new Effects(CommandLog, options);
        Notifier = new KeyspaceNotifier(options, PubSub);
        Keyspace = new KeySpace(options, Metrics, Effects, Notifier, random) { Upkeep = new UpkeepClock(time) };
        Commands = new CommandTable(CommandRows.Concat(commands));
        Evictor = new Evictor(this, time);
        DumpPayload = new DumpPayload(options);
        Dispatcher = new Dispatcher(this, time);
        Blocked = new BlockedSessions(this);
        UpdateClock();
    }

    /// <summary>The rows of the engine's own families, fresh ones each time.</summary>
    public static IEnumerable<Command> CommandRows => EngineCommands.Rows;

    public EngineOptions Options { get; }

    public EngineMetrics Metrics { get; } = new();

    public KeySpace Keyspace { get; }

    public CommandLog CommandLog { get; }

    public Effects Effects { get; }

    public PubSubRegistry PubSub { get; } = new();

    /// <summary>Keyspace events of what is no command; a command has <see cref="CommandContext.Notify"/>.</summary>
    public KeyspaceNotifier Notifier { get; }

    public CommandTable Commands { get; }

    public Dispatcher Dispatcher { get; }

    public BlockedSessions Blocked { get; }

    public Evictor Evictor { get; }

    /// <summary>Serializes values for DUMP and MIGRATE.</summary>
    internal DumpPayload DumpPayload { get; }

    public ClientPause Pause => Keyspace.Pause;

    public Random Random { get; }

    public ILogger Logger { get; }

    /// <summary>What drives the engine, for the rows that it brought; null in a test of the engine alone.</summary>
    public object? Host { get; init; }

    /// <summary>Payloads of RESTORE need no right checksum: DEBUG SET-SKIP-CHECKSUM-VALIDATION, for tests.</summary>
    public bool SkipsChecksums { get; set; }

    /// <summary>A password is set, so a session must authenticate.</summary>
    public bool PasswordRequired { get; set; }

    /// <summary>
    /// The dataset is on its way into memory: only commands that are <see cref="CommandFlags.Loading"/> run.
    /// </summary>
    public bool IsLoading { get; set; }

    /// <summary>
    /// The last snapshot failed and the configuration says that nothing more may be changed until one succeeds.
    /// </summary>
    public bool DeniesWrites { get; set; }

    /// <summary>
    /// Called by FLUSHALL when everything is gone, before it ends: its change is in
    /// <see cref="CommandContext.Dirty"/>.
    /// </summary>
    public Action<CommandContext> DatasetFlushed { get; set; } = static _ => { };

    /// <summary>Bytes that the server holds beside the engine: client buffers, the runtime.</summary>
    public long OutsideBytes { get; set; }

    /// <summary>Brings <see cref="OutsideBytes"/> up to date; asked before a command is refused for memory.</summary>
    public Action MeasureOutside { get; set; } = static () => { };

    /// <summary>Highest <see cref="UsedMemory"/> seen.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>Every byte that the process holds on purpose.</summary>
    public long UsedMemory => Keyspace.UsedBytes + CommandLog.Capacity + OutsideBytes;

    /// <summary>
    /// Tells why a command that needs an enable-* directive is refused, or null; by default all are allowed.
    /// </summary>
    public Func<Session, Command, string?> ProtectedCommandRefusal { get; set; } = static (_, _) => null;

    /// <summary>The time now; <see cref="KeySpace.NowMs"/> is that of the running command.</summary>
    public DateTimeOffset UtcNow => _time.GetUtcNow();

    /// <summary>A new session on database 0.</summary>
    public Session OpenSession() => new(Keyspace[0]) { Authenticated = true };

    /// <summary>A session ends: nothing waits for it, or is watched, any more.</summary>
    public void Forget(Session session)
    {
        Blocked.Forget(session);
        session.Transaction?.Discard();
    }

    /// <summary>
    /// From here to <see cref="EndTurn()"/> records stay in place; one turn may execute several batches.
    /// </summary>
    public void BeginTurn()
    {
        UpdateClock();
        Keyspace.BeginBatch();
    }

    /// <summary>Ends a turn: the cleaner takes its share of the time.</summary>
    public void EndTurn() => EndTurn(idle: false);

    /// <summary>What DUMP gives for a value.</summary>
    /// <param name="payload">Good until <see cref="ReleaseDump"/>, which must follow.</param>
    /// <returns>False if it would take more than 2 GiB.</returns>
    public bool TryDump(Record record, out ReadOnlySpan<byte> payload) => DumpPayload.TryMake(record, out payload);

    /// <summary>Gives back what <see cref="TryDump"/> took.</summary>
    public void ReleaseDump() => DumpPayload.Release();

    /// <summary>Periodic work: active expiry and eviction, with a bound on how much at a time.</summary>
    /// <returns>False if keys still have to go: call again soon.</returns>
    public bool Cron()
    {
        BeginTurn();
        bool done = Pause.IsActive(Keyspace.NowMs) || Keyspace.ExpireCycle(ExpireBudget);
        Keyspace.SampleExpiries();
        if (!done)
        {
            Metrics.ExpiryBudgetReached++;
        }
        PeakMemory = Math.Max(PeakMemory, UsedMemory);
        done &= Evictor.MakeRoom() != EvictionOutcome.Unfinished;
        EndTurn(idle: true);
        return done;
    }

    /// <summary>CONFIG RESETSTAT: every counter of the engine begins again at zero.</summary>
    public void ResetStatistics()
    {
        Metrics.Reset();
        Keyspace.LazyFree.ResetFreed();
        foreach (Command command in Commands.All)
        {
            command.Stats.Reset();
            foreach (Command subcommand in command.Subcommands)
            {
                subcommand.Stats.Reset();
            }
        }
    }

    /// <inheritdoc cref="KeyspaceNotifier.Notify"/>
    public void Notify(NotifyEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, Database database) =>
        Notifier.Notify(kind, name, key, database);

    /// <summary>Counts an error reply; for the writers of those who drive the engine.</summary>
    public void CountError(ReadOnlySpan<byte> text) => Metrics.CountError(text);

    /// <summary>
    /// Live data is over <c>maxmemory</c>. Dead records do not count against the client: they go as the cleaner comes,
    /// and it hurries while the limit is passed. Nor does what is kept for a snapshot alone.
    /// </summary>
    internal bool IsOverMemoryLimit()
    {
        long limit = Options.MaxMemory;
        return limit > 0 && UsedMemory > limit && UsedMemory - Keyspace.UncountedBytes > limit;
    }

    internal void UpdateClock() => Keyspace.NowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();

    private void EndTurn(bool idle)
    {
        Keyspace.Clean(urgent: Options.MaxMemory > 0 && UsedMemory > Options.MaxMemory, idle);
        Keyspace.EndBatch();
    }

    /// <summary>Keys looked at in one round; about half a millisecond.</summary>
    private const int ExpireBudget = 2000;
}
