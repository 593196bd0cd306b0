using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Protocol;

public sealed unsafe class RequestParserTests
{
    private static readonly RequestLimits Limits = new(512L << 20, false);

    public static TheoryData<string, string[]> Requests => new()
    {
        { "*1\r\n$4\r\nPING\r\n", ["PING"] },
        { "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n", ["SET", "a", ""] },
        { "*2\r\n$3\r\nGET\r\n$12\r\nkey\r\nwith\r\n!\r\n", ["GET", "key\r\nwith\r\n!"] },
        { "PING\r\n", ["PING"] },
        { "PING\n", ["PING"] },
        { "  SET  a   b \r\n", ["SET", "a", "b"] },
        { "SET a \"x y\\n\\x41\\\"\"\r\n", ["SET", "a", "x y\nA\""] },
        { "SET a 'x \\'y\\n'\r\n", ["SET", "a", "x 'y\\n"] },
        { "SET a \"\"\r\n", ["SET", "a", ""] },
    };

    public static TheoryData<string, string> Refused => new()
    {
        { "*abc\r\n", "Protocol error: invalid multibulk length" },
        { "*3000000000\r\n", "Protocol error: invalid multibulk length" },
        { "*1\r\n+PING\r\n", "Protocol error: expected '$', got '+'" },
        { "*1\r\n$-1\r\n", "Protocol error: invalid bulk length" },
        { "*1\r\n$abc\r\n", "Protocol error: invalid bulk length" },
        { "*1\r\n$2000000000\r\n", "Protocol error: invalid bulk length" },
        { "SET a \"b\r\n", "Protocol error: unbalanced quotes in request" },
        { "SET a \"b\"c\r\n", "Protocol error: unbalanced quotes in request" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_is_parsed_whole_and_split_at_every_byte(string request, string[] expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        for (int split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal([expected], ParsePieces(bytes, [split]));
        }
        Assert.Equal([expected], ParsePieces(bytes, [.. Enumerable.Range(0, bytes.Length)]));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_bad_request_is_refused_with_the_text_of_redis(string request, string error)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        fixed (byte* start = bytes)
        {
            RequestParser parser = new();
            Assert.Equal(ParseStatus.Error, parser.Parse(start, bytes.Length, new ArgumentList(), Limits, out _));
            Assert.Equal(error, parser.ErrorText);
        }
    }

    [Theory]
    [InlineData("*1\r", "too big mbulk count string")]
    [InlineData("*", "too big mbulk count string")]
    [InlineData("*1\r\n$", "too big bulk count string")]
    [InlineData("", "too big inline request")]
    public void A_header_without_an_end_is_refused_beyond_64_kilobytes(string beginning, string reason)
    {
        if (beginning.EndsWith('\r'))
        {
            // A carriage return ends the search: what follows it is awaited, as redis does.
            Assert.Equal(ParseStatus.NeedMore, ParseOnce(beginning, out _));
            return;
        }
        Assert.Equal(ParseStatus.NeedMore, ParseOnce(beginning + new string('1', 60_000), out _));
        Assert.Equal(ParseStatus.Error, ParseOnce(beginning + new string('1', 70_000), out RequestParser parser));
        Assert.Equal(reason, parser.ErrorReason);
    }

    [Theory]
    [InlineData("*0\r\n")]
    [InlineData("*-5\r\n")]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("   \r\n")]
    public void An_empty_request_is_passed_over(string request)
    {
        Assert.Equal(ParseStatus.Empty, ParseOnce(request, out _));
        Assert.Equal([["PING"]], ParsePieces(Encoding.Latin1.GetBytes(request + "PING\r\n"), []));
    }

    [Fact]
    public void A_client_without_a_password_gets_small_limits()
    {
        RequestLimits strict = new(512L << 20, true);
        Assert.Equal("Protocol error: unauthenticated multibulk length", ErrorUnder(strict, "*11\r\n"));
        Assert.Equal("Protocol error: unauthenticated bulk length", ErrorUnder(strict, "*1\r\n$16385\r\n"));
        Assert.Equal("", ErrorUnder(strict, "*10\r\n$16384\r\n"));
    }

    [Fact]
    public void A_large_argument_tells_how_many_bytes_it_wants()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("*2\r\n$3\r\nGET\r\n$100000\r\nabc");
        fixed (byte* start = bytes)
        {
            RequestParser parser = new();
            Assert.Equal(ParseStatus.NeedMore, parser.Parse(start, bytes.Length, new ArgumentList(), Limits, out _));
            Assert.Equal(bytes.Length - 3 + 100_000 + 2, parser.BytesWanted);
        }
    }

    [Fact]
    public void Any_commands_in_any_pieces_are_parsed_to_the_same_arguments()
    {
        Gen<string> argument = Gen.OneOf(
            Gen.Choose(0, 40).SelectMany(n => Gen.Choose(0, 255).ArrayOf(n))
                .Select(c => new string([.. c.Select(x => (char)x)])),
            Gen.Choose(0, 3000).Select(n => new string('x', n)));
        var commands = Gen.Choose(1, 6).SelectMany(n => argument.ArrayOf(n)).ListOf().Where(c => c.Count > 0);
        var cases = commands.SelectMany(c => Gen.Choose(0, 5000).ListOf().Select(cuts => (Commands: c, Cuts: cuts)));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            StringBuilder text = new();
            foreach (string[] command in c.Commands)
            {
                text.Append($"*{command.Length}\r\n");
                foreach (string part in command)
                {
                    text.Append($"${part.Length}\r\n{part}\r\n");
                }
            }
            byte[] bytes = Encoding.Latin1.GetBytes(text.ToString());
            List<string[]> parsed = ParsePieces(bytes, c.Cuts);
            return parsed.Count == c.Commands.Count && parsed.Zip(c.Commands).All(p => p.First.SequenceEqual(p.Second));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void Garbage_never_throws_and_never_reads_beyond_its_end()
    {
        Gen<byte> likely = Gen.Elements("*$\r\n0123456789-\"'\\x \0aPING"u8.ToArray());
        Gen<byte> any = Gen.Choose(0, 255).Select(b => (byte)b);
        Gen<byte[]> garbage = Gen.Frequency((4, likely), (1, any)).ArrayOf();
        Prop.ForAll(garbage.ToArbitrary(), bytes =>
        {
            // The copy ends where a page that may not be touched would: a guard of zeros tells of reads as commands.
            byte[] padded = [.. bytes, .. "\r\n\r\n"u8];
            fixed (byte* start = padded)
            {
                RequestParser parser = new();
                long position = 0;
                while (position < bytes.Length)
                {
                    ArgumentList arguments = new();
                    ParseStatus status = parser.Parse(
                        start + position, bytes.Length - position, arguments, Limits, out long used);
                    if (status is ParseStatus.NeedMore or ParseStatus.Error)
                    {
                        return true;
                    }
                    if (used <= 0 || position + used > bytes.Length)
                    {
                        return false;
                    }
                    position += used;
                }
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Many_small_pieces_are_not_scanned_again_and_again()
    {
        // A million arguments byte by byte would take minutes if each piece were parsed from the beginning.
        StringBuilder text = new("*20000\r\n");
        for (int i = 0; i < 20_000; i++)
        {
            text.Append("$1\r\na\r\n");
        }
        byte[] bytes = Encoding.Latin1.GetBytes(text.ToString());
        Assert.Equal(20_000, Assert.Single(ParsePieces(bytes, [.. Enumerable.Range(0, bytes.Length)])).Length);
    }

    private static ParseStatus ParseOnce(string request, out RequestParser parser)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        parser = new RequestParser();
        fixed (byte* start = bytes.Length == 0 ? new byte[1] : bytes)
        {
            return parser.Parse(start, bytes.Length, new ArgumentList(), Limits, out _);
        }
    }

    private static string ErrorUnder(RequestLimits limits, string request)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        fixed (byte* start = bytes)
        {
            RequestParser parser = new();
            parser.Parse(start, bytes.Length, new ArgumentList(), limits, out _);
            return parser.ErrorText;
        }
    }

    /// <summary>
    /// Feeds bytes up to each cut in turn, moving them to a fresh buffer each time as a connection may.
    /// </summary>
    private static List<string[]> ParsePieces(byte[] bytes, IEnumerable<int> cuts)
    {
        List<string[]> commands = [];
        RequestParser parser = new();
        int consumed = 0;
        foreach (int cut in cuts.Where(c => c < bytes.Length).Order().Append(bytes.Length))
        {
            byte[] buffer = bytes[consumed..Math.Max(cut, consumed)];
            fixed (byte* start = buffer.Length == 0 ? new byte[1] : buffer)
            {
                int position = 0;
                while (true)
                {
                    ArgumentList arguments = new();
                    ParseStatus status = parser.Parse(
                        start + position, buffer.Length - position, arguments, Limits, out long used);
                    if (status == ParseStatus.NeedMore)
                    {
                        break;
                    }
                    Assert.NotEqual(ParseStatus.Error, status);
                    if (status == ParseStatus.Command)
                    {
                        string[] command = new string[arguments.Count];
                        for (int i = 0; i < command.Length; i++)
                        {
                            command[i] = Encoding.Latin1.GetString(
                                start + position + arguments[i].Offset, arguments[i].Length);
                        }
                        commands.Add(command);
                    }
                    position += (int)used;
                }
                consumed += position;
            }
        }
        return commands;
    }
}
