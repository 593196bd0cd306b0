using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidelog.Tests.Reference;

/// <summary>
/// A blocking client for one thread. Strings stand for bytes, one character each (Latin-1), so a test can write any
/// byte as <c>\xff</c>. Every read gives up after <see cref="Patience"/>.
/// </summary>
internal sealed class RespClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly ReplyReader _reader;

    public RespClient(int port)
        : this(new IPEndPoint(IPAddress.Loopback, port))
    {
    }

    public RespClient(EndPoint endPoint)
    {
        ProtocolType protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            _socket.Connect(endPoint);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        if (protocol == ProtocolType.Tcp)
        {
            _socket.NoDelay = true;
        }

        _stream = new NetworkStream(_socket, ownsSocket: true);
        _reader = new ReplyReader(_stream);
        Patience = TimeSpan.FromSeconds(20);
    }

    /// <summary>How long a read or a write waits before it throws <see cref="IOException"/>.</summary>
    public TimeSpan Patience
    {
        get => TimeSpan.FromMilliseconds(_stream.ReadTimeout);
        set => _stream.ReadTimeout = _stream.WriteTimeout = (int)value.TotalMilliseconds;
    }

    public Socket Socket => _socket;

    /// <summary>Sends one command and returns the next reply, which is a push message if one came before.</summary>
    public Reply Call(params string[] arguments)
    {
        Send(arguments);
        return Read();
    }

    /// <inheritdoc cref="Call(string[])"/>
    public Reply Call(params byte[][] arguments)
    {
        Send(arguments);
        return Read();
    }

    public void Send(params string[] arguments) => Send(Array.ConvertAll(arguments, Encoding.Latin1.GetBytes));

    public void Send(params byte[][] arguments) => _stream.Write(Encode(arguments));

    public void SendRaw(string bytes) => _stream.Write(Encoding.Latin1.GetBytes(bytes));

    public void SendRaw(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    /// <exception cref="IOException">Nothing came for as long as <see cref="Patience"/>.</exception>
    public Reply Read() => _reader.Read();

    /// <returns>False if nothing at all came within the time.</returns>
    public bool TryRead(TimeSpan wait, out Reply? reply)
    {
        reply = null;
        if (!_reader.HasBufferedBytes && !_socket.Poll(wait, SelectMode.SelectRead))
        {
            return false;
        }

        reply = _reader.Read();
        return true;
    }

    /// <summary>Waits until the server closes the connection and returns what it sent before.</summary>
    /// <exception cref="IOException">It did not close it for as long as <see cref="Patience"/>.</exception>
    public string ReadToEnd() => Encoding.Latin1.GetString(_reader.ReadToEnd());

    /// <summary>A command in the form in which clients send it.</summary>
    public static byte[] Encode(params byte[][] arguments)
    {
        using var wire = new MemoryStream();
        wire.Write(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (byte[] argument in arguments)
        {
            wire.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            wire.Write(argument);
            wire.Write("\r\n"u8);
        }

        return wire.ToArray();
    }

    public void Dispose() => _stream.Dispose();
}
