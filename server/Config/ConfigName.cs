namespace Tidelog.Server.Config;

/// <summary>A name by which a directive is known: its own, or its alias.</summary>
internal sealed record ConfigName(string Name, Directive Row)
{
    public bool IsAlias => Name != Row.Name;
}
