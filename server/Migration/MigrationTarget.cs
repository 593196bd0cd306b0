using System.Net;
using System.Net.Sockets;

namespace Tidelog.Server.Migration;

/// <summary>
/// A connection to another server for which the event loop's thread waits: each piece of 64 KiB that is written and
/// each line that is read may take as long as the timeout. After a failure nothing more succeeds.
/// </summary>
internal sealed class MigrationTarget : IDisposable
{
    private const int PieceLength = 64 * 1024;

    /// <summary>What is behind it in a line is passed over.</summary>
    private const int MaxLineLength = 1023;
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly byte[] _received = new byte[4096];
    private readonly byte[] _line = new byte[MaxLineLength];
    private Socket? _socket;
    private int _at;
    private int _end;

    /// <summary>Tries one address after the other. If none takes the connection, the first write fails.</summary>
    /// <param name="timeout">For all of them together.</param>
    public MigrationTarget(IPAddress[] addresses, int port, TimeSpan timeout, TimeProvider time)
    {
        _time = time;
        Timeout = timeout;
        long start = time.GetTimestamp();
        foreach (IPAddress address in addresses)
        {
            if (TryConnect(new IPEndPoint(address, port), start))
            {
                break;
            }
        }
    }

    public TimeSpan Timeout { get; set; }

    /// <summary>The last failure was that the timeout passed.</summary>
    public bool HasTimedOut { get; private set; }

    /// <summary>The database that is selected there; null if that is not known.</summary>
    public long? Database { get; set; }

    /// <summary>Unix time in milliseconds.</summary>
    public long LastUseMs { get; set; }

    /// <summary>Nobody hung up, and nothing has come that nobody asked for.</summary>
    public bool IsReady => _socket is not null && _at == _end && !_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);

    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int length = Math.Min(bytes.Length, PieceLength);
            if (!TryWritePiece(bytes[..length]))
            {
                return false;
            }
            bytes = bytes[length..];
        }
        return true;
    }

    /// <summary>Reads a line.</summary>
    /// <param name="line">Without its end, at most 1,023 bytes of it; good until the next.</param>
    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        long start = _time.GetTimestamp();
        int length = 0;
        line = default;
        while (_at < _end || TryReceive(start))
        {
            ReadOnlySpan<byte> received = _received.AsSpan(_at, _end - _at);
            int end = received.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? received : received[..end];
            int kept = Math.Min(part.Length, MaxLineLength - length);
            part[..kept].CopyTo(_line.AsSpan(length));
            length += kept;
            _at += part.Length + (end < 0 ? 0 : 1);
            if (end >= 0)
            {
                line = _line.AsSpan(0, length).TrimEnd((byte)'\r');
                return true;
            }
        }
        return false;
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private bool TryConnect(IPEndPoint address, long start)
    {
        HasTimedOut = false;
        try
        {
            _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _socket.Blocking = false;
            _socket.NoDelay = true;
            _socket.Connect(address);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (TryWait(SelectMode.SelectWrite, start)
                && _socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)
                    is (int)SocketError.Success)
            {
                return true;
            }
        }
        catch (SocketException)
        {
            // Refused at once, as if it were later; or there is no socket for it.
        }
        Dispose();
        return false;
    }

    private bool TryWritePiece(ReadOnlySpan<byte> piece)
    {
        long start = _time.GetTimestamp();
        while (_socket is not null)
        {
            int sent = _socket.Send(piece, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                piece = piece[sent..];
                if (piece.IsEmpty)
                {
                    return true;
                }
            }
            else if (error != SocketError.WouldBlock)
            {
                return false;
            }
            if (!TryWait(SelectMode.SelectWrite, start))
            {
                return false;
            }
        }
        return false;
    }

    private bool TryReceive(long start)
    {
        _at = _end = 0;
        while (_socket is not null && TryWait(SelectMode.SelectRead, start))
        {
            _end = _socket.Receive(_received, SocketFlags.None, out SocketError error);
            if (error != SocketError.WouldBlock)
            {
                return _end > 0;
            }
        }
        return false;
    }

    /// <returns>False if the timeout has passed since then.</returns>
    private bool TryWait(SelectMode mode, long start)
    {
        while (true)
        {
            TimeSpan left = Timeout - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                HasTimedOut = true;
                return false;
            }
            if (_socket!.Poll(left < LongestPoll ? left : LongestPoll, mode))
            {
                return true;
            }
        }
    }
}
