namespace Tidelog.Server.Config;

/// <summary>Groups of four words: class of client, hard limit, soft limit, seconds. Classes not named keep
/// theirs.</summary>
internal sealed class OutputBufferLimitDirective(OutputBufferLimit[] limits)
    : Directive("client-output-buffer-limit", DirectiveFlags.MultiArgument, alias: null)
{
    private readonly OutputBufferLimit[] _default = [.. limits];

    public override string Get() => string.Join(' ', limits.Select((limit, index) =>
        $"{NameOf(index, "slave")} {(ulong)limit.HardBytes} {(ulong)limit.SoftBytes} {limit.SoftSeconds}"));

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        OutputBufferLimit[] wanted = [.. limits];
        error = words.Count % 4 != 0 ? "Wrong number of arguments in buffer limit configuration." : "";
        for (int i = 0; i < words.Count && error.Length == 0; i += 4)
        {
            error = Parse(words, i, wanted);
        }
        if (error.Length > 0) return SetOutcome.Refused;
        wanted.CopyTo(limits, 0);
        return SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            string hard = ConfigNumber.FormatMemory(limits[i].HardBytes);
            string soft = ConfigNumber.FormatMemory(limits[i].SoftBytes);
            string line = $"{Name} {NameOf(i, "replica")} {hard} {soft} {limits[i].SoftSeconds}";
            file.Write(Name, line, force: limits[i] != _default[i]);
        }
    }

    private static string Parse(IReadOnlyList<string> words, int at, OutputBufferLimit[] wanted)
    {
        ClientClass? client = words[at].ToLowerInvariant() switch
        {
            "normal" => ClientClass.Normal,
            "slave" or "replica" => ClientClass.Replica,
            "pubsub" => ClientClass.PubSub,
            _ => null,
        };
        if (client is null) return "Invalid client class specified in buffer limit configuration.";
        if (!ConfigNumber.TryParseMemory(words[at + 1], out ulong hard)
            || !ConfigNumber.TryParseMemory(words[at + 2], out ulong soft)
            || !ConfigNumber.TryParseLoosely(words[at + 3], out long seconds)
            || (int)seconds < 0)
        {
            return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        }
        wanted[(int)client] = new OutputBufferLimit((long)hard, (long)soft, (int)seconds);
        return "";
    }

    private static string NameOf(int client, string replica) => (ClientClass)client switch
    {
        ClientClass.Normal => "normal",
        ClientClass.Replica => replica,
        _ => "pubsub",
    };
}
