using System.Globalization;

namespace Tidelog.Server.Config;

/// <summary>The percentiles of each command's latency that INFO shows.</summary>
internal sealed class PercentilesDirective(Slot<IReadOnlyList<double>> slot)
    : Directive("latency-tracking-info-percentiles", DirectiveFlags.MultiArgument, alias: null)
{
    public override string Get() => string.Join(' ', slot().Select(Format));

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        var percentiles = new List<double>();
        error = "";
        foreach (string word in words is [""] ? [] : words)
        {
            if (!ConfigNumber.TryParseDouble(word, out double percentile))
            {
                error = "Invalid latency-tracking-info-percentiles parameters";
                return SetOutcome.Refused;
            }
            if (percentile is < 0 or > 100)
            {
                error = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
                return SetOutcome.Refused;
            }
            percentiles.Add(percentile);
        }
        slot() = percentiles;
        return SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file) =>
        file.Write(Name, $"{Name} {(slot().Count > 0 ? Get() : "\"\"")}", force: true);

    private static string Format(double percentile) =>
        percentile.ToString("F6", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.');
}
