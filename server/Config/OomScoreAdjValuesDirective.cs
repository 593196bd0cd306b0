namespace Tidelog.Server.Config;

/// <summary>How readily the kernel may end a master, a replica, a saving process when memory is short.</summary>
internal sealed class OomScoreAdjValuesDirective(int[] values, Action<string> warn)
    : Directive("oom-score-adj-values", DirectiveFlags.MultiArgument, alias: null)
{
    private readonly int[] _default = [.. values];

    public override string Get() => string.Join(' ', values);

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        error = words.Count != values.Length ? "wrong number of arguments" : "";
        if (error.Length > 0) return SetOutcome.Refused;
        int[] wanted = new int[values.Length];
        for (int i = 0; i < wanted.Length; i++)
        {
            if (!ConfigNumber.TryParseLoosely(words[i], out long value) || value is < -2000 or > 2000)
            {
                error = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
                return SetOutcome.Refused;
            }
            wanted[i] = (int)value;
        }
        if (wanted[1] < wanted[0] || wanted[2] < wanted[1])
        {
            warn("The oom-score-adj-values configuration may not work for non-privileged processes! "
                + "Please consult the documentation.");
        }
        bool same = wanted.AsSpan().SequenceEqual(values);
        wanted.CopyTo(values, 0);
        return same ? SetOutcome.Unchanged : SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file) =>
        file.Write(Name, $"{Name} {Get()}", force: !values.AsSpan().SequenceEqual(_default));
}
