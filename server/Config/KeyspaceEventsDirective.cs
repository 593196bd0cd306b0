using Tidelog.Engine;

namespace Tidelog.Server.Config;

/// <summary>Letters for the classes of keyspace events that are published.</summary>
internal sealed class KeyspaceEventsDirective(Slot<NotifyEvents> slot)
    : Directive("notify-keyspace-events", DirectiveFlags.None, alias: null)
{
    public override string Get() => KeyspaceEvents.Format(slot());

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        bool known = KeyspaceEvents.TryParse(words[0], out NotifyEvents flags);
        error = known ? "" : "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
        if (!known) return SetOutcome.Refused;
        slot() = flags;
        return SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file) =>
        file.Write(Name, $"{Name} {ConfigText.Quote(Get())}", force: slot() != 0);
}
