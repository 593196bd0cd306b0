using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidelog.Engine.Values;
using Xunit;

namespace Tidelog.Tests.Values;

public sealed unsafe class ListPackElementTests
{
    private static readonly Gen<string> Text = Gen.Frequency(
        (4, Gen.Choose(-5000, 5000).Select(i => i.ToString())),
        (4, Gen.Choose(0, 63).SelectMany(bits => Gen.Elements(0, 1, -1).SelectMany(more =>
            Gen.Elements(1, -1).Select(sign => unchecked((((1L << bits) + more) * sign)).ToString())))),
        (2, Gen.Elements("", "-", "-0", "007", "12a", " 1", "9223372036854775808", "1.5")),
        (3, Gen.Choose(0, 300).Select(length => new string('x', length))),
        (1, Gen.Elements(4090, 4095, 4096, 16_379, 16_380, 16_381, 16_382, 70_000)
            .Select(length => new string('y', length))));

    [Fact]
    public void Elements_are_read_as_they_were_written_from_both_ends() =>
        StepProperty.Check(200, length: 40, Text, texts =>
        {
            byte[][] wanted = [.. texts.Select(Encoding.Latin1.GetBytes)];
            long size = wanted.Sum(text => ListPackElement.SizeOf(text));
            byte[] memory = new byte[size + 1];
            fixed (byte* start = memory)
            {
                byte* at = start;
                foreach (byte[] text in wanted)
                {
                    at = ListPackElement.Write(at, text);
                }
                Assert.Equal(size, at - start);
                byte* scratch = stackalloc byte[20];
                at = start;
                foreach (byte[] text in wanted)
                {
                    ListPackElement element = new(at);
                    Assert.Equal(text, element.Text(scratch).ToArray());
                    Assert.True(element.Is(text));
                    at = element.Next;
                }
                foreach (byte[] text in wanted.Reverse())
                {
                    at = ListPackElement.Previous(at);
                    Assert.Equal(text, new ListPackElement(at).Text(scratch).ToArray());
                }
                Assert.True(at == start);
            }
        });

    // Lengths that redis-server's listpacks have for these.
    [Theory]
    [InlineData("0", 2)]
    [InlineData("127", 2)]
    [InlineData("128", 3)]
    [InlineData("-1", 3)]
    [InlineData("4095", 3)]
    [InlineData("4096", 4)]
    [InlineData("32768", 5)]
    [InlineData("8388608", 6)]
    [InlineData("2147483648", 10)]
    [InlineData("", 2)]
    [InlineData("abc", 5)]
    public void An_element_takes_what_it_takes_in_redis(string text, int size) =>
        Assert.Equal(size, ListPackElement.SizeOf(Encoding.Latin1.GetBytes(text)));
}
