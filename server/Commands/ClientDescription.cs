using Tidelog.Server.Network;

namespace Tidelog.Server.Commands;

/// <summary>A client as one line: CLIENT LIST, and the log.</summary>
internal static class ClientDescription
{
    public static string Of(Client client, long nowMs) => $"id={client.Id} addr={client.Address} age={(nowMs - client.ConnectedAtMs) / 1000}";
}
