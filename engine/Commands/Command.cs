namespace Tidelog.Engine.Commands;

/// <summary>
/// One row of the command table. Everything that COMMAND, the dispatcher and the documentation say comes from it.
/// </summary>
public sealed class Command
{
    /// <param name="name">Lower case; a subcommand's own name without its container's.</param>
    /// <param name="arity">Argument count with the name; negative means at least that many.</param>
    /// <param name="handler">Null for a container, whose subcommands do the work.</param>
    public Command(
        string name,
        int arity,
        CommandFlags flags,
        AclCategories categories,
        Action<CommandContext>? handler,
        params KeySpec[] keys)
    {
        Name = FullName = name;
        Arity = arity;
        Flags = flags;
        Categories = categories | ImpliedCategories(flags, categories);
        Handler = handler;
        Keys = keys;
        (FirstKey, LastKey, KeyStep) = LegacyRange(keys);
    }

    public string Name { get; }

    /// <summary>"client|list" for a subcommand, else the name.</summary>
    public string FullName { get; private set; }

    public int Arity { get; }

    public CommandFlags Flags { get; }

    public AclCategories Categories { get; }

    public Action<CommandContext>? Handler { get; }

    public KeySpec[] Keys { get; }

    /// <summary>
    /// The one range that COMMAND has told since redis 2.8: first, last and step; zeros when there is no key.
    /// </summary>
    public int FirstKey { get; }

    public int LastKey { get; }

    public int KeyStep { get; }

    public Command[] Subcommands
    {
        get;
        init
        {
            field = value;
            foreach (Command subcommand in value)
            {
                subcommand.Parent = this;
                subcommand.FullName = $"{Name}|{subcommand.Name}";
            }
        }
    } = [];

    public Command? Parent { get; private set; }

    /// <summary>Allowed to a RESP2 session that is subscribed to something.</summary>
    public bool RunsWhileSubscribed { get; init; }

    /// <summary>
    /// Finds the keys where the key specs cannot: gets the context, the index of the request's name in it, and where to
    /// add the keys.
    /// </summary>
    public Action<CommandContext, int, List<KeyReference>>? KeyFinder { get; init; }

    /// <summary>Redis's command tips, in COMMAND's order.</summary>
    public string[] Tips { get; init; } = [];

    /// <summary>What becomes of it between MULTI and EXEC.</summary>
    public TransactionRole InTransaction { get; init; }

    /// <summary>
    /// It meets keys that it does not name. What it does by the way, such as to delete those that have expired, is not
    /// one unit of effects.
    /// </summary>
    public bool TouchesArbitraryKeys { get; init; }

    /// <summary>What COMMAND DOCS tells.</summary>
    public CommandDocs? Docs { get; init; }

    /// <summary>Counters for INFO commandstats.</summary>
    public CommandStats Stats { get; } = new();

    public bool IsWrite => (Flags & CommandFlags.Write) != 0;

    public bool AcceptsArgumentCount(int count) => Arity >= 0 ? count == Arity : count >= -Arity;

    private static AclCategories ImpliedCategories(CommandFlags flags, AclCategories categories)
    {
        AclCategories implied = AclCategories.None;
        if ((flags & CommandFlags.Write) != 0)
        {
            implied |= AclCategories.Write;
        }
        if ((flags & CommandFlags.ReadOnly) != 0 && (categories & AclCategories.Scripting) == 0)
        {
            implied |= AclCategories.Read;
        }
        if ((flags & CommandFlags.Admin) != 0)
        {
            implied |= AclCategories.Admin | AclCategories.Dangerous;
        }
        if ((flags & CommandFlags.PubSub) != 0)
        {
            implied |= AclCategories.PubSub;
        }
        if ((flags & CommandFlags.Blocking) != 0)
        {
            implied |= AclCategories.Blocking;
        }
        return implied | ((flags & CommandFlags.Fast) != 0 ? AclCategories.Fast : AclCategories.Slow);
    }

    /// <summary>The keys that stand side by side from the first range of the specs on.</summary>
    /// <remarks>Redis 7.0 server.c, populateCommandLegacyRangeSpec.</remarks>
    private static (int First, int Last, int Step) LegacyRange(KeySpec[] keys)
    {
        int first = 0;
        int last = 0;
        foreach (KeySpec spec in keys)
        {
            bool isRange = spec.Begin == BeginSearch.Index && spec.Find == FindKeys.Range;
            if (isRange && keys.Length == 1)
            {
                return (spec.Start, spec.Last < 0 ? spec.Last : spec.Start + spec.Last, spec.Step);
            }

            // As in RENAME source target: the ranges touch. One that counts from the end reaches behind every other.
            if (isRange && spec.Step == 1 && (last == 0 || spec.Start == last + 1))
            {
                first = first == 0 ? spec.Start : Math.Min(first, spec.Start);
                last = spec.Last < 0 ? spec.Last : spec.Start + spec.Last;
            }
        }
        return first == 0 ? (0, 0, 0) : (first, last, 1);
    }
}

/// <summary>What becomes of a command between MULTI and EXEC.</summary>
public enum TransactionRole
{
    /// <summary>It waits for EXEC.</summary>
    Queued,

    /// <summary>It is executed at once.</summary>
    RunsAtOnce,

    /// <summary>It is executed at once, and ends the transaction; lack of memory does not keep it from that.</summary>
    Ends,

    /// <summary>EXEC: as <see cref="Ends"/>, but what it executes must be allowed too.</summary>
    Executes,
}

/// <summary>Documentation of a command for COMMAND DOCS and docs/compatibility.md.</summary>
/// <param name="Summary">One sentence.</param>
/// <param name="Since">First redis version that has it.</param>
/// <param name="Group">Redis's group name, such as "string" or "generic".</param>
/// <param name="Complexity">Its cost in the usual notation.</param>
/// <param name="Syntax">
/// Arguments in the notation of redis's reference: <c>key value [NX | XX] [EX seconds]</c>.
/// </param>
public sealed record CommandDocs(string Summary, string Since, string Group, string Complexity, string Syntax)
{
    /// <summary>In which it is not as redis 7.0.15, as sentences; null where it is.</summary>
    public string? Difference { get; init; }
}

/// <summary>Counters of one command.</summary>
public sealed class CommandStats
{
    public long Calls;

    /// <summary>Time spent executing, in ticks of the <see cref="TimeProvider"/>'s timestamp.</summary>
    public long Ticks;
    public long RejectedCalls;
    public long FailedCalls;

    public void Reset() => Calls = Ticks = RejectedCalls = FailedCalls = 0;
}
