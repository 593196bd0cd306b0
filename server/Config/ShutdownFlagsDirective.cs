namespace Tidelog.Server.Config;

/// <summary>What a signal asks of the shutdown: several words that add up.</summary>
internal sealed class ShutdownFlagsDirective(string name, Slot<ShutdownFlags> slot)
    : Directive(name, DirectiveFlags.MultiArgument, alias: null)
{
    private static readonly (string Word, ShutdownFlags Flag)[] Choices =
    [
        ("default", ShutdownFlags.Default), ("save", ShutdownFlags.Save), ("nosave", ShutdownFlags.NoSave),
        ("now", ShutdownFlags.Now), ("force", ShutdownFlags.Force),
    ];

    public override string Get()
    {
        if (slot() == ShutdownFlags.Default) return Choices[0].Word;
        return string.Join(' ', Choices.Skip(1).Where(c => slot().HasFlag(c.Flag)).Select(c => c.Word));
    }

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        var flags = ShutdownFlags.Default;
        error = words.Count == 0 ? UnknownWord : "";
        foreach (string word in words)
        {
            int index = Array.FindIndex(Choices, c => c.Word.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (index < 0) error = UnknownWord;
            else flags |= Choices[index].Flag;
        }
        if (error.Length == 0 && flags.HasFlag(ShutdownFlags.Save | ShutdownFlags.NoSave))
        {
            error = "shutdown options SAVE and NOSAVE can't be used simultaneously";
        }
        return error.Length > 0 ? SetOutcome.Refused : Store(slot, flags);
    }

    public override void Rewrite(ConfigRewrite file) =>
        file.Write(Name, $"{Name} {Get()}", force: slot() != ShutdownFlags.Default);

    private static string UnknownWord => NotOneOf(Choices.Select(c => c.Word));
}
