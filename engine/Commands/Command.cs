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

    private static (int First, int Last, int Step) LegacyRange(KeySpec[] keys)
    {
        if (keys.Length == 0 || keys[0].Begin != BeginSearch.Index || keys[0].Find != FindKeys.Range)
        {
            return (0, 0, 0);
        }
        int first = keys[0].Start;
        int last = keys[0].Last < 0 ? keys[0].Last : first + keys[0].Last;
        int step = keys[0].Step;

        // Adjacent single keys, as in RENAME source target, make one range.
        for (int i = 1; i < keys.Length; i++)
        {
            KeySpec next = keys[i];
            if (next.Begin == BeginSearch.Index && next.Find == FindKeys.Range
                && next.Last == 0 && next.Start == last + 1)
            {
                last = next.Start;
            }
        }
        return (first, last, step);
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
