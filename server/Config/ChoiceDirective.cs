namespace Tidelog.Server.Config;

/// <summary>One of a list of words, in any case.</summary>
/// <remarks>Several words may mean the same value: the first one is shown.</remarks>
internal sealed class ChoiceDirective<T>(
    string name, Slot<T> slot, (string Word, T Value)[] choices, DirectiveFlags flags, string? alias)
    : Directive(name, flags, alias)
{
    private readonly T _default = slot();

    public override string Get() => choices.First(c => Same(c.Value, slot())).Word;

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        foreach ((string word, T value) in choices)
        {
            if (words.Count != 1 || !word.Equals(words[0], StringComparison.OrdinalIgnoreCase)) continue;
            error = "";
            return Store(slot, value);
        }
        error = NotOneOf(choices.Select(c => c.Word));
        return SetOutcome.Refused;
    }

    public override void Rewrite(ConfigRewrite file) =>
        file.Write(Name, $"{Name} {Get()}", force: !Same(slot(), _default));

    private static bool Same(T a, T b) => EqualityComparer<T>.Default.Equals(a, b);
}
