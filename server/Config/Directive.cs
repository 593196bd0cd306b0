namespace Tidelog.Server.Config;

/// <summary>Where a directive's value lives: a field of the settings, or a box of the row's own.</summary>
internal delegate ref T Slot<T>();

/// <summary>One row of <see cref="ConfigTable"/>: a name, and how its value is read, written and kept.</summary>
internal abstract class Directive(string name, DirectiveFlags flags, string? alias)
{
    public string Name { get; } = name;

    /// <summary>The older name that still works, or null.</summary>
    public string? Alias { get; } = alias;

    public DirectiveFlags Flags { get; } = flags;

    /// <returns>The value as CONFIG GET shows it; setting it again gives the same value.</returns>
    public abstract string Get();

    /// <param name="words">The words after the name; exactly one unless the directive takes several.</param>
    /// <param name="error">Redis's reason when refused, else empty.</param>
    public abstract SetOutcome Set(IReadOnlyList<string> words, out string error);

    /// <summary>Puts the directive's line or lines into the file being rewritten.</summary>
    public abstract void Rewrite(ConfigRewrite file);

    public bool Is(DirectiveFlags flag) => (Flags & flag) != 0;

    /// <summary>Sets a value given as one text, as CONFIG SET does.</summary>
    public SetOutcome SetText(string value, out string error)
    {
        // Splitting at every single blank, not as a line is split: two blanks make an empty word.
        if (!Is(DirectiveFlags.MultiArgument)) return Set([value], out error);
        return Set(value.Length == 0 ? [] : value.Split(' '), out error);
    }

    protected static string NotOneOf(IEnumerable<string> words) =>
        "argument(s) must be one of the following: " + string.Join(", ", words);

    protected SetOutcome Store<T>(Slot<T> slot, T value)
    {
        ref T stored = ref slot();
        bool same = EqualityComparer<T>.Default.Equals(stored, value);
        stored = value;
        return same && !Is(DirectiveFlags.AlwaysApplied) ? SetOutcome.Unchanged : SetOutcome.Changed;
    }
}
