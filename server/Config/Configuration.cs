using System.Text;
using Tidelog.Protocol;

namespace Tidelog.Server.Config;

// The order of things: a Configuration holds defaults; Load reads the command line and what it names; the server
// reads Settings and starts; from then on TrySet changes fields and runs the hooks that the server registered for
// them. A failing hook undoes the whole SET: values first, hooks again after. All on one thread, between two
// commands.
//
// Names and values are bytes in chars (Latin-1): handlers convert with Encoding.Latin1 both ways.

/// <summary>The configuration: what CONFIG GET, SET and REWRITE work on.</summary>
internal sealed class Configuration
{
    private readonly ConfigTable _table;
    private readonly Action<string> _warn;
    private readonly Dictionary<Directive, List<Func<string?>>> _hooks = [];

    /// <param name="warn">Takes lines for the log at level warning.</param>
    public Configuration(Action<string>? warn = null)
    {
        _warn = warn ?? (_ => { });
        _table = new ConfigTable(Settings, _warn);
    }

    public ServerSettings Settings { get; } = new();

    /// <summary>Absolute, or null if the server was started without one.</summary>
    public string? FilePath { get; private set; }

    /// <summary>Set by the server while it loads data: some directives cannot change then.</summary>
    public bool IsLoadingData { get; set; }

    /// <summary>Asked for every <c>rename-command</c>: Redis's reason why not, or null.</summary>
    public Func<string, string, string?>? RenameCommand { get; set; }

    /// <summary>The <c>user</c> lines that REWRITE writes; while null, those in the file stay as they are.</summary>
    public Func<IEnumerable<string>>? DescribeUsers { get; set; }

    /// <summary>Reads the file, standard input and options that the command line names.</summary>
    /// <exception cref="ConfigFileException">A line is wrong: print the message to standard error, exit with
    /// 1.</exception>
    /// <exception cref="ConfigFileUnreadableException">Log the message, exit with 1.</exception>
    public void Load(CommandLine commandLine, Stream standardInput)
    {
        FilePath = commandLine.ConfigFile;
        if (commandLine.ReadsStandardInput) _warn("Reading config from stdin");
        new ConfigFileReader(_table, Settings, RenameCommand).Read(
            FilePath, commandLine.ReadsStandardInput ? standardInput : null, commandLine.Options);
    }

    /// <summary>Has changes of the directive applied. Several names may share one hook: it runs once per SET. A hook
    /// returns why it failed (empty for no reason), or null; it is called again when a SET is undone.</summary>
    public void OnChange(string name, Func<string?> apply)
    {
        Directive row = _table.Find(name)?.Row ?? throw new ArgumentException($"no directive {name}", nameof(name));
        if (!_hooks.TryGetValue(row, out List<Func<string?>>? hooks)) _hooks[row] = hooks = [];
        hooks.Add(apply);
    }

    /// <returns>True if the directive's value must not show up in logs.</returns>
    public bool IsSensitive(string name) => _table.Find(name)?.Row.Is(DirectiveFlags.Sensitive) ?? false;

    /// <returns>Each name once; a name without wildcards is answered as it was asked.</returns>
    public IReadOnlyList<(string Name, string Value)> Get(IReadOnlyList<string> patterns)
    {
        var found = new List<(string, string)>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string text in patterns)
        {
            byte[] pattern = Encoding.Latin1.GetBytes(text);
            if (!GlobPattern.HasWildcard(pattern))
            {
                if (_table.Find(text) is { } known && seen.Add(text)) found.Add((text, known.Row.Get()));
                continue;
            }
            foreach (ConfigName name in _table.Names)
            {
                if (name.Row.Is(DirectiveFlags.Hidden)) continue;
                if (!GlobPattern.Matches(pattern, Encoding.Latin1.GetBytes(name.Name), ignoreCase: true)) continue;
                if (seen.Add(name.Name)) found.Add((name.Name, name.Row.Get()));
            }
        }
        return found;
    }

    /// <summary>Sets all of the pairs, or none; a local client may set what <c>enable-protected-configs local</c>
    /// allows.</summary>
    /// <returns>If false, <c>error</c> is the error reply from its code on ("ERR ...").</returns>
    public bool TrySet(IReadOnlyList<(string Name, string Value)> pairs, out string error, bool clientIsLocal = false)
    {
        if (!TryFind(pairs, clientIsLocal, out List<ConfigName> names, out error)) return false;
        string[] before = [.. names.Select(name => name.Row.Get())];
        var hooks = new List<(Func<string?> Apply, ConfigName Name)>();
        for (int i = 0; i < names.Count; i++)
        {
            SetOutcome outcome = names[i].Row.SetText(pairs[i].Value, out string reason);
            if (outcome == SetOutcome.Refused)
            {
                Restore(names, before, []);
                error = Failed(names[i].Name, reason);
                return false;
            }
            if (outcome == SetOutcome.Changed) AddHooks(hooks, names[i]);
        }
        foreach ((Func<string?> apply, ConfigName name) in hooks)
        {
            if (apply() is not { } reason) continue;
            _warn($"Failed applying new configuration. Possibly related to new {name.Name} setting. "
                + "Restoring previous settings.");
            Restore(names, before, hooks);
            error = Failed(name.Name, reason);
            return false;
        }
        return true;
    }

    /// <summary>Writes the configuration as it is now over the file the server was started with.</summary>
    /// <returns>The error reply from its code on, or null.</returns>
    public string? Rewrite()
    {
        if (FilePath is null) return "ERR The server is running without a config file";
        try
        {
            string old = File.Exists(FilePath) ? File.ReadAllText(FilePath, Encoding.Latin1) : "";
            ConfigFileWriter.Replace(FilePath, Rewritten(old));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string reason = FileCalls.Describe(failure, FilePath);
            _warn($"CONFIG REWRITE failed: {reason}");
            return $"ERR Rewriting config file: {reason}";
        }
        _warn("CONFIG REWRITE executed with success.");
        return null;
    }

    /// <returns>What <see cref="Rewrite"/> makes of the file's old text.</returns>
    public string Rewritten(string oldText)
    {
        var file = new ConfigRewrite(oldText, _table);
        foreach (ConfigName name in _table.Names)
        {
            if (!name.IsAlias) name.Row.Rewrite(file);
        }
        if (DescribeUsers is not null)
        {
            file.MarkProcessed("user");
            foreach (string line in DescribeUsers()) file.Write("user", line, force: true);
        }
        return file.Finish();
    }

    private bool TryFind(
        IReadOnlyList<(string Name, string Value)> pairs, bool clientIsLocal,
        out List<ConfigName> names, out string error)
    {
        names = [];
        error = "";
        foreach ((string asked, _) in pairs)
        {
            ConfigName? name = _table.Find(asked);
            if (name is null) error = $"ERR Unknown option or number of arguments for CONFIG SET - '{asked}'";
            else if (name.Row.Is(DirectiveFlags.Immutable)) error = Failed(asked, "can't set immutable config");
            else if (name.Row.Is(DirectiveFlags.Protected) && !MaySetProtected(clientIsLocal))
                error = Failed(asked, "can't set protected config");
            else if (name.Row.Is(DirectiveFlags.DenyLoading) && IsLoadingData)
                error = "LOADING Redis is loading the dataset in memory";
            else if (names.Contains(name)) error = Failed(asked, "duplicate parameter");
            if (error.Length > 0) return false;
            names.Add(name!);
        }
        return true;
    }

    private bool MaySetProtected(bool clientIsLocal) => Settings.EnableProtectedConfigs switch
    {
        ProtectedAction.Yes => true,
        ProtectedAction.Local => clientIsLocal,
        _ => false,
    };

    private void AddHooks(List<(Func<string?> Apply, ConfigName Name)> hooks, ConfigName changed)
    {
        foreach (Func<string?> apply in _hooks.GetValueOrDefault(changed.Row) ?? [])
        {
            if (!hooks.Exists(hook => hook.Apply == apply)) hooks.Add((apply, changed));
        }
    }

    // Setting all of them back, even those not reached yet, changes nothing there.
    private void Restore(
        List<ConfigName> names, string[] before, List<(Func<string?> Apply, ConfigName Name)> hooks)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i].Row.SetText(before[i], out string reason) != SetOutcome.Refused) continue;
            _warn("Failed restoring failed CONFIG SET command. "
                + $"Error setting {names[i].Name} to '{before[i]}': {reason}");
        }
        foreach ((Func<string?> apply, _) in hooks)
        {
            if (apply() is { } reason) _warn($"Failed applying restored failed CONFIG SET command: {reason}");
        }
    }

    private static string Failed(string name, string reason)
    {
        string text = $"ERR CONFIG SET failed (possibly related to argument '{name}')";
        return reason.Length == 0 ? text : $"{text} - {reason}";
    }
}
