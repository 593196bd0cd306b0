namespace Tidelog.Server.Config;

/// <summary>What an error answer to a command of the master or of the append-only file leads to.</summary>
internal enum PropagationErrorBehavior
{
    Ignore,
    Panic,
    PanicOnReplicas,
}
