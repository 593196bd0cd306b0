namespace Tidelog.Server.Config;

// A path is decoded for the file system (see ConfigText). Where an empty word means "not set", that is written as no
// line at all.

/// <summary>One word of any bytes.</summary>
internal sealed class TextDirective(
    string name, Slot<string?> slot, bool isPath, bool emptyIsNull,
    DirectiveFlags flags, string? alias, Func<string, string?>? check)
    : Directive(name, flags, alias)
{
    private readonly string? _default = slot();

    public override string Get() => slot() is not { } value ? "" : isPath ? ConfigText.FromPath(value) : value;

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        error = check?.Invoke(words[0]) ?? "";
        if (error.Length > 0) return SetOutcome.Refused;
        string value = isPath ? ConfigText.ToPath(words[0]) : words[0];
        return Store(slot, emptyIsNull && value.Length == 0 ? null : value);
    }

    public override void Rewrite(ConfigRewrite file)
    {
        if (slot() is null) file.MarkProcessed(Name);
        else file.Write(Name, $"{Name} {ConfigText.Quote(Get())}", force: slot() != _default);
    }
}
