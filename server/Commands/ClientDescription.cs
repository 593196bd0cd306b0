using System.Text;
using Tidelog.Engine.PubSub;
using Tidelog.Server.Network;

namespace Tidelog.Server.Commands;

/// <summary>A client as one line: CLIENT LIST, and the log.</summary>
internal static class ClientDescription
{
    /// <param name="argumentBytes">Of the command that it executes; 0 if it executes none.</param>
    /// <returns>The fields of redis 7.0.15 in its order, one byte per char.</returns>
    public static string Of(Client client, long nowMs, long argumentBytes = 0)
    {
        long pending = client.OutputPending;
        return $"id={client.Id} addr={client.Address} laddr={client.LocalAddress} fd={client.Socket} "
            + $"name={Encoding.Latin1.GetString(client.Name)} "
            + $"age={Seconds(client.ConnectedAtMs, nowMs)} idle={Seconds(client.LastInteractionMs, nowMs)} "
            + $"flags={Flags(client)} db={client.Database.Index} sub={client.CountSubscriptions(TopicKind.Channel)} "
            + $"psub={client.CountSubscriptions(TopicKind.Pattern)} "
            + $"ssub={client.CountSubscriptions(TopicKind.ShardChannel)} multi={Queued(client)} "
            + $"qbuf={client.Input.Length} qbuf-free={client.Input.Capacity - client.Input.Length} "
            + $"argv-mem={argumentBytes} multi-mem={client.Transaction?.Queue.ArgumentBytes ?? 0} rbs=0 rbp=0 "
            + $"obl=0 oll={(pending > 0 ? 1 : 0)} omem={pending} tot-mem={client.MemoryUsage} events={Events(client)} "
            + $"cmd={client.LastCommand?.FullName ?? "NULL"} user={ConnectionCommands.DefaultUser} redir=-1 "
            + $"resp={client.Protocol}";
    }

    // Whole seconds of the two times' difference, as redis counts them: by its clock of seconds.
    private static long Seconds(long since, long nowMs) => Math.Max(0, (nowMs / 1000) - (since / 1000));

    private static string Flags(Client client)
    {
        string flags = "";
        if (client.IsSubscribed)
        {
            flags += 'P';
        }
        if (client.Transaction is { IsOpen: true })
        {
            flags += 'x';
        }
        if (client.IsWaiting)
        {
            flags += 'b';
        }
        if (client.Transaction is { IsTouched: true })
        {
            flags += 'd';
        }
        if (client.CloseAfterReply)
        {
            flags += 'c';
        }
        if (client.CloseSoon)
        {
            flags += 'A';
        }
        if (client.IsUnixSocket)
        {
            flags += 'U';
        }
        if (client.NoEvict)
        {
            flags += 'e';
        }
        return flags.Length > 0 ? flags : "N";
    }

    private static int Queued(Client client) =>
        client.Transaction is { IsOpen: true } transaction ? transaction.Queue.Count : -1;

    private static string Events(Client client) =>
        (client.Interest.HasFlag(SocketEvents.Readable) ? "r" : "")
        + (client.Interest.HasFlag(SocketEvents.Writable) ? "w" : "");
}
