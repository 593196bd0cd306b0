namespace Tidelog.Server.Config;

/// <summary>The master, as host and port. At run time the REPLICAOF command sets it, not CONFIG SET.</summary>
internal sealed class ReplicaOfDirective(ServerSettings settings)
    : Directive("replicaof", DirectiveFlags.Immutable | DirectiveFlags.MultiArgument, "slaveof")
{
    private readonly ReplicationSettings _replication = settings.Replication;

    public override string Get() =>
        _replication.MasterHost is { } host ? $"{host} {_replication.MasterPort}" : "";

    public override SetOutcome Set(IReadOnlyList<string> words, out string error)
    {
        error = words.Count != 2 ? "wrong number of arguments" : "";
        if (error.Length > 0) return SetOutcome.Refused;
        if (words[0].Equals("no", StringComparison.OrdinalIgnoreCase)
            && words[1].Equals("one", StringComparison.OrdinalIgnoreCase))
        {
            _replication.MasterHost = null;
            return SetOutcome.Changed;
        }
        if (!ConfigNumber.TryParseLoosely(words[1], out long port) || port is < 0 or > 65535)
        {
            error = "Invalid master port";
            return SetOutcome.Refused;
        }
        (_replication.MasterHost, _replication.MasterPort) = (words[0], (int)port);
        return SetOutcome.Changed;
    }

    public override void Rewrite(ConfigRewrite file)
    {
        if (settings.ClusterEnabled || _replication.MasterHost is null) file.MarkProcessed(Name);
        else file.Write(Name, $"{Name} {Get()}", force: true);
    }
}
