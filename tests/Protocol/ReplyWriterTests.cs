using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Protocol;

public sealed class ReplyWriterTests
{
    [Fact]
    public void Each_reply_has_the_bytes_of_its_protocol_version()
    {
        Assert.Equal("+OK\r\n+PONG\r\n:-5\r\n$3\r\nabc\r\n$2\r\n42\r\n", Written(2, w =>
        {
            w.Ok();
            w.SimpleString("PONG"u8);
            w.Integer(-5);
            w.Bulk("abc"u8);
            w.BulkInteger(42);
        }));
        Assert.Equal("$-1\r\n*-1\r\n:1\r\n*4\r\n*2\r\n$1\r\nx\r\n", Written(2, Shapes));
        Assert.Equal("_\r\n_\r\n#t\r\n%2\r\n~2\r\n=5\r\ntxt:x\r\n", Written(3, Shapes));
    }

    [Fact]
    public void An_error_stays_on_one_line_and_is_counted()
    {
        using ReplyWriter writer = new();
        string seen = "";
        writer.ErrorWritten = text => seen = Encoding.Latin1.GetString(text);
        writer.Error("ERR a\r\nb");
        Assert.Equal("-ERR a  b\r\n", Encoding.Latin1.GetString(writer.Written));
        Assert.Equal("ERR a\r\nb", seen);
        Assert.Equal(1, writer.ErrorCount);
    }

    [Fact]
    public void An_array_may_get_its_count_afterwards()
    {
        Assert.Equal("+OK\r\n*2\r\n:1\r\n:2\r\n", Written(2, w =>
        {
            w.Ok();
            long mark = w.BeginArray();
            w.Integer(1);
            w.Integer(2);
            w.EndArray(mark, 2);
        }));
    }

    [Fact]
    public void It_grows_with_what_is_written_and_can_be_cut_back()
    {
        using ReplyWriter writer = new(16);
        byte[] value = new byte[100_000];
        writer.Ok();
        writer.Bulk(value);
        Assert.Equal(5 + 9 + 100_000 + 2, writer.Length);
        writer.TruncateTo(5);
        Assert.Equal("+OK\r\n", Encoding.Latin1.GetString(writer.Written));
    }

    [Fact]
    public unsafe void Integers_are_written_and_read_back_as_dotnet_does()
    {
        Gen<long> numbers = Gen.OneOf(
            ArbMap.Default.GeneratorFor<long>(),
            Gen.Choose(0, 18).Select(e => (long)Math.Pow(10, e)),
            Gen.Choose(0, 18).Select(e => (long)Math.Pow(10, e) - 1),
            Gen.Elements(long.MinValue, long.MaxValue, 0L, -1L));
        Prop.ForAll(numbers.ToArbitrary(), n =>
        {
            byte* text = stackalloc byte[Numbers.MaxInt64Length];
            int length = Numbers.Format(n, text);
            return Encoding.ASCII.GetString(text, length) == n.ToString(CultureInfo.InvariantCulture)
                && length == Numbers.FormattedLength(n)
                && Numbers.TryParseInt64(new ReadOnlySpan<byte>(text, length), out long back) && back == n;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-0")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1a")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999")]
    public void What_is_not_the_canonical_form_is_no_integer(string text) =>
        Assert.False(Numbers.TryParseInt64(Encoding.ASCII.GetBytes(text), out _));

    private static void Shapes(ReplyWriter writer)
    {
        writer.Null();
        writer.NullArray();
        writer.Boolean(true);
        writer.Map(2);
        writer.Set(2);
        writer.Verbatim("txt"u8, "x"u8);
    }

    private static string Written(int protocol, Action<ReplyWriter> write)
    {
        using ReplyWriter writer = new() { Protocol = protocol };
        write(writer);
        return Encoding.Latin1.GetString(writer.Written);
    }
}
