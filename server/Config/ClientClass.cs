namespace Tidelog.Server.Config;

/// <summary>Index into <see cref="ServerSettings.ClientOutputBufferLimits"/>.</summary>
internal enum ClientClass
{
    Normal,
    Replica,
    PubSub,
}
