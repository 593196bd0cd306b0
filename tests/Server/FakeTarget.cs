using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidelog.Tests.Server;

/// <summary>Takes connections and behaves on each as the test says; counts them and keeps what came.</summary>
internal sealed class FakeTarget : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly StringBuilder _received = new();
    private readonly List<Socket> _connections = [];

    /// <param name="behave">Runs on a thread of its own for each connection, which is closed when it returns.</param>
    public FakeTarget(Action<FakeTarget, Socket> behave)
    {
        _listener.Start();
        new Thread(() => Accept(behave)) { IsBackground = true, Name = "fake-target" }.Start();
    }

    public string Port => $"{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Connections
    {
        get
        {
            lock (_connections)
            {
                return _connections.Count;
            }
        }
    }

    public string Received
    {
        get
        {
            lock (_received)
            {
                return _received.ToString();
            }
        }
    }

    /// <summary>Answers OK to each request, for ever.</summary>
    public static FakeTarget Obliging() => new((target, socket) =>
    {
        while (target.TakeRequest(socket))
        {
            socket.Send("+OK\r\n"u8);
        }
    });

    /// <summary>Takes one request and answers; then hangs up, but not before all that was sent is there.</summary>
    public static FakeTarget Answering(params string[] answers) => new((target, socket) =>
    {
        foreach (string answer in answers)
        {
            target.TakeRequest(socket);
            socket.Send(Encoding.Latin1.GetBytes(answer));
        }
        socket.Shutdown(SocketShutdown.Send);
        while (target.TakeRequest(socket))
        {
        }
    });

    /// <summary>Takes requests and never answers.</summary>
    public static FakeTarget Silent() => new((target, socket) =>
    {
        while (target.TakeRequest(socket))
        {
        }
    });

    /// <summary>Reads one request: an array of bulk strings, byte by byte.</summary>
    /// <returns>False if the other end hung up.</returns>
    public bool TakeRequest(Socket socket)
    {
        if (ReadLine(socket) is not { } header)
        {
            return false;
        }
        List<string> words = [];
        for (int count = int.Parse(header[1..]); count > 0; count--)
        {
            byte[] word = new byte[int.Parse(ReadLine(socket)![1..]) + 2];
            for (int at = 0; at < word.Length;)
            {
                at += socket.Receive(word.AsSpan(at));
            }
            words.Add(Encoding.Latin1.GetString(word, 0, word.Length - 2));
        }
        lock (_received)
        {
            _received.Append(string.Join(' ', words.Select((word, i) => i == 3 ? "..." : word))).Append('|');
        }
        return true;
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_connections)
        {
            _connections.ForEach(connection => connection.Dispose());
        }
    }

    private void Accept(Action<FakeTarget, Socket> behave)
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.AcceptSocket();
                lock (_connections)
                {
                    _connections.Add(socket);
                }
                new Thread(() => Serve(behave, socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The end of the test.
        }
    }

    private void Serve(Action<FakeTarget, Socket> behave, Socket socket)
    {
        try
        {
            behave(this, socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server hung up first.
        }
        socket.Dispose();
    }

    private static string? ReadLine(Socket socket)
    {
        StringBuilder line = new();
        byte[] next = new byte[1];
        while (socket.Receive(next) == 1)
        {
            if (next[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }
            line.Append((char)next[0]);
        }
        return null;
    }
}
