using System.Globalization;

namespace Tidelog.Server.Config;

/// <summary>How a number is written.</summary>
internal enum NumberForm
{
    Plain,

    /// <summary>Bytes, with units.</summary>
    Memory,

    /// <summary>Bytes, or <c>n%</c>, which is kept as -n.</summary>
    MemoryOrPercent,

    Octal,
}

/// <summary>An integer within bounds.</summary>
internal sealed class NumberDirective : Directive
{
    private readonly Func<long> _get;
    private readonly Action<long> _set;
    private readonly long _default;

    public NumberDirective(string name, Slot<int> slot, DirectiveFlags flags, string? alias)
        : this(name, () => slot(), value => slot() = (int)value, flags, alias)
    {
    }

    public NumberDirective(string name, Slot<long> slot, DirectiveFlags flags, string? alias)
        : this(name, () => slot(), value => slot() = value, flags, alias)
    {
    }

    private NumberDirective(string name, Func<long> get, Action<long> set, DirectiveFlags flags, string? alias)
        : base(name, flags, alias)
    {
        (_get, _set) = (get, set);
        _default = get();
    }

    public required long Min { get; init; }

    public required long Max { get; init; }

    public NumberForm Form { get; init; }

    /// <summary>Bounds are compared, and told to the user, as unsigned numbers.</summary>
    public bool IsUnsigned { get; init; }

    /// <summary>What becomes of an accepted value that makes no sense; as it is if null.</summary>
    public Func<long, long>? Tame { get; init; }

    private bool IsMemory => Form is NumberForm.Memory or NumberForm.MemoryOrPercent;

    public override string Get()
    {
        long value = _get();
        if (Form == NumberForm.MemoryOrPercent && value < 0) return Plain(-value) + "%";
        if (IsMemory) return ((ulong)value).ToString(CultureInfo.InvariantCulture);
        return Form == NumberForm.Octal ? Convert.ToString(value, 8) : Plain(value);
    }

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        error = TryParse(words[0], out long value) ? BoundsError(value) : ParseError;
        if (error.Length > 0) return SetOutcome.Refused;
        long before = _get();
        _set(Tame is null ? value : Tame(value));
        return before == value && !Is(DirectiveFlags.AlwaysApplied) ? SetOutcome.Unchanged : SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file)
    {
        long value = _get();
        bool isPercent = Form == NumberForm.MemoryOrPercent && value < 0;
        string text = IsMemory && !isPercent ? ConfigNumber.FormatMemory(value) : Get();
        file.Write(Name, $"{Name} {text}", force: value != _default);
    }

    private string ParseError => Form switch
    {
        NumberForm.MemoryOrPercent => "argument must be a memory or percent value",
        NumberForm.Memory => "argument must be a memory value",
        NumberForm.Octal => "argument couldn't be parsed as an octal number",
        _ => "argument couldn't be parsed into an integer",
    };

    private bool TryParse(string text, out long value)
    {
        if (Form == NumberForm.Plain) return ConfigNumber.TryParseInteger(text, out value);
        if (Form == NumberForm.Octal) return ConfigNumber.TryParseOctal(text, out value);
        if (ConfigNumber.TryParseMemory(text, out ulong bytes))
        {
            value = (long)bytes;
            return true;
        }
        value = 0;
        if (Form != NumberForm.MemoryOrPercent || text.Length < 2 || !text.EndsWith('%')) return false;
        bool isNumber = ConfigNumber.TryParseInteger(text[..^1], out long percent) && percent >= 0;
        value = -percent;
        return isNumber;
    }

    private string BoundsError(long value)
    {
        if (Form == NumberForm.MemoryOrPercent && value < 0)
        {
            return value < Min ? $"percentage argument must be less or equal to {-Min}" : "";
        }
        bool isWithin = IsUnsigned
            ? (ulong)value >= (ulong)Min && (ulong)value <= (ulong)Max
            : value >= Min && value <= Max;
        return isWithin ? "" : $"argument must be between {Bound(Min)} and {Bound(Max)} inclusive";
    }

    private string Bound(long bound)
    {
        if (Form == NumberForm.Octal) return Convert.ToString(bound, 8);
        return IsUnsigned ? ((ulong)bound).ToString(CultureInfo.InvariantCulture) : Plain(bound);
    }

    private static string Plain(long value) => value.ToString(CultureInfo.InvariantCulture);
}
