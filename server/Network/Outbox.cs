// Messages to clients that did not ask for them just now: pub/sub, keyspace events. They are gathered by client until
// the end of the turn, so that a client is sent a whole turn's messages with one call.

using System.Diagnostics.CodeAnalysis;
using Tidelog.Protocol;

namespace Tidelog.Server.Network;

internal sealed unsafe class Outbox(SocketPoller poller, TidelogServer server)
{
    /// <summary>Most turns bring a client less than this.</summary>
    private const int InitialCapacity = 1024;

    private const int MaxSpareCapacity = 64 * 1024;
    private const int MaxSpares = 1024;

    private readonly Lock _lock = new();
    private readonly Stack<ReplyWriter> _spares = new();
    private readonly Queue<Client> _addressed = new();

    public bool IsEmpty => _addressed.Count == 0;

    /// <summary>The loop's thread, which needs nobody to wake it up.</summary>
    public int LoopThread { get; set; }

    /// <summary>Leaves messages for a client. Safe from any thread.</summary>
    public void Add(Client client, ReadOnlySpan<byte> messages)
    {
        fixed (byte* start = messages)
        {
            Add(client, start, messages.Length);
        }
    }

    /// <inheritdoc cref="Add(Client, ReadOnlySpan{byte})"/>
    /// <param name="length">Bytes; nothing is sent if there are none.</param>
    public void Add(Client client, byte* messages, long length)
    {
        if (length == 0)
        {
            return;
        }
        lock (_lock)
        {
            if (client.Mail is not ReplyWriter mail)
            {
                mail = client.Mail = _spares.TryPop(out ReplyWriter? spare) ? spare : new ReplyWriter(InitialCapacity);
                _addressed.Enqueue(client);
                if (_addressed.Count == 1 && Environment.CurrentManagedThreadId != LoopThread)
                {
                    poller.WakeUp();
                }
            }

            // One command may publish much; what is too much need not be kept until its end.
            long waiting = mail.Length + length + client.OutputPending;
            if (client.MissedMail
                || (waiting > RequestRunner.UncountedReplies && server.IsOverHardLimit(client, waiting)))
            {
                client.MissedMail = true;
                return;
            }
            mail.Raw(messages, length);
        }
    }

    /// <summary>Takes the next client with messages from the list.</summary>
    public bool TryNext([NotNullWhen(true)] out Client? client)
    {
        lock (_lock)
        {
            while (_addressed.TryDequeue(out client))
            {
                if (client.Mail is not null)
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>Moves a client's messages to a writer.</summary>
    public void Take(Client client, ReplyWriter reply)
    {
        lock (_lock)
        {
            if (client.Mail is ReplyWriter mail)
            {
                reply.Raw(mail.Start, mail.Length);
                Release(client, mail);
            }
        }
    }

    /// <summary>Forgets a client's messages.</summary>
    public void Drop(Client client)
    {
        lock (_lock)
        {
            if (client.Mail is ReplyWriter mail)
            {
                Release(client, mail);
            }
        }
    }

    private void Release(Client client, ReplyWriter mail)
    {
        client.Mail = null;
        if (mail.Capacity > MaxSpareCapacity || _spares.Count == MaxSpares)
        {
            mail.Dispose();
            return;
        }
        mail.Clear();
        _spares.Push(mail);
    }
}
