namespace Tidelog.Server.Config;

/// <summary>The addresses to listen on.</summary>
internal sealed class BindDirective(Slot<IReadOnlyList<string>> slot)
    : Directive("bind", DirectiveFlags.MultiArgument, alias: null)
{
    private const int MaxAddresses = 16;

    private readonly IReadOnlyList<string> _default = slot();

    public override string Get() => string.Join(' ', slot());

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        error = words.Count > MaxAddresses ? "Too many bind addresses specified." : "";
        if (error.Length > 0) return SetOutcome.Refused;
        slot() = words is [""] ? [] : [.. words];
        return SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file)
    {
        // The default has no line that would mean the same under every version of Redis.
        if (slot().SequenceEqual(_default)) file.MarkProcessed(Name);
        else file.Write(Name, $"{Name} {(slot().Count > 0 ? Get() : "\"\"")}", force: true);
    }
}
