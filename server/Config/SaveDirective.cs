namespace Tidelog.Server.Config;

// `save` is repeated in a file: each line adds its points, and the first one replaces the defaults. Everywhere else
// (CONFIG SET) the points given are all there are. Redis's quirk is kept: once an included file has ended, the lines
// of the outer one count as "everywhere else", so a file that works there means the same here.

/// <summary>When snapshots are due: pairs of seconds and changes.</summary>
internal sealed class SaveDirective(Slot<IReadOnlyList<SavePoint>> slot)
    : Directive("save", DirectiveFlags.MultiArgument, alias: null)
{
    private bool _defaultsReplaced;

    /// <summary>True while the lines of a file are read.</summary>
    public bool IsReadingFile { get; set; }

    public override string Get() => string.Join(' ', slot().Select(p => $"{p.Seconds} {p.Changes}"));

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        bool clear = words is [""];
        if (!TryParse(clear ? [] : words, out List<SavePoint> points))
        {
            error = "Invalid save parameters";
            return SetOutcome.Refused;
        }
        bool replace = clear || !IsReadingFile || !_defaultsReplaced;
        if (IsReadingFile) _defaultsReplaced = true;
        slot() = replace ? points : [.. slot(), .. points];
        error = "";
        return SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file)
    {
        if (slot().Count == 0) file.Write(Name, "save \"\"", force: true);
        foreach (SavePoint point in slot()) file.Write(Name, $"save {point.Seconds} {point.Changes}", force: true);
    }

    private static bool TryParse(IReadOnlyList<string> words, out List<SavePoint> points)
    {
        points = [];
        if (words.Count % 2 != 0) return false;
        for (int i = 0; i < words.Count; i += 2)
        {
            if (!ConfigNumber.TryParseLoosely(words[i], out long seconds) || seconds < 1) return false;
            if (!ConfigNumber.TryParseLoosely(words[i + 1], out long changes) || changes < 0) return false;
            points.Add(new SavePoint(seconds, (int)changes));
        }
        return true;
    }
}
