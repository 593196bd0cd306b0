using Tidelog.Engine.Commands;
using Xunit;

namespace Tidelog.Tests.Engine;

public sealed class CommandCommandTests
{
    private readonly EngineFixture _engine = new();

    [Fact]
    public void Info_has_rediss_shape()
    {
        Assert.Equal(
            "[[\"rename\", 3, [write], 1, 2, 1, [@keyspace, @write, @slow], [], "
            + "[[\"flags\", [RW, access, delete], \"begin_search\", [\"type\", \"index\", \"spec\", [\"index\", 1]], "
            + "\"find_keys\", [\"type\", \"range\", \"spec\", [\"lastkey\", 0, \"keystep\", 1, \"limit\", 0]]], "
            + "[\"flags\", [OW, update], \"begin_search\", [\"type\", \"index\", \"spec\", [\"index\", 2]], "
            + "\"find_keys\", [\"type\", \"range\", \"spec\", [\"lastkey\", 0, \"keystep\", 1, \"limit\", 0]]]], []], "
            + "nil]",
            _engine.Line("COMMAND INFO rename nope"));
        _engine.Session.Protocol = 3;
        Assert.Equal(
            "[[\"dbsize\", 1, ~[readonly, fast], 0, 0, 0, ~[@keyspace, @read, @fast], "
            + "~[\"request_policy:all_shards\", \"response_policy:agg_sum\"], ~[], ~[]]]",
            _engine.Line("COMMAND INFO DBSIZE"));
        Assert.StartsWith("[[\"object|freq\", 3, ~[readonly], 2, 2, 1,", _engine.Line("COMMAND INFO object|freq"),
            StringComparison.Ordinal);
        Assert.Equal("[nil, nil]", _engine.Line("COMMAND INFO object|nope dbsize|x"));
    }

    [Fact]
    public void Count_and_list_agree()
    {
        int count = int.Parse(_engine.Line("COMMAND COUNT"), null);
        string[] names = _engine.Line("COMMAND LIST").Trim('[', ']').Split(", ");
        Assert.Equal(count, names.Count(name => !name.Contains('|', StringComparison.Ordinal)));
        Assert.Equal(count, _engine.Engine.Commands.All.Count);
        Assert.Contains("\"memory|malloc-stats\"", names);
        Assert.Equal(
            "[\"expire\", \"expireat\", \"expiretime\"]", _engine.Line("COMMAND LIST FILTERBY PATTERN EXPIRE*"));
        Assert.Equal("[]", _engine.Line("COMMAND LIST FILTERBY MODULE any"));
        Assert.Equal("[]", _engine.Line("COMMAND LIST FILTERBY ACLCAT nope"));
        Assert.Contains("\"ping\"", _engine.Line("COMMAND LIST FILTERBY ACLCAT CONNECTION"), StringComparison.Ordinal);
        Assert.Equal("-ERR syntax error", _engine.Line("COMMAND LIST FILTERBY FOO x"));
        Assert.Equal("-ERR syntax error", _engine.Line("COMMAND LIST FILTERBY MODULE"));
        Assert.Equal("-ERR unknown subcommand 'foo'. Try COMMAND HELP.", _engine.Line("COMMAND foo"));
    }

    [Theory]
    [InlineData("COMMAND GETKEYS rename a b", "[\"a\", \"b\"]")]
    [InlineData("COMMAND GETKEYS del a b c", "[\"a\", \"b\", \"c\"]")]
    [InlineData("COMMAND GETKEYS object encoding a", "[\"a\"]")]
    [InlineData("COMMAND GETKEYSANDFLAGS rename a b", "[[\"a\", [RW, access, delete]], [\"b\", [OW, update]]]")]
    [InlineData("COMMAND GETKEYSANDFLAGS set a 1", "[[\"a\", [OW, update]]]")]
    [InlineData("COMMAND GETKEYSANDFLAGS set a 1 GET", "[[\"a\", [RW, access, update]]]")]
    [InlineData("COMMAND GETKEYS nope a", "-ERR Invalid command specified")]
    [InlineData("COMMAND GETKEYS object nope", "-ERR Invalid command specified")]
    [InlineData("COMMAND GETKEYS ping a", "-ERR The command has no key arguments")]
    [InlineData("COMMAND GETKEYS rename a", "-ERR Invalid number of arguments specified for command")]
    [InlineData("COMMAND GETKEYS", "-ERR wrong number of arguments for 'command|getkeys' command")]
    public void Getkeys_follows_the_key_specs(string command, string reply) =>
        Assert.Equal(reply, _engine.Line(command));

    [Fact]
    public void Docs_are_maps_by_full_name()
    {
        _engine.Session.Protocol = 3;
        Assert.Equal(
            "{\"copy\": {\"summary\": \"Copies a key's value and expiry to another key.\", \"since\": \"6.2.0\", "
            + "\"group\": \"generic\", \"complexity\": \"O(N), N the value's size\", \"arguments\": ["
            + "{\"name\": \"source\", \"type\": \"key\", \"key_spec_index\": 0}, "
            + "{\"name\": \"destination\", \"type\": \"key\", \"key_spec_index\": 1}, "
            + "{\"name\": \"destination-db\", \"type\": \"integer\", \"token\": \"DB\", \"flags\": ~[optional]}, "
            + "{\"name\": \"replace\", \"type\": \"pure-token\", \"token\": \"REPLACE\", \"flags\": ~[optional]}]}}",
            _engine.Line("COMMAND DOCS copy nope"));
        Assert.Contains("\"subcommands\": {\"object|encoding\": {\"summary\"", _engine.Line("COMMAND DOCS object"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_is_documented()
    {
        foreach (Command command in _engine.Engine.Commands.All.SelectMany(c => c.Subcommands.Prepend(c)))
        {
            if (command.Name is "get" or "set")
            {
                continue;
            }
            Assert.True(command.Docs is not null, command.FullName);
            CommandSyntax.Parse(command.Docs.Syntax, command.Keys.Length);
        }
    }

    [Theory]
    [InlineData("key [key ...]", "key:key+")]
    [InlineData("key value [key value ...]", "key_value:block+(key:key value:string)")]
    [InlineData("[command-name [command-name ...]]", "command-name:string?+")]
    [InlineData("key [NX | XX] [GET]", "key:key nx_xx:oneof?(nx:pure-token=NX xx:pure-token=XX) get:pure-token=GET?")]
    [InlineData("[EX seconds | PERSIST]", "seconds_persist:oneof?(seconds:integer=EX persist:pure-token=PERSIST)")]
    [InlineData("[LIMIT offset count]", "limit:block=LIMIT?(offset:integer count:integer)")]
    [InlineData("[GET pattern [GET pattern ...]]", "pattern:pattern=GET?+*")]
    [InlineData("[FILTERBY <MODULE module-name | PATTERN pattern>]",
        "filterby:oneof=FILTERBY?(module-name:string=MODULE pattern:pattern=PATTERN)")]
    [InlineData("key unix-time-seconds", "key:key unix-time-seconds:unix-time")]
    [InlineData("", "")]
    public void Syntax_is_read_into_arguments(string syntax, string arguments)
    {
        Assert.Equal(arguments, Show(CommandSyntax.Parse(syntax, 1)));
    }

    [Fact]
    public void Ping_echo_time_and_lolwut_answer()
    {
        Assert.Equal("PONG", _engine.Line("PING"));
        Assert.Equal("\"hi\"", _engine.Line("PING hi"));
        Assert.Equal("-ERR wrong number of arguments for 'ping' command", _engine.Line("PING a b"));
        Assert.Equal("\"hi\"", _engine.Line("ECHO hi"));
        _engine.NowMs = 1_700_000_000_123;
        Assert.Equal("[\"1700000000\", \"123000\"]", _engine.Line("TIME"));
        Assert.EndsWith(
            "\\x0aRedis ver. 7.0.15\\x0a\"", _engine.Line("LOLWUT VERSION 5 20 3"), StringComparison.Ordinal);
        Assert.Equal("-ERR value is not an integer or out of range", _engine.Line("LOLWUT VERSION x"));
    }

    private static string Show(IEnumerable<SyntaxArgument> arguments) => string.Join(' ', arguments.Select(a =>
        $"{a.Name}:{a.Type}{(a.Token is null ? "" : "=" + a.Token)}{(a.IsOptional ? "?" : "")}"
        + $"{(a.IsMultiple ? "+" : "")}{(a.RepeatsToken ? "*" : "")}"
        + $"{(a.Parts.Count > 0 ? $"({Show(a.Parts)})" : "")}"));
}
