// From a client's input to its replies: parses every complete command, in batches, executes them and sends the answers.
//
//  - A share for everybody: a client's turn ends with its input, which is one read, or with a megabyte of replies. It
//    goes on in the next turn.
//  - Back-pressure: a client that leaves 64 MiB of replies unread has no further commands read or executed until it
//    takes some. Less would stop clients that send a long pipeline whole before they read, which works with redis.

using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Protocol;

namespace Tidelog.Server.Network;

internal sealed unsafe class RequestRunner(
    EventLoop loop, TidelogServer server, ReplySender sender, Outbox outbox)
{
    /// <summary>Bytes of replies after which a client's turn ends.</summary>
    private const long RepliesPerTurn = 1 << 20;

    /// <summary>Unsent replies at which a client's further commands wait.</summary>
    private const long StallAt = 64 << 20;

    /// <summary>Replies that no limit counts: redis keeps so many in a client's own buffer.</summary>
    public const long UncountedReplies = 16 * 1024;

    private readonly StorageEngine _engine = server.Engine;
    private readonly CommandBatch _batch = new();
    private byte[] _quotedLine = [];
    private int _quotedLength;

    /// <summary>The client whose commands are being executed, or null.</summary>
    public Client? Current { get; private set; }

    /// <summary>Its replies pile up: it is neither read nor executed.</summary>
    public static bool IsStalled(Client client) => client.OutputPending >= StallAt;

    /// <summary>Executes a client's complete commands, up to its share of the turn, and sends the replies.</summary>
    public void Execute(Client client)
    {
        Current = client;
        client.HasWork = false;
        if (client.Mail is not null)
        {
            // What it was sent before these commands goes in front of their replies.
            outbox.Take(client, sender.Reply);
        }
        while (client.Input.Length > 0 && !client.MissedMail)
        {
            ParseStatus parsed = ParseBatch(client);
            if (_batch.Count == 0)
            {
                if (parsed == ParseStatus.Error)
                {
                    RefuseInput(client);
                }
                break;
            }
            BatchOutcome outcome = ExecuteBatch(client);
            if (outcome == BatchOutcome.Paused)
            {
                client.IsPaused = true;
                server.PausedClients.Add(client);
                break;
            }
            if (outcome == BatchOutcome.ReplyFull)
            {
                client.HasWork = client.Input.Length > 0;
                break;
            }
            if (outcome is BatchOutcome.Blocked or BatchOutcome.Closing
                || parsed == ParseStatus.NeedMore || client.CloseSoon)
            {
                break;
            }
        }
        Current = null;
        SendReplies(client);
    }

    /// <summary>Sends the messages that others left for a client.</summary>
    public void SendMail(Client client)
    {
        outbox.Take(client, sender.Reply);
        SendReplies(client);
    }

    /// <summary>After a fault: nothing of the client's batch and replies is left for the next one.</summary>
    public void Abandon()
    {
        Current = null;
        _batch.Clear();
        sender.Discard();
    }

    /// <summary>
    /// Parses ahead, up to a batch of commands. A session that owes a password is parsed one command at a time: AUTH
    /// changes the limits of what follows.
    /// </summary>
    private ParseStatus ParseBatch(Client client)
    {
        CommandBatch batch = _batch;
        batch.Clear();
        _quotedLength = 0;
        bool unauthenticated = !client.Authenticated && _engine.PasswordRequired;
        RequestLimits limits = new(_engine.Options.ProtoMaxBulkLength, unauthenticated);
        byte* data = client.Input.Data;
        long left = client.Input.Length;
        while (left > 0)
        {
            bool isQuoted = *data != (byte)'*' && !client.Parser.IsMidCommand && KeepQuotedLine(data, left);
            if (isQuoted && batch.Count > 0)
            {
                _quotedLength = 0;
                return ParseStatus.Command;
            }
            int first = batch.Arguments.Count;
            ParseStatus status = client.Parser.Parse(data, left, batch.Arguments, limits, out long length);
            if (status == ParseStatus.Command)
            {
                batch.Add(data, first, length, !client.Parser.WasInline);
            }
            else if (status == ParseStatus.Empty && batch.Count == 0)
            {
                client.Input.Consume(length);
            }
            else
            {
                // An empty request between two commands waits until those in front of it are consumed.
                return status == ParseStatus.Empty ? ParseStatus.Command : status;
            }
            data += length;
            left -= length;
            if (batch.Count > 0 && (batch.IsFull || unauthenticated || isQuoted))
            {
                return ParseStatus.Command;
            }
        }
        return ParseStatus.NeedMore;
    }

    /// <summary>
    /// Parsing an inline command decodes its quotes in the buffer, so it cannot be parsed twice. One with quotes is
    /// alone in its batch, and a copy is kept in case it must wait.
    /// </summary>
    /// <returns>True if the line is complete and has quotes.</returns>
    private bool KeepQuotedLine(byte* data, long left)
    {
        ReadOnlySpan<byte> line = new(data, (int)Math.Min(left, 2 * RequestParser.MaxInlineLength));
        int length = line.IndexOf((byte)'\n');
        if (length < 0 || line[..length].IndexOfAny((byte)'"', (byte)'\'') < 0)
        {
            return false;
        }
        if (_quotedLine.Length < length)
        {
            _quotedLine = new byte[length];
        }
        line[..length].CopyTo(_quotedLine);
        _quotedLength = length;
        return true;
    }

    private BatchOutcome ExecuteBatch(Client client)
    {
        BatchOutcome outcome =
            _engine.Dispatcher.Execute(client, _batch, sender.Reply, RepliesPerTurn, out int executed);
        long consumed = 0;
        for (int i = 0; i < executed; i++)
        {
            consumed += _batch.LengthOf(i);
        }
        if (executed < _batch.Count)
        {
            // The rest is parsed again when its turn comes; what the parser holds of a command behind it goes with it.
            client.Parser.Reset();
            _quotedLine.AsSpan(0, _quotedLength).CopyTo(new Span<byte>(client.Input.Data, _quotedLength));
        }
        client.Input.Consume(consumed);
        return outcome;
    }

    private void RefuseInput(Client client)
    {
        server.LogProtocolError(client);
        if (client.ReplyMode == ReplyMode.On)
        {
            sender.Reply.Error($"ERR {client.Parser.ErrorText}");
        }
        client.CloseAfterReply = true;
    }

    private void SendReplies(Client client)
    {
        long waiting = sender.Reply.Length;
        if (waiting > 0 || client.MissedMail)
        {
            waiting += client.OutputPending;
            if (client.MissedMail || (waiting > UncountedReplies && server.IsOverHardLimit(client, waiting)))
            {
                sender.Discard();
                loop.CloseOverLimit(client);
                return;
            }
            sender.Send(client);
        }
        loop.Settle(client);
    }
}
