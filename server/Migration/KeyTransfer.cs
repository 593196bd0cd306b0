// How MIGRATE moves keys: everything is sent, AUTH, SELECT where it is needed, a RESTORE for each key, then the replies
// are read. A key is deleted when its own +OK has come, not before and whatever comes behind: on any failure a key may
// be at both ends, but never at none. A connection that breaks before the first RESTORE is answered was likely one that
// the target had closed long ago; then all is tried once more on a new one. Redis 7.0 cluster.c, migrateCommand.

using System.Text;
using Tidelog.Engine;
using Tidelog.Engine.Commands;
using Tidelog.Engine.Keyspace;
using Tidelog.Protocol;

namespace Tidelog.Server.Migration;

/// <summary>The work of one MIGRATE.</summary>
/// <param name="keys">Indexes of the arguments that are keys and are there.</param>
internal sealed class KeyTransfer(CommandContext context, MigrateOptions options, List<int> keys) : IDisposable
{
    /// <summary>Small requests are sent together.</summary>
    private const int PieceLength = 64 * 1024;

    private readonly TidelogServer _server = TidelogServer.Of(context);
    private readonly ReplyWriter _request = new(PieceLength);
    private readonly List<int> _sent = [];
    private readonly List<int> _moved = [];
    private byte[]? _refusal;
    private bool _isAnswered;
    private bool _isTooBig;

    /// <summary>What became of what was sent.</summary>
    private enum Outcome
    {
        Done,
        WriteFailed,
        ReadFailed,
    }

    private MigrationTargets Targets => _server.MigrationTargets;

    /// <summary>Moves the keys and gives the reply.</summary>
    public void Run()
    {
        Outcome? outcome = TryTransfer(out bool mayRetry);
        if (mayRetry)
        {
            outcome = TryTransfer(out _);
        }
        if (_moved.Count > 0)
        {
            GiveEffect();
        }
        if (_refusal is not null)
        {
            context.Reply.Error([.. "ERR Target instance replied with error: "u8, .. _refusal]);
        }
        else if (outcome == Outcome.Done)
        {
            Succeed();
        }
        else
        {
            context.Reply.Error(outcome switch
            {
                null => ReplyError.MigrateConnecting,
                Outcome.WriteFailed => ReplyError.MigrateWriting,
                _ => ReplyError.MigrateReading,
            });
        }
    }

    public void Dispose() => _request.Dispose();

    /// <returns>Null if the host has no address.</returns>
    private Outcome? TryTransfer(out bool mayRetry)
    {
        string host = Encoding.Latin1.GetString(context[1]);
        string port = Encoding.Latin1.GetString(context[2]);
        mayRetry = false;
        if (Targets.Open(host, port, options.Timeout) is not { } target)
        {
            return null;
        }
        Outcome outcome = Outcome.WriteFailed;
        try
        {
            outcome = Transfer(target);
            mayRetry = outcome != Outcome.Done && !_isAnswered && !target.HasTimedOut;
        }
        finally
        {
            if (outcome != Outcome.Done)
            {
                Targets.Close(host, port);
            }
        }
        return outcome;
    }

    private Outcome Transfer(MigrationTarget target)
    {
        bool selects = target.Database != options.Database;
        if (!TrySend(target, selects))
        {
            return Outcome.WriteFailed;
        }
        byte[]? refusal = null;
        for (int i = (options.PasswordIndex > 0 ? 1 : 0) + (selects ? 1 : 0); i > 0; i--)
        {
            if (!TryReadAnswer(target, out byte[]? answer))
            {
                return Outcome.ReadFailed;
            }
            refusal ??= answer;
        }
        foreach (int key in _sent)
        {
            if (!TryReadAnswer(target, out byte[]? answer))
            {
                return Outcome.ReadFailed;
            }
            _isAnswered = true;
            _refusal ??= refusal ?? answer;
            if (refusal is null && answer is null && !options.Copy)
            {
                Delete(key);
            }
        }
        target.Database = _refusal is null && refusal is null ? options.Database : null;
        return Outcome.Done;
    }

    private bool TrySend(MigrationTarget target, bool selects)
    {
        _sent.Clear();
        _isTooBig = false;
        _request.Clear();
        if (options.PasswordIndex > 0)
        {
            _request.Array(options.UserIndex > 0 ? 3 : 2);
            _request.Bulk("AUTH"u8);
            if (options.UserIndex > 0)
            {
                _request.Bulk(context[options.UserIndex]);
            }
            _request.Bulk(context[options.PasswordIndex]);
        }
        if (selects)
        {
            _request.Array(2);
            _request.Bulk("SELECT"u8);
            _request.BulkInteger(options.Database);
        }
        foreach (int key in keys)
        {
            if (!TrySendKey(target, key))
            {
                return false;
            }
            if (_isTooBig)
            {
                break;
            }
        }
        return TryFlush(target);
    }

    private bool TrySendKey(MigrationTarget target, int key)
    {
        Record record = context.Database.Find(context[key], Lookup.Read | Lookup.NoTouch | Lookup.NoStats);
        long ttl = 0;
        if (record.HasExpiry)
        {
            // The time now, not the command's: what came before may have taken long.
            ttl = record.Expiry - _server.Engine.UtcNow.ToUnixTimeMilliseconds();
            if (ttl < 0)
            {
                return true;
            }
            ttl = Math.Max(ttl, 1);
        }
        try
        {
            _isTooBig = !_server.Engine.TryDump(record, out ReadOnlySpan<byte> payload);
            if (_isTooBig)
            {
                return true;
            }
            _sent.Add(key);
            _request.Array(options.Replace ? 5 : 4);
            _request.Bulk("RESTORE"u8);
            _request.Bulk(context[key]);
            _request.BulkInteger(ttl);
            if (!TryAddPayload(target, payload))
            {
                return false;
            }
        }
        finally
        {
            _server.Engine.ReleaseDump();
        }
        if (options.Replace)
        {
            _request.Bulk("REPLACE"u8);
        }
        return _request.Length < PieceLength || TryFlush(target);
    }

    private bool TryAddPayload(MigrationTarget target, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < PieceLength)
        {
            _request.Bulk(payload);
            return true;
        }

        // A big one is not copied once more.
        _request.Raw(Encoding.Latin1.GetBytes($"${payload.Length}\r\n"));
        bool isWritten = TryFlush(target) && target.TryWrite(payload);
        _request.Raw("\r\n"u8);
        return isWritten;
    }

    private bool TryFlush(MigrationTarget target)
    {
        bool isWritten = target.TryWrite(_request.Written);
        _request.Clear();
        return isWritten;
    }

    /// <returns>False if none came, or something that cannot be one.</returns>
    /// <param name="refusal">The error that it is, or null: it is OK.</param>
    private static bool TryReadAnswer(MigrationTarget target, out byte[]? refusal)
    {
        bool isRead = target.TryReadLine(out ReadOnlySpan<byte> line);
        refusal = isRead && line.StartsWith("-"u8) ? line[1..].ToArray() : null;
        return refusal is not null || (isRead && line.SequenceEqual("+OK"u8));
    }

    private void Delete(int key)
    {
        Record record = context.Database.Find(context[key], Lookup.Write | Lookup.NoTouch | Lookup.NoStats);
        if (record.Exists)
        {
            context.Database.Delete(record);
        }

        // A key that was named twice counts twice.
        context.Notify(NotifyEvents.Generic, "del"u8, context[key]);
        context.Dirty++;
        _moved.Add(key);
    }

    private void GiveEffect()
    {
        context.Effects.Begin(1 + _moved.Count);
        context.Effects.Add("DEL"u8);
        foreach (int key in _moved)
        {
            context.Effects.Add(context[key]);
        }
    }

    private void Succeed()
    {
        if (_isTooBig)
        {
            context.Reply.Error(ReplyError.PayloadTooBig);
        }
        else
        {
            context.Reply.Ok();
        }
    }
}
