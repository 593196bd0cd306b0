using System.Text;
using Tidelog.Engine.Commands;
using Xunit;

namespace Tidelog.Tests.Engine;

/// <summary>The expected texts are redis-server 7.0.15's on x86-64.</summary>
public sealed class ExtendedFloatTests
{
    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("3", "1.1", "4.1")]
    [InlineData("10.50", "0.1", "10.6")]
    [InlineData("5.0e3", "2.0e2", "5200")]
    [InlineData("-1", "1", "0")]
    [InlineData("1", "-1.5", "-0.5")]
    [InlineData("1.8446744073709551615e19", "1", "18446744073709551616")]
    [InlineData("1.8446744073709551616e19", "1", "18446744073709551616")]
    [InlineData("1.8446744073709551616e19", "3", "18446744073709551620")]
    [InlineData("1e19", "0.5", "10000000000000000000")]
    [InlineData("0x1.8p1", "0XAp-1", "8")]
    [InlineData("1e-17", "0", "0.00000000000000001")]
    [InlineData("1e-18", "0", "0")]
    [InlineData("-1e-18", "0", "0")]
    [InlineData("-0", "0", "0")]
    [InlineData("1e-4950", "1", "1")]
    [InlineData("0e9999999999999999999", "1", "1")]
    [InlineData("0.999999999999999999", "0", "1")]
    public void Sums_are_rounded_to_64_bits_and_17_digits(string left, string right, string sum)
    {
        Assert.Equal(sum, Sum(left, right));
        Assert.Equal(sum, Sum(right, left));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("+-1")]
    [InlineData(".")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("0x")]
    [InlineData("0x.")]
    [InlineData("0x1p")]
    [InlineData("1p1")]
    [InlineData("nan")]
    [InlineData("infinit")]
    [InlineData("1,5")]
    [InlineData("1\0")]
    [InlineData("1e4933")]
    [InlineData("1e-4952")]
    [InlineData("1e99999999999999999999")]
    [InlineData("-1e-99999999999999999999")]
    public void What_is_no_number_is_refused(string text)
    {
        Assert.False(ExtendedFloat.TryParse(Encoding.Latin1.GetBytes(text), out _));
    }

    [Fact]
    public void A_text_has_fewer_than_5120_bytes()
    {
        Assert.True(ExtendedFloat.TryParse(Encoding.ASCII.GetBytes("1." + new string('0', 5117)), out _));
        Assert.False(ExtendedFloat.TryParse(Encoding.ASCII.GetBytes("1." + new string('0', 5118)), out _));
    }

    [Theory]
    [InlineData("inf")]
    [InlineData("-INF")]
    [InlineData("+Infinity")]
    public void Infinity_is_a_number_that_sums_do_not_come_back_from(string text)
    {
        ExtendedFloat infinite = Parse(text);
        Assert.False(infinite.IsFinite);
        Assert.False((infinite + Parse("1")).IsFinite);
        Assert.False((Parse("-1e4932") + infinite).IsFinite);
    }

    [Fact]
    public void The_largest_number_has_its_digits_and_no_more_can_be_added()
    {
        ExtendedFloat largest = Parse("1.18973149535723176502e4932");
        byte[] text = new byte[ExtendedFloat.MaxFormattedLength];
        Assert.Equal(4933, largest.Format(text));
        Assert.StartsWith("118973149535723176502126385303", Encoding.ASCII.GetString(text), StringComparison.Ordinal);
        Assert.False((largest + largest).IsFinite);
    }

    [Fact]
    public void A_number_read_from_its_own_17_digits_is_the_same()
    {
        Random random = new(1);
        byte[] text = new byte[ExtendedFloat.MaxFormattedLength];
        byte[] again = new byte[ExtendedFloat.MaxFormattedLength];
        for (int i = 0; i < 2000; i++)
        {
            decimal value = new(random.Next(), random.Next(100), 0, random.Next(2) == 0, (byte)random.Next(18));
            ExtendedFloat number = Parse(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
            int length = number.Format(text);
            Assert.True(ExtendedFloat.TryParse(text.AsSpan(0, length), out ExtendedFloat read));
            Assert.Equal(length, read.Format(again));
            Assert.True(text.AsSpan(0, length).SequenceEqual(again.AsSpan(0, length)));
        }
    }

    private static string Sum(string left, string right)
    {
        byte[] text = new byte[ExtendedFloat.MaxFormattedLength];
        return Encoding.ASCII.GetString(text, 0, (Parse(left) + Parse(right)).Format(text));
    }

    private static ExtendedFloat Parse(string text)
    {
        Assert.True(ExtendedFloat.TryParse(Encoding.Latin1.GetBytes(text), out ExtendedFloat value), text);
        return value;
    }
}
