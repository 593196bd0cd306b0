namespace Tidelog.Server.Config;

/// <summary>yes or no.</summary>
internal sealed class BoolDirective(
    string name, Slot<bool> slot, DirectiveFlags flags, string? alias, Func<bool, string?>? check)
    : Directive(name, flags, alias)
{
    private readonly bool _default = slot();

    public override string Get() => slot() ? "yes" : "no";

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        bool yes = words[0].Equals("yes", StringComparison.OrdinalIgnoreCase);
        if (!yes && !words[0].Equals("no", StringComparison.OrdinalIgnoreCase))
        {
            error = "argument must be 'yes' or 'no'";
            return SetOutcome.Refused;
        }
        error = check?.Invoke(yes) ?? "";
        return error.Length > 0 ? SetOutcome.Refused : Store(slot, yes);
    }

    public override void Rewrite(ConfigRewrite file) => file.Write(Name, $"{Name} {Get()}", force: slot() != _default);
}
