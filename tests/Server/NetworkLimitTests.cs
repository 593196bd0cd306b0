using System.Diagnostics;
using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

/// <summary>What one client may cost the server and the other clients.</summary>
public sealed class NetworkLimitTests
{
    private const int Megabyte = 1 << 20;

    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_huge_value_comes_back_whole_and_its_memory_is_given_back(string poller)
    {
        int size = (NetworkServers.IsLong ? 512 : 64) * Megabyte;
        using RunningServer server = NetworkServers.Start(poller);
        using RespClient client = server.Connect();
        client.Patience = TimeSpan.FromSeconds(60);
        byte[] value = new byte[size];
        new Random(7).NextBytes(value);
        byte[] key = [1, 0, 2];
        Assert.Equal("OK", client.Call("SET"u8.ToArray(), key, value).Text);
        Assert.True(client.Call("GET"u8.ToArray(), key).Bytes.SequenceEqual(value));
        using RespClient observer = server.Connect();
        string id = client.Call("CLIENT", "ID").Text;
        NetworkServers.WaitFor(() => NetworkServers.ClientField(observer, id, "tot-mem") < 256 * 1024, "small buffers");
    }

    [Fact]
    public void A_command_of_many_big_arguments_is_taken_whole()
    {
        using RunningServer server = new();
        using RespClient client = server.Connect();
        List<string> command = ["MSET"];
        for (int i = 0; i < 60; i++)
        {
            command.AddRange([$"key{i}", new string((char)('A' + (i % 26)), 200_000 + i)]);
        }

        Assert.Equal("OK", client.Call([.. command]).Text);
        for (int i = 0; i < 60; i++)
        {
            Assert.Equal(command[(2 * i) + 2], client.Call("GET", $"key{i}").Text);
        }
    }

    [Fact]
    public void A_client_that_sends_more_than_the_query_buffer_limit_is_closed()
    {
        using RunningServer server = new("--client-query-buffer-limit", "1mb");
        using RespClient other = server.Connect();
        using RespClient client = server.Connect();
        client.Call("SET", "fits", new string('x', Megabyte - 1000));
        AssertClosed(client, () => client.Send("SET", "k", new string('x', 8 * Megabyte)));
        using RespClient many = server.Connect();
        AssertClosed(many, () =>
        {
            many.SendRaw("*1000000\r\n");
            for (int i = 0; i < 400_000; i++)
            {
                many.SendRaw("$1\r\nx\r\n");
            }
        });
        string log = server.Log;
        Assert.Contains("Closing client that reached max query buffer length: id=", log, StringComparison.Ordinal);
        Assert.Contains("(qbuf initial bytes: \"*3\\r\\n$3\\r\\nSET", log, StringComparison.Ordinal);
        Assert.Equal("*[:1, :0]", $"*[{other.Call("EXISTS", "fits")}, {other.Call("EXISTS", "k")}]");
    }

    [Fact]
    public void One_reply_over_the_hard_limit_closes_its_client_and_no_other()
    {
        using RunningServer server = new("--client-output-buffer-limit", "normal", "1mb", "0", "0");
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        client.Call("SET", "small", new string('x', Megabyte / 2));
        client.Call("SET", "big", new string('x', 2 * Megabyte));
        Assert.Equal(Megabyte / 2, client.Call("GET", "small").Bytes.Length);
        AssertClosed(client, () => client.Send("GET", "big"));
        Assert.Contains("closed ASAP for overcoming of output buffer limits", server.Log, StringComparison.Ordinal);
        Assert.Equal("PONG", other.Call("PING").Text);
        Assert.Equal(1, server.Server.Metrics.OutputBufferLimitDisconnections);
    }

    [Fact]
    public void Replies_that_stay_over_the_soft_limit_for_its_time_close_their_client()
    {
        using RunningServer server = new("--client-output-buffer-limit", "normal", "0", "1mb", "1");
        using RespClient client = server.Connect();
        client.Call("SET", "big", new string('x', Megabyte));
        var clock = Stopwatch.StartNew();
        client.SendRaw(string.Concat(Enumerable.Repeat("GET big\r\n", 30)));
        NetworkServers.WaitFor(() => NetworkServers.CountClients(server) == 0, "the client is closed");
        Assert.True(clock.ElapsedMilliseconds > 1000, $"closed after {clock.ElapsedMilliseconds} ms");
        Assert.Equal(1, server.Server.Metrics.OutputBufferLimitDisconnections);
    }

    [Fact]
    public void A_client_that_owes_a_password_cannot_leave_replies_unread()
    {
        using RunningServer server = new("--requirepass", "secret");
        using RespClient client = server.Connect();
        AssertClosed(client, () =>
        {
            for (int i = 0; i < 1_000_000; i++)
            {
                client.SendRaw("SET x 5\r\n");
            }
        });
    }

    [Theory]
    [InlineData(NetworkServers.Epoll)]
    [InlineData(NetworkServers.Portable)]
    public void A_client_that_asks_and_does_not_read_costs_bounded_memory_and_loses_nothing(string poller)
    {
        const int requests = 400;
        using RunningServer server = NetworkServers.Start(poller);
        using RespClient greedy = server.Connect();
        using RespClient other = server.Connect();
        string id = greedy.Call("CLIENT", "ID").Text;
        string value = new('x', Megabyte);
        greedy.Call("SET", "big", value);
        greedy.SendRaw(string.Concat(Enumerable.Repeat("GET big\r\n", requests)) + "SET done 1\r\n");
        NetworkServers.WaitFor(() => NetworkServers.ClientField(other, id, "omem") >= 64 * Megabyte, "a stall");
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(0, other.Call("EXISTS", "done").Integer);
            Assert.InRange(NetworkServers.ClientField(other, id, "tot-mem"), 64 * Megabyte, 160 * Megabyte);
        }

        for (int i = 0; i < requests; i++)
        {
            Assert.Equal(Megabyte, greedy.Read().Bytes.Length);
        }

        Assert.Equal("OK", greedy.Read().Text);
        NetworkServers.WaitFor(() => NetworkServers.ClientField(other, id, "tot-mem") < 256 * 1024, "small buffers");
    }

    [Fact]
    public void An_endless_pipeline_leaves_others_their_turn()
    {
        using RunningServer server = new();
        using RespClient greedy = server.Connect();
        using RespClient other = server.Connect();
        greedy.Call("SET", "big", new string('x', Megabyte));
        byte[] pipeline = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET big\r\n", 1000)));
        using CancellationTokenSource stop = new();
        Thread asking = new(() => Ignoring<IOException>(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                greedy.SendRaw(pipeline);
            }
        }));
        Thread reading = new(() => Ignoring<IOException>(() =>
        {
            byte[] sink = new byte[Megabyte];
            while (!stop.IsCancellationRequested && greedy.Socket.Receive(sink) > 0)
            {
            }
        }));
        asking.Start();
        reading.Start();
        var clock = Stopwatch.StartNew();
        int answered = 0;
        while (clock.ElapsedMilliseconds < 500)
        {
            Assert.Equal("PONG", other.Call("PING").Text);
            answered++;
        }

        stop.Cancel();
        greedy.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        asking.Join();
        reading.Join();

        // A thousand replies of a megabyte take a second or so: whoever waited for all of them would see two answers.
        Assert.True(answered > 30, $"{answered} answers in half a second");
    }

    [Fact]
    public void Without_file_descriptors_the_server_waits_idle_until_there_are_some()
    {
        using ServerProcess server = ServerProcess.StartTidelog();
        using RespClient first = server.Connect();
        first.Call("PING");
        int open = Directory.GetFiles($"/proc/{server.Pid}/fd").Length;
        using (Process limit = Process.Start("prlimit", ["--pid", $"{server.Pid}", $"--nofile={open + 8}:"]))
        {
            limit.WaitForExit();
        }

        List<RespClient> clients = [.. Enumerable.Range(0, 20).Select(_ => server.Connect())];
        foreach (RespClient client in clients)
        {
            client.Send("PING");
        }

        server.WaitForLog("Accepting client connection: Too many open files", TimeSpan.FromSeconds(10));
        TimeSpan before = ProcessorTime(server.Pid);
        Thread.Sleep(1000);
        TimeSpan used = ProcessorTime(server.Pid) - before;
        Assert.True(used < TimeSpan.FromMilliseconds(300), $"{used.TotalMilliseconds} ms of processor time a second");
        Assert.Equal("PONG", first.Call("PING").Text);

        // Whoever goes makes room for one that waits.
        foreach (RespClient client in clients)
        {
            Assert.Equal("PONG", client.Read().Text);
            client.Dispose();
        }

        int complaints = server.Log.Split("Accepting client connection").Length - 1;
        Assert.InRange(complaints, 1, 30);
    }

    private static TimeSpan ProcessorTime(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        return process.TotalProcessorTime;
    }

    /// <summary>Sending may fail or not, as the server closes earlier or later; reading finds the end.</summary>
    private static void AssertClosed(RespClient client, Action send)
    {
        Ignoring<IOException>(send);
        Ignoring<IOException>(() =>
        {
            client.Patience = TimeSpan.FromSeconds(10);
            client.ReadToEnd();
        });
        Assert.True(client.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
    }

    private static void Ignoring<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is TException or System.Net.Sockets.SocketException)
        {
            // The connection is gone, which is what the caller expects or does not mind.
        }
    }
}
