using System.Text.RegularExpressions;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>
/// A redis-server and a server of ours side by side: what is sent to one is sent to the other, and the answers have to
/// be equal but for what no two servers have in common, such as ports and ids.
/// </summary>
public sealed partial class SameAsRedis : IDisposable
{
    private readonly ServerProcess _redis = ServerProcess.StartRedis("--enable-debug-command", "yes");
    private readonly RunningServer _ours = new("--enable-debug-command", "yes");

    /// <summary>Sends commands, one on a line and its words between single blanks, on one new connection.</summary>
    public void Check(string commands)
    {
        using RespClient redis = _redis.Connect();
        using RespClient ours = _ours.Connect();
        const StringSplitOptions Trimmed = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (string line in commands.Split('\n', Trimmed))
        {
            string[] words = [.. line.Split(' ').Select(word => word == "\"\"" ? "" : Regex.Unescape(word))];
            string expected = Comparable(redis.Call(words).ToString());
            string actual = Comparable(ours.Call(words).ToString());
            Assert.True(expected == actual, $"{line}\nredis: {expected}\n ours: {actual}");
        }
    }

    /// <summary>Sends raw bytes on a new connection, then DEBUG ERROR as the mark at which the answers end.</summary>
    public void CheckWire(string bytes)
    {
        string expected = Comparable(Wire(_redis.Connect(), bytes));
        string actual = Comparable(Wire(_ours.Connect(), bytes));
        Assert.True(expected == actual, $"{bytes}\nredis: {expected}\n ours: {actual}");
    }

    internal Reply CallRedis(params string[] words)
    {
        using RespClient client = _redis.Connect();
        return client.Call(words);
    }

    internal RespClient ConnectOurs() => _ours.Connect();

    public void Dispose()
    {
        _redis.Dispose();
        _ours.Dispose();
    }

    private static string Wire(RespClient client, string bytes)
    {
        using (client)
        {
            client.SendRaw(bytes + "CLIENT REPLY ON\r\nQUIT\r\n");
            return client.ReadToEnd();
        }
    }

    private static string Comparable(string text)
    {
        text = AddressOrId().Replace(text, "$1=?");
        text = HelloId().Replace(text, "$1?");
        return Measured().Replace(text, "$1=?");
    }

    [GeneratedRegex(@"\b(addr|laddr|id)=[^ ]+")]
    private static partial Regex AddressOrId();

    [GeneratedRegex(@"(\$""id""(?:, | => ):|\$2\r\nid\r\n:)\d+")]
    private static partial Regex HelloId();

    [GeneratedRegex(@"\b(fd|age|idle|qbuf|qbuf-free|argv-mem|rbs|rbp|tot-mem)=\d+")]
    private static partial Regex Measured();
}
