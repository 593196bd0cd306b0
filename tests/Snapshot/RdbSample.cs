using System.Globalization;
using Tidelog.Tests.Reference;

namespace Tidelog.Tests.Snapshot;

/// <summary>A dataset of all types and encodings, in a redis-server of the test's.</summary>
internal static class RdbSample
{
    public const string Function = "#!lua name=sample\nredis.register_function('f', function() return 1 end)";

    /// <summary>Expires in the year 2100.</summary>
    public const long Expiry = 4_102_444_800_000;

    public static void Fill(RespClient client)
    {
        Do(client, "SET", "text", "hello");
        Do(client, "SET", "integer", "12345");
        Do(client, "SET", "big integer", "1234567890123");
        Do(client, "SET", "compressible", new string('a', 500));
        Do(client, "SET", "bytes \xff\x00\"\\\n", "\xc3\xa9 \xe9 \x7f");
        Do(client, "SET", "expiring", "soon", "PXAT", Expiry.ToString(CultureInfo.InvariantCulture));
        Do(client, "RPUSH", "list", "a", "1", "", new string('z', 9000), "-7");
        Do(client, ["RPUSH", "long list", .. Range(3000)]);
        Do(client, "SADD", "integers", "1", "2", "70000");
        Do(client, "SADD", "set", "1", "b", new string('c', 100));
        Do(client, "HSET", "hash", "f", "v", "1", "2");
        Do(client, ["HSET", "big hash", .. Range(2000)]);
        Do(client, "ZADD", "scores", "1.5", "a", "-inf", "b", "inf", "c", "3", "7");
        Do(client, ["ZADD", "big scores", .. Range(600)]);
        Do(client, "XADD", "stream", "1-1", "f", "v", "g", "1");
        Do(client, "XADD", "stream", "1-2", "f", "w", "g", "2");
        Do(client, "XADD", "stream", "5-0", "other", "x");
        Do(client, "XADD", "stream", "6-0", "gone", "x");
        Do(client, "XDEL", "stream", "6-0");
        Do(client, "XGROUP", "CREATE", "stream", "g", "0");
        Do(client, "XGROUP", "CREATE", "stream", "empty", "$");
        Do(client, "XREADGROUP", "GROUP", "g", "c1", "COUNT", "1", "STREAMS", "stream", ">");
        Do(client, "XREADGROUP", "GROUP", "g", "c2", "COUNT", "1", "STREAMS", "stream", ">");
        Do(client, "XGROUP", "CREATECONSUMER", "stream", "g", "idle");
        Do(client, "XADD", "emptied stream", "1-1", "f", "v");
        Do(client, "XDEL", "emptied stream", "1-1");
        Do(client, "FUNCTION", "LOAD", Function);
        Do(client, "SELECT", "3");
        Do(client, "SET", "text", "in database 3");
        Do(client, "SELECT", "0");
    }

    /// <summary>Lets the server save, and gives the file's path.</summary>
    public static string Save(ServerProcess redis, RespClient client)
    {
        Do(client, "SAVE");
        return Path.Combine(redis.WorkingDirectory, "dump.rdb");
    }

    public static string Digest(RespClient client) => Do(client, "DEBUG", "DIGEST").Text;

    public static Reply Do(RespClient client, params string[] command)
    {
        Reply reply = client.Call(command);
        return !reply.IsError ? reply : throw new InvalidOperationException($"{command[0]}: {reply.Text}");
    }

    private static string[] Range(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => (string[])[$"{i}", $"element {i}"])];
}
