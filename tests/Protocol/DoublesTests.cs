using System.Globalization;
using System.Text;
using Tidelog.Protocol;
using Xunit;

namespace Tidelog.Tests.Protocol;

/// <summary>The expected texts are redis-server 7.0.15's on x86-64.</summary>
public sealed class DoublesTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(1, "1")]
    [InlineData(-3.5, "-3.5")]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(3.14, "3.1400000000000001")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(99999999999999984, "99999999999999984")]
    [InlineData(1e17, "1e+17")]
    [InlineData(123456789012345680000.0, "1.2345678901234568e+20")]
    [InlineData(1e300, "1.0000000000000001e+300")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1.0000000000000001e-05")]
    [InlineData(5e-324, "4.9406564584124654e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void A_number_is_written_as_printf_does(double value, string text)
    {
        Span<byte> written = new byte[Doubles.MaxLength];
        Assert.Equal(text, Encoding.ASCII.GetString(written[..Doubles.Format(value, written)]));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", -0.0)]
    [InlineData("1.", 1)]
    [InlineData(".5", 0.5)]
    [InlineData("+1.5e2", 150)]
    [InlineData("1E-2", 0.01)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("0x10", 16)]
    [InlineData("0x1.8p3", 12)]
    [InlineData("0X.8P-1", 0.25)]
    [InlineData("0x1.00000000000008", 1)]
    [InlineData("0x1.000000000000080000000000000001", 1.0000000000000002)]
    [InlineData("9007199254740993", 9007199254740992)]
    [InlineData("2.2250738585072011e-308", 2.2250738585072011e-308)]
    [InlineData("5e-324", 5e-324)]
    public void A_number_is_read_as_strtod_does(string text, double value)
    {
        Assert.True(Doubles.TryParse(Encoding.Latin1.GetBytes(text), out double read));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1e")]
    [InlineData("e5")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("0x")]
    [InlineData("0x.")]
    [InlineData("0xg")]
    [InlineData("1_0")]
    [InlineData("1,5")]
    [InlineData("nan")]
    [InlineData("-nan(x1)")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("1e-400")]
    [InlineData("1e99999999999999999999")]
    [InlineData("0x1p99999999999")]
    [InlineData("infinit")]
    [InlineData("1\0")]
    public void Anything_else_is_refused(string text) =>
        Assert.False(Doubles.TryParse(Encoding.Latin1.GetBytes(text), out _));

    [Theory]
    [InlineData("", 0)]
    [InlineData("  3", 3)]
    [InlineData("3\0x", 3)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("1e-400", 0)]
    public void A_bound_is_read_as_a_c_string(string text, double value)
    {
        Assert.True(Doubles.TryParseCString(Encoding.Latin1.GetBytes(text), out double read));
        Assert.Equal(value, read);
        Assert.False(Doubles.TryParseCString(Encoding.Latin1.GetBytes("x" + text), out _));
        Assert.False(Doubles.TryParseCString(" "u8, out _));
        Assert.False(Doubles.TryParseCString("nan"u8, out _));
    }

    [Fact]
    public void What_is_written_is_read_as_the_same_number()
    {
        Random random = new(3);
        Span<byte> written = new byte[Doubles.MaxLength];
        for (int i = 0; i < 20_000; i++)
        {
            double value = i % 2 == 0
                ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))
                : random.Next(-1000, 1000) / 64.0;
            if (double.IsNaN(value))
            {
                continue;
            }
            ReadOnlySpan<byte> text = written[..Doubles.Format(value, written)];
            Assert.True(Doubles.TryParse(text, out double read), value.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
        }
    }
}
