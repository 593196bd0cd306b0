using Tidelog.Tests.Reference;
using Xunit;

namespace Tidelog.Tests.Server;

public sealed class ConnectionCommandTests(SameAsRedis pair) : IClassFixture<SameAsRedis>
{
    [Fact]
    public void Auth_and_hello_answer_as_redis_does() => pair.Check("""
        AUTH
        AUTH x
        AUTH default x
        AUTH foo x
        AUTH a b c
        HELLO
        HELLO x
        HELLO 4
        HELLO 3
        HELLO 2
        HELLO 3 AUTH default x
        HELLO 3 AUTH foo x
        HELLO 3 SETNAME abc
        CLIENT GETNAME
        HELLO 2 SETNAME a\x20b
        HELLO 2 SETNAME
        HELLO 2 AUTH x
        HELLO 2 foo
        RESET
        CLIENT GETNAME
        RESET x
        QUIT
        """);

    [Fact]
    public void A_password_is_asked_for_as_redis_asks()
    {
        pair.Check("CONFIG SET requirepass s\\xffcret");
        pair.Check("""
            GET a
            HELLO
            HELLO 3
            CLIENT ID
            AUTH wrong
            AUTH default wrong
            AUTH s\xffcret
            GET a
            RESET
            GET a
            HELLO 3 AUTH default wrong
            HELLO 3 AUTH default s\xffcret SETNAME x
            CLIENT INFO
            CONFIG SET requirepass ""
            GET a
            AUTH x
            """);
    }

    [Theory]
    [InlineData("CLIENT REPLY OFF\r\nGET a\r\nCLIENT REPLY ON\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nGET a\r\nGET b\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nGET a\r\nGET b\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nCLIENT REPLY OFF\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nGET a\r\nCLIENT REPLY ON\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY OFF\r\nCLIENT REPLY FOO\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY FOO\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nNOSUCH\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nGET\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nCLIENT FOO\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY SKIP\r\nRESET\r\nGET a\r\n")]
    [InlineData("CLIENT REPLY OFF\r\nRESET\r\nGET a\r\n")]
    [InlineData("HELLO 3\r\nGET nokey\r\nRESET\r\nGET nokey\r\n")]
    [InlineData("GET nokey\r\nQUIT\r\nGET nokey\r\n")]
    [InlineData("CLIENT PAUSE 30 ALL\r\nGET\r\nNOSUCH\r\nGET a\r\n")]
    [InlineData("CLIENT PAUSE 60000 WRITE\r\nGET a\r\nCLIENT UNPAUSE\r\nSET a b\r\n")]
    public void Replies_come_and_stay_away_as_in_redis(string bytes) => pair.CheckWire(bytes);

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\n\r\nSET a evil\r\n")]
    [InlineData("host: a\r\nSET a evil\r\n")]
    [InlineData("*2\r\n$4\r\npost\r\n$1\r\n/\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n")]
    public void A_browser_that_was_lured_here_gets_no_further_than_the_head_of_its_request(string request)
    {
        using RunningServer server = new();
        using RespClient browser = server.Connect();
        browser.SendRaw(request);
        Assert.Equal("", browser.ReadToEnd());
        using RespClient other = server.Connect();
        Assert.Equal(":0", other.Call("EXISTS", "a").ToString());
        Assert.Contains("# Possible SECURITY ATTACK detected.", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_kept_open_over_a_new_password_stays_authenticated()
    {
        using RunningServer server = new();
        using RespClient old = server.Connect();
        Assert.Equal("+OK", old.Call("CONFIG", "SET", "requirepass", "x").ToString());
        Assert.Equal("$-1", old.Call("GET", "a").ToString());
        using RespClient later = server.Connect();
        Assert.Equal("-NOAUTH Authentication required.", later.Call("GET", "a").ToString());
    }
}
