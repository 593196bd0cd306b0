namespace Tidelog.Server.Config;

/// <summary>The working directory. It has no setting: setting it changes to it at once, and reading it asks the
/// process.</summary>
internal sealed class DirDirective()
    : Directive("dir", DirectiveFlags.Protected | DirectiveFlags.DenyLoading, alias: null)
{
    public override string Get() => ConfigText.FromPath(Environment.CurrentDirectory);

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        error = FileCalls.ChangeDirectory(ConfigText.ToPath(words[0])) ?? "";
        return error.Length > 0 ? SetOutcome.Refused : SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file) =>
        file.Write(Name, $"{Name} {ConfigText.Quote(Get())}", force: true);
}
