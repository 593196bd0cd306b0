using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Tidelog.Tests.Server;

/// <summary>A redis-server 7.0.15 of this machine in a directory of its own, reached by a unix socket.</summary>
internal sealed class ConfigReferenceServer : IDisposable
{
    public const char Separator = '\x1e';

    private const string Program = "/usr/bin/redis-server";

    private readonly Process _process;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ConfigReferenceServer(params string[] arguments)
    {
        DirectoryPath = Directory.CreateTempSubdirectory("tidelog-config").FullName;
        string path = Path.Combine(DirectoryPath, "s");
        _process = Spawn(DirectoryPath, [.. arguments, "--port", "0", "--unixsocket", path]);
        for (int attempt = 0; !_socket.Connected; attempt++)
        {
            try
            {
                _socket.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException) when (attempt < 500 && !_process.HasExited)
            {
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>False where there is nothing to compare with: such tests pass without a look.</summary>
    public static bool IsInstalled => File.Exists(Program);

    public string DirectoryPath { get; }

    /// <summary>Runs redis-server on a configuration that it refuses.</summary>
    /// <returns>What it wrote to standard error.</returns>
    public static string Refusal(string directory, params string[] arguments)
    {
        using Process process = Spawn(directory, arguments);
        _ = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(2))) process.Kill();
        return error.Result;
    }

    /// <returns>The reply: an error with its code, a text, or the texts of an array, with separators.</returns>
    public string Ask(params string[] command)
    {
        var request = new StringBuilder($"*{command.Length}\r\n");
        foreach (string word in command) request.Append($"${word.Length}\r\n{word}\r\n");
        _socket.Send(Encoding.Latin1.GetBytes(request.ToString()));
        string header = ReadLine();
        return header[0] switch
        {
            '$' => ReadBulk(header),
            '*' => string.Join(Separator, new int[int.Parse(header[1..])].Select(_ => ReadBulk(ReadLine()))),
            _ => header[1..],
        };
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(DirectoryPath, recursive: true);
    }

    private static Process Spawn(string directory, string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private string ReadBulk(string header)
    {
        byte[] text = Read(int.Parse(header[1..]) + 2);
        return Encoding.Latin1.GetString(text, 0, text.Length - 2);
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (line.Length < 2 || line[^1] != '\n') line.Append((char)Read(1)[0]);
        return line.ToString(0, line.Length - 2);
    }

    private byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int received = _socket.Receive(bytes.AsSpan(at));
            if (received == 0) throw new IOException("redis-server closed the connection");
            at += received;
        }
        return bytes;
    }
}
